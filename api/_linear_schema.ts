import type { Step } from "./_config_path.ts";

/** A JSON Schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** What has names of members, or words of the writer's own, for keys, and schemas for values. */
const MAPS: ReadonlySet<string> = new Set([
  "$defs",
  "definitions",
  "dependencies",
  "dependentSchemas",
  "properties",
]);
/** What holds values, in which nothing is a schema. */
const VALUES: ReadonlySet<string> = new Set([
  "const",
  "default",
  "enum",
  "examples",
]);

/** A pattern in a schema, and where it stands. */
export interface SchemaPattern {
  readonly path: readonly Step[];
  readonly pattern: string;
}

/** All patterns of a schema. */
export function* patternsIn(
  schema: unknown,
  path: readonly Step[] = [],
): Generator<SchemaPattern> {
  if (Array.isArray(schema)) {
    for (const [at, it] of schema.entries()) {
      yield* patternsIn(it, [...path, at]);
    }
  }
  if (!isMap(schema)) return;
  for (const [key, value] of Object.entries(schema)) {
    const here = [...path, key];
    if (VALUES.has(key)) continue;
    if (key === "pattern" && typeof value === "string") {
      yield { path: here, pattern: value };
    }
    const isNamed = key === "patternProperties" || MAPS.has(key);
    if (!isNamed || !isMap(value)) {
      yield* patternsIn(value, here);
      continue;
    }
    for (const [name, it] of Object.entries(value)) {
      const place = [...here, name];
      if (key === "patternProperties") yield { path: place, pattern: name };
      yield* patternsIn(it, place);
    }
  }
}

/** What takes the place of patterns. */
export interface LinearOptions {
  /** The format that fits the texts that a pattern does. */
  readonly formatOf: (pattern: string) => string;
  /** The names of members that a pattern fits, of all that a value has. */
  readonly namesOf: (pattern: string) => readonly string[];
}

/**
 * The same schema without patterns, for a validator that would run them as
 * expressions of the language: those of texts become formats, those of names
 * become the names that they fit.
 */
export function linearSchema(schema: unknown, options: LinearOptions): unknown {
  if (Array.isArray(schema)) {
    return schema.map((it) => linearSchema(it, options));
  }
  if (!isMap(schema)) return schema;
  const entries: [string, unknown][] = [];
  for (const [key, value] of Object.entries(schema)) {
    const isReplaced = key === "pattern" && typeof value === "string" ||
      key === "patternProperties" && isMap(value);
    if (isReplaced) continue;
    entries.push([
      key,
      VALUES.has(key)
        ? value
        : MAPS.has(key) && isMap(value)
        ? mapped(value, options)
        : linearSchema(value, options),
    ]);
  }
  const linear = Object.fromEntries(entries);
  const { pattern, patternProperties: named } = schema;
  if (typeof pattern === "string") {
    const others = Array.isArray(linear.allOf) ? linear.allOf : [];
    linear.allOf = [...others, { format: options.formatOf(pattern) }];
  }
  if (isMap(named)) {
    linear.properties = withNamed(linear.properties, { named, options });
  }
  return linear;
}

/** The members of a schema, with those that patterns name: of whom more than one speaks, all count. */
function withNamed(properties: unknown, { named, options }: {
  readonly named: Schema;
  readonly options: LinearOptions;
}): Schema {
  const all = new Map(isMap(properties) ? Object.entries(properties) : []);
  for (const [pattern, schema] of Object.entries(named)) {
    const linear = linearSchema(schema, options);
    for (const name of options.namesOf(pattern)) {
      const known = all.get(name);
      all.set(name, known === undefined ? linear : { allOf: [known, linear] });
    }
  }
  return Object.fromEntries(all);
}

function mapped(schemas: Schema, options: LinearOptions): Schema {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, it]) => [
      name,
      linearSchema(it, options),
    ]),
  );
}

/** The names of all members of a value, at any depth. */
export function namesIn(value: unknown): Set<string> {
  const names = new Set<string>();
  const rest = [value];
  for (let it = rest.pop(); it !== undefined; it = rest.pop()) {
    if (typeof it !== "object" || it === null) continue;
    if (!Array.isArray(it)) {
      for (const name of Object.keys(it)) names.add(name);
    }
    for (const member of Object.values(it)) {
      if (member !== undefined) rest.push(member);
    }
  }
  return names;
}

function isMap(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
