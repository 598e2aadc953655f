import {
  type Answer,
  type AnswerPart,
  GatewayError,
  parseJsonText,
} from "@llm-proxy/core";
import { compileSchemaPattern, loadPatterns } from "./_guard_patterns.ts";
import {
  linearSchema,
  namesIn,
  patternsIn,
  type Schema,
} from "./_linear_schema.ts";

/** Says what is wrong with an answer; nothing where it fits. */
export type SchemaCheck = (answer: Answer) => string | undefined;

/** So much of what is wrong is told to a model. */
const MAX_TOLD = 2_000;
/** What formats are called that stand for patterns. */
const PATTERN = "llm-proxy-pattern:";
/** Those of a config that is in use. */
const checks = new WeakMap<Schema, SchemaCheck>();

/**
 * Makes the check of a schema, once. What does it is loaded with the first one;
 * it reads schemas as they are, and makes no code of them. Patterns are run in
 * linear time.
 */
export async function schemaCheck(schema: Schema): Promise<SchemaCheck> {
  let check = checks.get(schema);
  if (check === undefined) {
    const validate = await validatorOf(schema);
    check = (answer) => faultOf(answer, validate);
    checks.set(schema, check);
  }
  return check;
}

/** What judges values by a schema. */
async function validatorOf(
  schema: Schema,
): Promise<(value: unknown) => Verdict> {
  const library = await import("@cfworker/json-schema");
  const { format } = library;
  const patterns = [...patternsIn(schema)];
  if (patterns.length > 0) await loadPatterns();
  /** As many as the configs have that were in force. */
  const fitting = (pattern: string): (text: string) => boolean =>
    format[PATTERN + pattern] ??= compileSchemaPattern(pattern);
  const validator = (
    names: Iterable<string>,
  ): InstanceType<typeof library.Validator> =>
    new library.Validator(
      linearSchema(schema, {
        formatOf(pattern) {
          fitting(pattern);
          return PATTERN + pattern;
        },
        namesOf: (pattern) => [...names].filter(fitting(pattern)),
      }) as Record<string, unknown>,
      "2020-12",
    );
  if (patterns.some(({ path }) => path.at(-2) === "patternProperties")) {
    return (value) => validator(namesIn(value)).validate(value);
  }
  let once: InstanceType<typeof library.Validator> | undefined;
  return (value) => (once ??= validator([])).validate(value);
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
    `${instanceLocation}: ${
      error.replaceAll(`format "${PATTERN}`, `pattern "`)
    }`
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
