import { parseJsonText } from "@llm-proxy/core";
import { type Answer, type AnswerPart, GatewayError } from "@llm-proxy/core";

/** Says what is wrong with an answer; nothing where it fits. */
export type SchemaCheck = (answer: Answer) => string | undefined;

type Schema = Readonly<Record<string, unknown>>;

/** So much of what is wrong is told to a model. */
const MAX_TOLD = 2_000;
/** Those of a config that is in use. */
const checks = new WeakMap<Schema, SchemaCheck>();

/**
 * Makes the check of a schema, once. What does it is loaded with the first one;
 * it reads schemas as they are, and makes no code of them.
 */
export async function schemaCheck(schema: Schema): Promise<SchemaCheck> {
  let check = checks.get(schema);
  if (check === undefined) {
    const library = await import("@cfworker/json-schema");
    const validator = new library.Validator({ ...schema }, "2020-12");
    check = (answer) => faultOf(answer, (value) => validator.validate(value));
    checks.set(schema, check);
  }
  return check;
}

interface Verdict {
  readonly valid: boolean;
  readonly errors: readonly {
    readonly instanceLocation: string;
    readonly error: string;
  }[];
}

function faultOf(
  { parts }: Answer,
  validate: (value: unknown) => Verdict,
): string | undefined {
  // The model goes on once its tools have answered; a refusal has a form of its own.
  const isOther = ({ type }: AnswerPart): boolean =>
    type === "tool_call" || type === "refusal";
  if (parts.some(isOther)) return undefined;
  const text = parts.map((part) => part.type === "text" ? part.text : "")
    .join("");
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch {
    return "It is not valid JSON";
  }
  const { valid, errors } = judge(value, validate);
  if (valid) return undefined;
  return errors.map(({ instanceLocation, error }) =>
    `${instanceLocation}: ${error}`
  ).join("\n").slice(0, MAX_TOLD);
}

/** A schema that leads nowhere (`$ref`), or holds no pattern where there must be one, shows here. */
function judge(
  value: unknown,
  validate: (value: unknown) => Verdict,
): Verdict {
  try {
    return validate(value);
  } catch (cause) {
    throw new GatewayError(
      "internal",
      "The schema of a guardrail can't be used",
      { code: "guardrail_schema_invalid", cause },
    );
  }
}
