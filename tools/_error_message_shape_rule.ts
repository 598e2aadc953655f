import { isTestFile } from "./_source_kind.ts";

/** The literal texts at both ends of an expression; `undefined` where it is no text. */
function ends(node: Deno.lint.Node): readonly [string, string] | undefined {
  if (node.type === "Literal" && typeof node.value === "string") {
    return [node.value, node.value];
  }
  if (node.type === "TemplateLiteral") {
    return [node.quasis[0]?.raw ?? "", node.quasis.at(-1)?.raw ?? ""];
  }
  if (node.type === "BinaryExpression" && node.operator === "+") {
    const left = ends(node.left);
    const right = ends(node.right);
    return left || right ? [left?.[0] ?? "", right?.[1] ?? ""] : undefined;
  }
  return undefined;
}

/** A code may come before the message, as in `new GatewayError("timeout", "…")`. */
function messageOf(node: Deno.lint.NewExpression): Deno.lint.Node | undefined {
  return node.arguments.slice(0, 2).findLast((argument) => ends(argument));
}

/** Messages start with a capital letter or a quote and have no final period. */
export const ERROR_MESSAGE_SHAPE_RULE: Deno.lint.Rule = {
  create: (context) => ({
    NewExpression(node): void {
      const { callee } = node;
      if (callee.type !== "Identifier" || !callee.name.endsWith("Error")) {
        return;
      }
      if (isTestFile(context.filename)) return;
      const message = messageOf(node);
      const [start = "", end = ""] = (message && ends(message)) ?? [];
      if (message && start !== "" && !/^[\p{Lu}\d'"`]/u.test(start)) {
        context.report({
          node: message,
          message: "Error messages start with a capital letter or a quote",
        });
      }
      if (message && end.endsWith(".") && !end.endsWith("..")) {
        context.report({
          node: message,
          message: "Error messages have no final period",
        });
      }
    },
  }),
};
