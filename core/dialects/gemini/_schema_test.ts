import { assertEquals } from "@std/assert";
import { knownSchema } from "./_schema.ts";

Deno.test("D20: a schema of known keywords stays as it is", () => {
  const schema = {
    type: "object",
    properties: {
      a: { type: ["string", "null"], format: "date", enum: ["x"] },
      b: { type: "array", minItems: 1, items: { $ref: "#/$defs/c" } },
      c: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }] },
    },
    required: ["a", "b"],
    additionalProperties: false,
    $defs: { c: { type: "integer" } },
  };
  const { schema: sent, lost } = knownSchema(schema);
  assertEquals(JSON.stringify(sent), JSON.stringify(schema));
  assertEquals(lost, []);
});

Deno.test("D20: const becomes an enum of one where an enum may have it", () => {
  const { schema, lost } = knownSchema({
    properties: {
      kind: { const: "cat" },
      count: { const: 2 },
      tame: { const: true },
    },
  });
  assertEquals(schema, {
    properties: {
      kind: { enum: ["cat"] },
      count: { enum: [2] },
      tame: { const: true },
    },
  });
  assertEquals(lost, ["const"]);
});

Deno.test("D20: definitions become $defs, and what refers to them follows", () => {
  const { schema, lost } = knownSchema({
    $schema: "https://json-schema.org/draft-07/schema",
    properties: { a: { $ref: "#/definitions/A" } },
    definitions: { A: { type: "string" } },
  });
  assertEquals(schema, {
    properties: { a: { $ref: "#/$defs/A" } },
    $defs: { A: { type: "string" } },
  });
  assertEquals(lost, []);
});

Deno.test("D20: what stands beside a $ref, which must be alone, is set around it", () => {
  const { schema } = knownSchema({
    properties: {
      a: { $ref: "#/$defs/A", description: "An A" },
      b: { allOf: [{ $ref: "#/$defs/A" }], description: "A B" },
    },
  });
  assertEquals(schema, {
    properties: {
      a: { description: "An A", anyOf: [{ $ref: "#/$defs/A" }] },
      b: { description: "A B", anyOf: [{ $ref: "#/$defs/A" }] },
    },
  });
});

Deno.test("D20: keywords without force are named, those that constrain nothing are not", () => {
  const { lost } = knownSchema({
    properties: {
      pattern: { type: "string", pattern: "^a", default: "a" },
      list: { items: { allOf: [{}, { not: {} }] }, uniqueItems: true },
    },
    examples: [],
  });
  assertEquals(lost, ["pattern", "allOf", "uniqueItems"]);
});

Deno.test("D20: names of properties are no keywords, and schemas of any depth end", () => {
  const properties = JSON.parse(
    '{"const":{"type":"string"},"__proto__":{"const":1}}',
  );
  const { schema, lost } = knownSchema({ properties });
  assertEquals(
    JSON.stringify(schema),
    '{"properties":{"const":{"type":"string"},"__proto__":{"enum":[1]}}}',
  );
  assertEquals(lost, []);
  let deep: Record<string, unknown> = { const: 1 };
  for (let i = 0; i < 10_000; i++) deep = { items: deep };
  knownSchema(deep);
});
