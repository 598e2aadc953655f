import { asList, type JsonObject } from "../_json.ts";
import { convertChildren, type SchemaKeywords } from "../_schema_children.ts";

/** Keywords that the provider gives force to; others it takes and ignores. */
const FORCED: ReadonlySet<string> = new Set([
  "$id",
  "$defs",
  "$ref",
  "$anchor",
  "type",
  "format",
  "title",
  "description",
  "enum",
  "items",
  "prefixItems",
  "minItems",
  "maxItems",
  "minimum",
  "maximum",
  "anyOf",
  "oneOf",
  "properties",
  "additionalProperties",
  "required",
  "propertyOrdering",
]);
/** Ignored keywords that constrain nothing, so that nothing is lost with them. */
const NOTES: ReadonlySet<string> = new Set([
  "default",
  "example",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "$comment",
  "strict",
]);
/** Keywords that hold one schema, a list of schemas, or schemas by name. */
const KEYWORDS: SchemaKeywords = {
  one: new Set(["items", "additionalProperties"]),
  list: new Set(["anyOf", "oneOf", "prefixItems"]),
  named: new Set(["properties", "$defs"]),
};
const OLD_POINTER = "#/definitions/";
/** Deeper schemas are left to the provider as they are. */
const MAX_DEPTH = 64;

/**
 * A JSON Schema in the subset that the provider gives force to (D20):
 * `const` becomes an `enum` of one, `allOf` of one schema an `anyOf`,
 * `definitions` become `$defs`, and what stands beside a `$ref` is set around
 * it. Other keywords go along without force.
 *
 * @returns The schema, and the names of the keywords that have no force.
 */
export function knownSchema(
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
  for (const [name, value] of Object.entries(schema)) {
    if (name === "$schema") continue;
    const [key, known] = renamed(name, value);
    if (!FORCED.has(key) && !NOTES.has(key)) lost.add(key);
    entries.push([key, child(key, known, lost, depth)]);
  }
  // fromEntries, because a property may be called __proto__.
  return refAlone(Object.fromEntries(entries));
}

function renamed(key: string, value: unknown): [key: string, value: unknown] {
  switch (key) {
    case "const":
      // An enum knows strings and numbers only.
      return typeof value === "string" || typeof value === "number"
        ? ["enum", [value]]
        : [key, value];
    case "allOf":
      return asList(value).length === 1 ? ["anyOf", value] : [key, value];
    case "definitions":
      return ["$defs", value];
    case "$ref":
      return [
        key,
        typeof value === "string" && value.startsWith(OLD_POINTER)
          ? `#/$defs/${value.slice(OLD_POINTER.length)}`
          : value,
      ];
  }
  return [key, value];
}

/** Beside a `$ref` only members that begin with `$` may stand. */
function refAlone(schema: Record<string, unknown>): JsonObject {
  const { $ref, ...rest } = schema;
  if ($ref === undefined || "anyOf" in schema) return schema;
  return Object.keys(rest).every((key) => key.startsWith("$"))
    ? schema
    : { ...rest, anyOf: [{ $ref }] };
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
