import { isObject, type JsonObject } from "./_json.ts";

/** Which keywords of a JSON Schema hold schemas. */
export interface SchemaKeywords {
  /** One. */
  readonly one: ReadonlySet<string>;
  /** A list of them. */
  readonly list: ReadonlySet<string>;
  /** Some by name. */
  readonly named: ReadonlySet<string>;
}

/** The value of a keyword with every schema in it converted; any other value as it is. */
export function convertChildren(
  { one, list, named }: SchemaKeywords,
  { key, value, convert }: {
    readonly key: string;
    readonly value: unknown;
    readonly convert: (schema: JsonObject) => JsonObject;
  },
): unknown {
  const child = (schema: unknown): unknown =>
    isObject(schema) ? convert(schema) : schema;
  if (one.has(key)) return child(value);
  if (list.has(key) && Array.isArray(value)) return value.map(child);
  if (named.has(key) && isObject(value)) {
    // fromEntries, because a property may be called __proto__.
    return Object.fromEntries(
      Object.entries(value).map(([name, schema]) => [name, child(schema)]),
    );
  }
  return value;
}
