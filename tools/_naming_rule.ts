const CAMEL_CASE = /^[_$]*([a-z][A-Za-z0-9]*)?$/;
const PASCAL_CASE = /^[_$]*[A-Z][A-Za-z0-9]*$/;
const SCREAMING_SNAKE_CASE = /^[_$]*[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;

/** The identifiers that a declaration or a parameter binds. */
function bound(
  node: Deno.lint.Node | Deno.lint.Parameter | null,
): Deno.lint.Identifier[] {
  switch (node?.type) {
    case "Identifier":
      return [node];
    case "AssignmentPattern":
      return bound(node.left);
    case "RestElement":
      return bound(node.argument);
    case "TSParameterProperty":
      return bound(node.parameter);
    case "ArrayPattern":
      return node.elements.flatMap(bound);
    case "ObjectPattern":
      return node.properties.flatMap((property) =>
        bound(property.type === "Property" ? property.value : property)
      );
    default:
      return [];
  }
}

function isTopLevel(node: Deno.lint.VariableDeclaration): boolean {
  return node.parent.type === "Program" ||
    node.parent.type === "ExportNamedDeclaration";
}

/**
 * Values in camelCase, types in PascalCase, top-level constants also in
 * SCREAMING_SNAKE_CASE. Property keys are free: wire formats name them.
 */
export const CAMEL_CASE_NAMES_RULE: Deno.lint.Rule = {
  create: (context) => {
    function report(node: Deno.lint.Identifier, style: string): void {
      context.report({ node, message: `'${node.name}' is not in ${style}` });
    }
    function checkType(node: { id: Deno.lint.Identifier | null }): void {
      if (node.id && !PASCAL_CASE.test(node.id.name)) {
        report(node.id, "PascalCase");
      }
    }
    function checkFunction(
      node: { id?: Deno.lint.Identifier | null; params: Deno.lint.Parameter[] },
    ): void {
      for (
        const name of [...bound(node.id ?? null), ...node.params.flatMap(bound)]
      ) {
        if (!CAMEL_CASE.test(name.name)) report(name, "camelCase");
      }
    }
    return {
      VariableDeclaration(node): void {
        const constant = node.kind === "const" && isTopLevel(node);
        for (const name of node.declarations.flatMap(({ id }) => bound(id))) {
          if (CAMEL_CASE.test(name.name)) continue;
          if (constant && SCREAMING_SNAKE_CASE.test(name.name)) continue;
          report(
            name,
            constant ? "camelCase or SCREAMING_SNAKE_CASE" : "camelCase",
          );
        }
      },
      FunctionDeclaration: checkFunction,
      FunctionExpression: checkFunction,
      ArrowFunctionExpression: checkFunction,
      CatchClause(node): void {
        for (const name of bound(node.param)) {
          if (!CAMEL_CASE.test(name.name)) report(name, "camelCase");
        }
      },
      ClassDeclaration: checkType,
      TSInterfaceDeclaration: checkType,
      TSTypeAliasDeclaration: checkType,
      TSEnumDeclaration: checkType,
      TSTypeParameter(node): void {
        if (!PASCAL_CASE.test(node.name.name)) report(node.name, "PascalCase");
      },
    };
  },
};
