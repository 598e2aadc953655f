import fc from "fast-check";

/** A schema with a check that was written for it alone. */
export interface SchemaCase {
  readonly schema: Readonly<Record<string, unknown>>;
  /** What references of `schema` lead to. */
  readonly defs: Readonly<Record<string, unknown>>;
  valid(value: unknown): boolean;
}

function leaf(
  schema: Readonly<Record<string, unknown>>,
  valid: (value: unknown) => boolean,
): SchemaCase {
  return { schema, defs: {}, valid };
}

function defsOf(cases: readonly SchemaCase[]): SchemaCase["defs"] {
  return Object.assign({}, ...cases.map(({ defs }) => defs));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const integers = fc.tuple(
  fc.integer({ min: -60, max: 60 }),
  fc.integer({ min: 1, max: 9 }),
  fc.nat(20),
).map(([minimum, multipleOf, more]) => {
  const maximum = minimum + multipleOf + more;
  return leaf(
    { type: "integer", minimum, maximum, multipleOf },
    (v) =>
      Number.isInteger(v) && Number(v) >= minimum && Number(v) <= maximum &&
      Number(v) % multipleOf === 0,
  );
});

const openIntervals = fc.tuple(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.double({ min: 0.001, max: 1e6, noNaN: true }),
).map(([low, width]) =>
  leaf(
    { type: "number", exclusiveMinimum: low, exclusiveMaximum: low + width },
    (v) => typeof v === "number" && v > low && v < low + width,
  )
);

const strings = fc.tuple(fc.nat(40), fc.nat(40)).map(([minLength, more]) =>
  leaf(
    { type: "string", minLength, maxLength: minLength + more },
    (v) =>
      typeof v === "string" && v.length >= minLength &&
      v.length <= minLength + more,
  )
);

const formats = fc.constantFrom<[string, RegExp]>(
  ["date", /^\d{4}-\d\d-\d\d$/],
  ["date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/],
  ["email", /^[a-z]+@[a-z.]+$/],
  ["uuid", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ["uri", /^https:\/\/[a-z.]+\/$/],
).map(([format, pattern]) =>
  leaf({ type: "string", format }, (v) => pattern.test(String(v)))
);

const scalars = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const enums = fc.uniqueArray(scalars, { minLength: 1, maxLength: 4 }).map(
  (values) => leaf({ enum: values }, (v) => values.includes(v as string)),
);
const consts = scalars.map((value) =>
  leaf({ const: value }, (v) => v === value)
);
const typeLists = fc.shuffledSubarray(
  ["null", "string", "integer", "boolean", "object", "array"],
  { minLength: 1 },
).map((type) =>
  leaf({ type }, (v) =>
    type.includes(
      v === null
        ? "null"
        : Array.isArray(v)
        ? "array"
        : typeof v === "number"
        ? "integer"
        : typeof v,
    ))
);
const nullables = integers.map(({ schema, valid }) =>
  leaf({ ...schema, nullable: true }, (v) => v === null || valid(v))
);

function arrays(items: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.tuple(items, fc.nat(3)).map(([item, minItems]) => ({
    schema: {
      type: "array",
      items: item.schema,
      minItems,
      maxItems: minItems + 1,
    },
    defs: item.defs,
    valid: (v) =>
      Array.isArray(v) && v.length >= minItems && v.length <= minItems + 1 &&
      v.every((one) => item.valid(one)),
  }));
}

function tuples(items: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(items, { minLength: 1, maxLength: 3 }).map((places) => ({
    schema: {
      type: "array",
      prefixItems: places.map(({ schema }) => schema),
      items: false,
      minItems: places.length,
    },
    defs: defsOf(places),
    valid: (v) =>
      Array.isArray(v) && v.length === places.length &&
      places.every((place, i) => place.valid(v[i])),
  }));
}

const names = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "a/b~c%", ""),
  fc.string(),
);

function objects(values: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.uniqueArray(fc.tuple(names, values, fc.boolean()), {
    maxLength: 4,
    selector: ([name]) => name,
  }).map((members) => {
    const byName = new Map(members.map(([name, one]) => [name, one]));
    const required = members.filter(([, , must]) => must).map(([name]) => name);
    return {
      schema: {
        type: "object",
        properties: Object.fromEntries(
          members.map(([name, { schema }]) => [name, schema]),
        ),
        required,
        additionalProperties: false,
      },
      defs: defsOf(members.map(([, one]) => one)),
      valid: (v) =>
        isObject(v) && required.every((name) => Object.hasOwn(v, name)) &&
        Object.entries(v).every(([name, one]) => byName.get(name)?.valid(one)),
    };
  });
}

function choices(branches: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(branches, { minLength: 1, maxLength: 3 }).map((list) => ({
    schema: { anyOf: list.map(({ schema }) => schema) },
    defs: defsOf(list),
    valid: (v) => list.some(({ valid }) => valid(v)),
  }));
}

/** Objects told apart by a tag, as unions are mostly written. */
function unions(values: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(values, { minLength: 1, maxLength: 3 }).map((list) => ({
    schema: {
      type: "object",
      oneOf: list.map(({ schema }, i) => ({
        properties: { tag: { const: `t${i}` }, value: schema },
        required: ["tag", "value"],
      })),
    },
    defs: defsOf(list),
    valid: (v) =>
      isObject(v) &&
      list.filter(({ valid }, i) => v["tag"] === `t${i}` && valid(v["value"]))
          .length === 1,
  }));
}

function joins(values: fc.Arbitrary<SchemaCase>): fc.Arbitrary<SchemaCase> {
  return fc.array(values, { minLength: 1, maxLength: 3 }).map((list) => ({
    schema: {
      allOf: list.map(({ schema }, i) => ({
        properties: { [`p${i}`]: schema },
        required: [`p${i}`],
      })),
    },
    defs: defsOf(list),
    valid: (v) => isObject(v) && list.every((one, i) => one.valid(v[`p${i}`])),
  }));
}

function references(
  targets: fc.Arbitrary<SchemaCase>,
): fc.Arbitrary<SchemaCase> {
  return fc.tuple(targets, fc.boolean()).map(([target, odd]) => {
    const text = JSON.stringify(target.schema);
    const name = odd ? `${text}/~%` : text;
    const token = name.replaceAll("~", "~0").replaceAll("/", "~1");
    return {
      schema: { $ref: `#/$defs/${encodeURIComponent(token)}` },
      defs: { ...target.defs, [name]: target.schema },
      valid: target.valid,
    };
  });
}

const leaves = fc.oneof(
  integers,
  openIntervals,
  strings,
  formats,
  enums,
  consts,
  typeLists,
  nullables,
);

/** Schemas that can be met, nested up to four deep. */
export const schemaCase: fc.Arbitrary<SchemaCase> = fc.letrec<
  { any: SchemaCase }
>((tie) => {
  const inner = tie("any");
  return {
    any: fc.oneof(
      { maxDepth: 4 },
      leaves,
      arrays(inner),
      tuples(inner),
      objects(inner),
      choices(inner),
      unions(inner),
      joins(inner),
      references(inner),
    ),
  };
}).any;
