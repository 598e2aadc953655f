const FUNCTIONS: ReadonlySet<string> = new Set([
  "ArrowFunctionExpression",
  "FunctionExpression",
]);

/** The top-level names that `export { … }` lists of a file give away. */
export function listedExports(program: Deno.lint.Program): Set<string> {
  const names = new Set<string>();
  for (const statement of program.body) {
    if (statement.type !== "ExportNamedDeclaration" || statement.source) {
      continue;
    }
    for (const { local } of statement.specifiers) {
      if (local.type === "Identifier") names.add(local.name);
    }
  }
  return names;
}

/** Exported functions are declarations: they read and hoist better than constants. */
export const NO_EXPORTED_ARROW_RULE: Deno.lint.Rule = {
  create: (context) => ({
    "Program > VariableDeclaration, ExportNamedDeclaration > VariableDeclaration"(
      node: Deno.lint.VariableDeclaration,
    ): void {
      const exported = node.parent.type === "ExportNamedDeclaration";
      for (const { id, init } of node.declarations) {
        if (!init || !FUNCTIONS.has(init.type) || id.type !== "Identifier") {
          continue;
        }
        const listed = listedExports(context.sourceCode.ast);
        if (!exported && !listed.has(id.name)) continue;
        context.report({
          node: id,
          message: `Exported function '${id.name}' is not a declaration`,
          hint: `Write: export function ${id.name}(…) { … }`,
        });
      }
    },
  }),
};

/** Every export has a name. */
export const NO_DEFAULT_EXPORT_RULE: Deno.lint.Rule = {
  create: (context) => ({
    ExportDefaultDeclaration(node): void {
      context.report({ node, message: "Default exports have no name" });
    },
    ExportSpecifier(node): void {
      const { exported } = node;
      if (exported.type !== "Identifier" || exported.name !== "default") return;
      context.report({ node, message: "Default exports have no name" });
    },
  }),
};

/** A package's `mod.ts` lists what it gives away. */
export const NO_EXPORT_STAR_RULE: Deno.lint.Rule = {
  create: (context) => ({
    ExportAllDeclaration(node): void {
      context.report({
        node,
        message: "`export *` hides what is exported",
        hint: "List the names",
      });
    },
  }),
};
