import type { Answer } from "@llm-proxy/core";

/** Says what is wrong with an answer; nothing where it fits. */
export type SchemaCheck = (answer: Answer) => string | undefined;

/** So much of what is wrong is told to a model. */
const MAX_TOLD = 2_000;

/**
 * Makes the check of a schema. What does it is loaded with the first one; it
 * reads schemas as they are, and makes no code of them.
 */
export async function schemaCheck(
  schema: Readonly<Record<string, unknown>>,
): Promise<SchemaCheck> {
  const library = await import("@cfworker/json-schema");
  const validator = new library.Validator({ ...schema }, "2020-12");
  return ({ parts }) => {
    // The model goes on once its tools have answered.
    if (parts.some(({ type }) => type === "tool_call")) return undefined;
    const text = parts.map((part) => part.type === "text" ? part.text : "")
      .join("");
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return "It is not valid JSON";
    }
    const { valid, errors } = validator.validate(value);
    if (valid) return undefined;
    return errors.map(({ instanceLocation, error }) =>
      `${instanceLocation}: ${error}`
    ).join("\n").slice(0, MAX_TOLD);
  };
}
