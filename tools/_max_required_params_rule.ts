import { listedExports } from "./_export_rules.ts";

const MAX_REQUIRED = 2;

function isRequired(parameter: Deno.lint.Parameter): boolean {
  if (parameter.type === "RestElement") return false;
  if (parameter.type === "AssignmentPattern") return false;
  if (parameter.type === "TSParameterProperty") return true;
  if (parameter.type !== "Identifier") return !parameter.optional;
  return !parameter.optional && parameter.name !== "this";
}

/** Exported functions take at most two required arguments, the rest as options. */
export const MAX_REQUIRED_PARAMS_RULE: Deno.lint.Rule = {
  create: (context) => ({
    FunctionDeclaration(node): void {
      const required = node.params.filter(isRequired).length;
      if (required <= MAX_REQUIRED || !node.id) return;
      const listed = node.parent.type === "Program" &&
        listedExports(context.sourceCode.ast).has(node.id.name);
      if (!listed && node.parent.type !== "ExportNamedDeclaration") return;
      context.report({
        node: node.id,
        message:
          `Exported function '${node.id.name}' has ${required} required parameters, more than ${MAX_REQUIRED}`,
        hint: "Move the rest into one options object",
      });
    },
  }),
};
