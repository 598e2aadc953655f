import { assertEquals } from "@std/assert";
import { constrainedSchema } from "./_schema.ts";

Deno.test("O5: a schema that the provider takes stays as it is", () => {
  const schema = {
    type: "object",
    properties: {
      a: { type: "string", format: "date", enum: ["x"] },
      b: { type: "array", minItems: 1, items: { $ref: "#/$defs/c" } },
    },
    required: ["a", "b"],
    additionalProperties: false,
    $defs: { c: { type: "integer" } },
  };
  const { schema: sent, lost } = constrainedSchema(schema);
  assertEquals(JSON.stringify(sent), JSON.stringify(schema));
  assertEquals(lost, []);
});

Deno.test("O5: constraints that the provider refuses move into the description", () => {
  const { schema, lost } = constrainedSchema({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    additionalProperties: false,
    properties: {
      n: { type: "number", minimum: 1, maximum: 9, description: "A number" },
      s: { type: "string", format: "phone", pattern: "^a" },
      l: { type: "array", minItems: 3, items: { minLength: 1 } },
    },
  });
  assertEquals(schema, {
    type: "object",
    additionalProperties: false,
    properties: {
      n: { type: "number", description: "A number (minimum: 1, maximum: 9)" },
      s: { type: "string", description: '(format: "phone", pattern: "^a")' },
      l: {
        type: "array",
        items: { description: "(minLength: 1)" },
        description: "(minItems: 3)",
      },
    },
  });
  assertEquals(lost, [
    "minimum",
    "maximum",
    "format",
    "pattern",
    "minItems",
    "minLength",
  ]);
});

Deno.test("O5: open objects with properties are closed, maps are left to the provider", () => {
  const map = { type: "object", additionalProperties: { type: "string" } };
  const { schema, lost } = constrainedSchema({
    type: "object",
    properties: { map, any: { type: "object" } },
  });
  assertEquals(schema, {
    type: "object",
    properties: { map, any: { type: "object" } },
    additionalProperties: false,
  });
  assertEquals(lost, ["additionalProperties"]);
});

Deno.test("O5: oneOf becomes anyOf, which is less; names of properties are no keywords", () => {
  const { schema, lost } = constrainedSchema({
    additionalProperties: false,
    properties: {
      minimum: { oneOf: [{ type: "string" }, { type: "null" }] },
      format: true,
    },
  });
  assertEquals(schema, {
    additionalProperties: false,
    properties: {
      minimum: { anyOf: [{ type: "string" }, { type: "null" }] },
      format: true,
    },
  });
  assertEquals(lost, ["oneOf"]);
});

Deno.test("constrainedSchema() survives odd and hostile schemas", () => {
  const odd = JSON.parse(
    `{"properties":{"__proto__":{"minimum":1},"a":null},"anyOf":7,"items":[1],"additionalProperties":false}`,
  );
  const { schema } = constrainedSchema(odd);
  assertEquals(
    JSON.stringify(schema),
    `{"properties":{"__proto__":{"description":"(minimum: 1)"},"a":null},"anyOf":7,"items":[1],"additionalProperties":false}`,
  );
  let deep: Record<string, unknown> = {};
  for (let i = 0; i < 5_000; i++) deep = { items: deep };
  constrainedSchema(deep);
});
