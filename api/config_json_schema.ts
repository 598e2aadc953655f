import * as z from "@zod/zod";
import { configSchema } from "./config_schema.ts";

type Json = Record<string, unknown>;

/**
 * The JSON Schema of `config.yaml` (draft 2020-12), for editors and for
 * checks elsewhere. Wherever a scalar stands, `${VARIABLE}` is allowed too.
 * What spans several keys is not in it.
 *
 * @returns A new object at each call.
 *
 * @example The description of a key
 * ```ts
 * import { configJsonSchema } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(configJsonSchema().title, "llm-proxy configuration");
 * ```
 */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema, description, ...schema } = z.toJSONSchema(configSchema, {
    io: "input",
  });
  return {
    $schema,
    $id: "urn:llm-proxy:config",
    title: "llm-proxy configuration",
    description,
    ...allowVariables(schema),
    $defs: {
      variable: {
        description: "A text with ${VARIABLE} or ${VARIABLE:-default} in it.",
        type: "string",
        pattern: "\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}",
      },
    },
  };
}

/** The JSON Schema as the file `config.schema.json` holds it. */
export function configSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}

/** Lets every scalar that a plain variable would not fit be one. */
function allowVariables(schema: Json): Json {
  if (isScalar(schema)) {
    const { description, default: initial, ...rest } = schema;
    return {
      ...(description === undefined ? {} : { description }),
      ...(initial === undefined ? {} : { default: initial }),
      anyOf: [rest, { $ref: "#/$defs/variable" }],
    };
  }
  const copy: Json = { ...schema };
  for (const key of ["items", "additionalProperties"]) {
    if (isObject(copy[key])) copy[key] = allowVariables(copy[key]);
  }
  if (isObject(copy.properties)) {
    copy.properties = Object.fromEntries(
      Object.entries(copy.properties)
        .map(([key, it]) => [key, isObject(it) ? allowVariables(it) : it]),
    );
  }
  if (Array.isArray(copy.anyOf)) {
    copy.anyOf = copy.anyOf.map((it) => isObject(it) ? allowVariables(it) : it);
  }
  return copy;
}

function isScalar(schema: Json): boolean {
  return typeof schema.type === "string" &&
    schema.type !== "object" && schema.type !== "array";
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
