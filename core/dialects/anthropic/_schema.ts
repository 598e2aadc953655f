import { isObject, type JsonObject } from "../_json.ts";
import { convertChildren, type SchemaKeywords } from "../_schema_children.ts";

/** Formats of strings that the provider's constrained decoding knows. */
const FORMATS = new Set([
  "date-time",
  "time",
  "date",
  "duration",
  "email",
  "hostname",
  "uri",
  "ipv4",
  "ipv6",
  "uuid",
]);
/** Keywords that it answers with a 400. */
const REFUSED = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
]);
/** Keywords that hold one schema, a list of schemas, or schemas by name. */
const KEYWORDS: SchemaKeywords = {
  one: new Set(["items"]),
  list: new Set(["anyOf", "allOf", "oneOf"]),
  named: new Set(["properties", "$defs", "definitions"]),
};
/** Deeper schemas are left to the provider as they are. */
const MAX_DEPTH = 64;

/**
 * A JSON Schema in the form that constrained decoding takes (O5): constraints
 * that it refuses move into the description, `oneOf` becomes `anyOf`, and
 * objects with properties are closed. What can't be expressed at all is left
 * for the provider to refuse.
 *
 * @returns The schema, and the names of the keywords that lost their force.
 */
export function constrainedSchema(
  schema: JsonObject,
): { readonly schema: JsonObject; readonly lost: readonly string[] } {
  const lost = new Set<string>();
  return { schema: convert(schema, lost, 0), lost: [...lost] };
}

function convert(
  schema: JsonObject,
  lost: Set<string>,
  depth: number,
): JsonObject {
  if (depth > MAX_DEPTH) return schema;
  const entries: [string, unknown][] = [];
  const notes: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (isRefused(key, value)) {
      lost.add(key);
      notes.push(`${key}: ${JSON.stringify(value)}`);
    } else if (key === "oneOf") {
      lost.add(key);
      entries.push(["anyOf", child(key, value, lost, depth)]);
    } else if (key !== "$schema") {
      entries.push([key, child(key, value, lost, depth)]);
    }
  }
  // fromEntries, because a property may be called __proto__.
  const result = Object.fromEntries(entries) as Record<string, unknown>;
  if (
    isObject(schema.properties) && schema.additionalProperties === undefined
  ) {
    result.additionalProperties = false;
    lost.add("additionalProperties");
  }
  if (notes.length > 0) {
    const note = `(${notes.join(", ")})`;
    result.description = typeof schema.description === "string"
      ? `${schema.description} ${note}`
      : note;
  }
  return result;
}

function child(
  key: string,
  value: unknown,
  lost: Set<string>,
  depth: number,
): unknown {
  return convertChildren(KEYWORDS, {
    key,
    value,
    convert: (schema) => convert(schema, lost, depth + 1),
  });
}

function isRefused(key: string, value: unknown): boolean {
  if (key === "minItems") return value !== 0 && value !== 1;
  if (key === "format") return typeof value !== "string" || !FORMATS.has(value);
  return REFUSED.has(key);
}
