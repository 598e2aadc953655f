import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { schemaCase } from "./_test_schema_case.ts";
import { schemaSample } from "./schema_sample.ts";

Deno.test("schemaSample() gives values that are valid for the schema", () => {
  fc.assert(
    fc.property(schemaCase, ({ schema, defs, valid }) => {
      const whole = JSON.parse(JSON.stringify({ ...schema, $defs: defs }));
      const value = schemaSample(whole);
      const told = JSON.parse(JSON.stringify(value));
      assert(valid(told), JSON.stringify(told));
      assertEquals(JSON.stringify(schemaSample(whole)), JSON.stringify(value));
    }),
    { numRuns: 500 },
  );
});

const KEYWORDS = [
  "type enum const nullable $ref allOf anyOf oneOf not minimum maximum",
  "exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength format",
  "items prefixItems minItems maxItems properties required",
  "additionalProperties $defs __proto__ constructor",
].join(" ").split(" ");

Deno.test("schemaSample() takes any JSON as a schema without throwing", () => {
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.constantFrom<unknown>(
        ...["#", "#/a", "object", "array", "string", "integer", "null", "date"],
      ),
      fc.oneof(fc.jsonValue(), fc.double({ noNaN: true })),
      fc.array(tie("schema"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...KEYWORDS), tie("schema")),
      fc.dictionary(fc.constantFrom(...KEYWORDS), tie("schema")),
    ),
  }));
  fc.assert(
    fc.property(schema, (schema) => {
      JSON.stringify(schemaSample(schema)).length;
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("schemaSample() sets all properties and names the required ones that have no schema", () => {
  assertEquals(
    schemaSample({
      type: "object",
      properties: { a: { type: "string" }, b: { type: "boolean" } },
      required: ["a", "c"],
    }),
    { a: "text", b: true, c: "text" },
  );
});

Deno.test("schemaSample() cuts recursion off where it may end", () => {
  const node = {
    type: "object",
    properties: {
      value: { type: "integer" },
      next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] },
      children: { type: "array", items: { $ref: "#/$defs/node" } },
      parent: { $ref: "#/$defs/node" },
    },
    required: ["value", "next", "children"],
  };
  assertEquals(schemaSample({ $ref: "#/$defs/node", $defs: { node } }), {
    value: 1,
    next: null,
    children: [],
  });
  assertEquals(
    schemaSample({ type: "object", properties: { self: { $ref: "#" } } }),
    {},
  );
});

Deno.test("schemaSample() gives null where recursion has no end", () => {
  assertEquals(
    schemaSample({ properties: { a: { $ref: "#" } }, required: ["a"] }),
    null,
  );
  const loop = { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } };
  assertEquals(schemaSample({ $ref: "#/$defs/a", $defs: loop }), null);
});

Deno.test("schemaSample() leaves optional properties out where oneOf needs that", () => {
  const properties = { a: { type: "string" }, b: { type: "string" } };
  assertEquals(
    schemaSample({
      oneOf: [{ properties, required: ["a"] }, { properties, required: ["b"] }],
    }),
    { a: "text" },
  );
});

Deno.test("schemaSample() keeps a closed object of allOf closed", () => {
  assertEquals(
    schemaSample({
      allOf: [
        { properties: { a: { type: "string" } }, required: ["a"] },
        { properties: { a: {} }, additionalProperties: false },
        { properties: { b: { type: "string" } } },
      ],
    }),
    { a: "text" },
  );
});

Deno.test("schemaSample() combines the schemas of one property", () => {
  assertEquals(
    schemaSample({
      allOf: [
        { properties: { n: { type: "number", minimum: 3 } } },
        { properties: { n: { type: "integer", maximum: 3.5 } } },
      ],
    }),
    { n: 3 },
  );
});

Deno.test("schemaSample() is bounded for schemas made to be costly", () => {
  const defs = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [
    `d${i}`,
    {
      properties: {
        a: { $ref: `#/$defs/d${i + 1}` },
        b: { $ref: `#/$defs/d${i + 1}` },
      },
      required: ["a", "b"],
    },
  ]));
  let deep: unknown = { type: "string" };
  for (let i = 0; i < 20_000; i++) {
    deep = { properties: { a: deep }, required: ["a"] };
  }
  const costly: unknown[] = [
    { $ref: "#/$defs/d0", $defs: { ...defs, d60: true } },
    deep,
    { type: "array", minItems: 1e9, items: { type: "integer" } },
    { type: "array", minItems: 5_000, items: { const: "x".repeat(100_000) } },
    {
      type: "array",
      minItems: 5_000,
      items: { required: ["x".repeat(100_000)] },
    },
    { type: "string", minLength: 1e12 },
    { allOf: Array(9_000).fill({ anyOf: [{}, {}] }) },
    { allOf: Array(20_000).fill({}), anyOf: Array(20_000).fill(false) },
  ];
  for (const schema of costly) {
    const size = JSON.stringify(schemaSample(schema)).length;
    assert(size < 5_000_000, `${size} characters`);
  }
});
