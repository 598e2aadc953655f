import type { JsonObject } from "../_json.ts";
import { convertChildren, type SchemaKeywords } from "../_schema_children.ts";

const KEYWORDS: SchemaKeywords = {
  one: new Set(["items", "additionalProperties"]),
  list: new Set(["anyOf", "oneOf", "prefixItems"]),
  named: new Set(["properties", "$defs"]),
};
/** Bounds that are 64-bit integers, which Google writes as text. */
const BOUNDS: ReadonlySet<string> = new Set([
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
]);
/** Deeper schemas are left as they are. */
const MAX_DEPTH = 64;

/** A schema in Google's own form as JSON Schema: types in small letters, `nullable` as a type (D20). */
export function plainSchema(schema: JsonObject, depth = 0): JsonObject {
  if (depth > MAX_DEPTH) return schema;
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (key === "nullable" || key === "format" && value === "enum") continue;
    entries.push([key, plainMember(key, value, depth)]);
  }
  const plain = Object.fromEntries(entries);
  return schema.nullable === true ? nullable(plain) : plain;
}

function plainMember(key: string, value: unknown, depth: number): unknown {
  if (key === "type") {
    return Array.isArray(value) ? value.map(small) : small(value);
  }
  if (BOUNDS.has(key) && typeof value === "string" && value !== "") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  return convertChildren(KEYWORDS, {
    key,
    value,
    convert: (schema) => plainSchema(schema, depth + 1),
  });
}

function nullable(schema: JsonObject): JsonObject {
  const { type, anyOf, enum: words } = schema;
  return {
    ...schema,
    ...(typeof type === "string" && { type: [type, "null"] }),
    ...(Array.isArray(anyOf) && { anyOf: [...anyOf, { type: "null" }] }),
    ...(Array.isArray(words) && { enum: [...words, null] }),
  };
}

function small(type: unknown): unknown {
  return typeof type === "string" ? type.toLowerCase() : type;
}
