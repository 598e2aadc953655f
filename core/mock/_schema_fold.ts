import { isObject, type JsonObject } from "./_json_fields.ts";
import { typeList } from "./_schema_check.ts";

/** Several schemas that a value must all be valid for, as one. */
export interface FoldedSchema {
  /** The schemas themselves. */
  readonly all: readonly JsonObject[];
  /** The types to try, in this order. */
  readonly types: readonly string[];
  /** The values of the first `const` or `enum`. */
  readonly values: readonly unknown[] | undefined;
  /** By name, what all schemas say of the property. */
  readonly properties: ReadonlyMap<string, readonly unknown[]>;
  readonly required: ReadonlySet<string>;
  /** What all schemas say of properties that none of them names. */
  readonly additional: readonly unknown[];
  /** By place, what all schemas say of the item. */
  readonly prefix: readonly (readonly unknown[])[];
  /** What all schemas say of further items. */
  readonly items: readonly unknown[];
  /** How much the schemas say. */
  readonly size: number;
}

/** Folds schemas; references and compositions in them are not looked at. */
export function foldSchemas(all: readonly JsonObject[]): FoldedSchema {
  let types: readonly string[] | undefined;
  let values: readonly unknown[] | undefined;
  const properties = new Map<string, unknown[]>();
  const required = new Set<string>();
  const additional: unknown[] = [];
  const prefix: unknown[][] = [];
  const items: unknown[] = [];
  for (const schema of all) {
    types = commonTypes(types, typesOf(schema));
    if ("const" in schema) values ??= [schema["const"]];
    else if (Array.isArray(schema["enum"])) values ??= schema["enum"];
    if (isObject(schema["properties"])) {
      for (const [key, one] of Object.entries(schema["properties"])) {
        const known = properties.get(key);
        if (known === undefined) properties.set(key, [one]);
        else known.push(one);
      }
    }
    if (Array.isArray(schema["required"])) {
      for (const key of schema["required"]) {
        if (typeof key === "string") required.add(key);
      }
    }
    if ("additionalProperties" in schema) {
      additional.push(schema["additionalProperties"]);
    }
    const places = schema["prefixItems"] ?? schema["items"];
    if (Array.isArray(places)) {
      places.forEach((one, i) => (prefix[i] ??= []).push(one));
    }
    items.push(schema["items"]);
  }
  types ??= [impliedType(all)];
  const size = all.length + properties.size + required.size + prefix.length;
  return {
    all,
    types,
    values,
    properties,
    required,
    additional,
    prefix,
    items,
    size,
  };
}

const TYPES: ReadonlySet<unknown> = new Set([
  "object",
  "array",
  "string",
  "integer",
  "number",
  "boolean",
]);

/** The types that a schema allows, in its order; `null` last. */
function typesOf(schema: JsonObject): readonly string[] | undefined {
  const listed = typeList(schema);
  if (listed === undefined) return undefined;
  const types = listed.filter((one): one is string => TYPES.has(one));
  if (schema["nullable"] === true || listed.includes("null")) {
    types.push("null");
  }
  return types;
}

function commonTypes(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const fits = (types: readonly string[], type: string): boolean =>
    types.includes(type) || (type === "integer" && types.includes("number"));
  return [
    ...new Set([
      ...a.filter((type) => fits(b, type)),
      ...b.filter((type) => fits(a, type)),
    ]),
  ];
}

/** Keywords that speak of one type only, for schemas that name none. */
const IMPLIED: readonly (readonly [type: string, keywords: string[]])[] = [
  ["object", ["properties", "required", "additionalProperties"]],
  ["array", ["items", "prefixItems", "minItems", "maxItems"]],
  ["string", ["format", "pattern", "minLength", "maxLength"]],
  ["number", [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
  ]],
];

function impliedType(all: readonly JsonObject[]): string {
  for (const [type, keywords] of IMPLIED) {
    const implied = all.some((schema) =>
      keywords.some((keyword) => keyword in schema)
    );
    if (implied) return type;
  }
  return "string";
}
