import { assertEquals } from "@std/assert";
import { Budget } from "./_schema_budget.ts";
import { SchemaMatcher } from "./_schema_match.ts";

function matches(value: unknown, schema: unknown): boolean {
  return new SchemaMatcher(schema, new Budget(1_000)).matches(value, schema);
}

const NODE = {
  properties: { next: { $ref: "#" } },
  required: ["v"],
  type: "object",
};

const CASES: [schema: unknown, valid: unknown[], invalid: unknown[]][] = [
  [true, [1, null], []],
  [false, [], [1, null]],
  [{ type: "integer" }, [1, 1.0], [1.5, "1", null]],
  [{ type: ["number", "null"] }, [1.5, null], ["x", true]],
  [{ type: "object" }, [{}], [[], null, "x"]],
  [{ type: "string", nullable: true }, ["x", null], [1]],
  [{ enum: [1, "a"] }, [1, "a"], [2, null]],
  [{ enum: ["a"], nullable: true }, ["a", null], ["b"]],
  [{ const: null }, [null], [0, false]],
  [{ minItems: 1, maxItems: 2, items: { type: "null" } }, [[null]], [
    [],
    [1],
    [null, null, null],
  ]],
  [{ prefixItems: [{ type: "null" }], items: false }, [[null], []], [
    [1],
    [null, null],
  ]],
  [
    { properties: { a: { type: "null" } }, additionalProperties: false },
    [{ a: null }, {}],
    [{ a: 1 }, { b: 1 }],
  ],
  [{ required: ["toString"] }, [{ toString: 1 }], [{}]],
  [{ additionalProperties: { type: "null" } }, [{ x: null }], [{ x: 1 }]],
  [{ allOf: [{ type: "number" }, { minimum: 2 }] }, [2], [1, "x"]],
  [{ anyOf: [{ type: "number" }, { type: "null" }] }, [1, null], ["x"]],
  [{ oneOf: [{ type: "number" }, { type: "integer" }] }, [1.5], [1]],
  [{ not: { type: "null" } }, [1], [null]],
  [NODE, [{ v: 1, next: { v: 1 } }], [{ v: 1, next: {} }, { v: 1, next: 1 }]],
  [{ $ref: "#/nowhere" }, [], [1]],
];

Deno.test("SchemaMatcher.matches() tells valid from invalid values", () => {
  for (const [schema, valid, invalid] of CASES) {
    for (const [values, expected] of [[valid, true], [invalid, false]]) {
      for (const value of values as unknown[]) {
        assertEquals(
          matches(value, schema),
          expected,
          JSON.stringify([schema, value]),
        );
      }
    }
  }
});

Deno.test("SchemaMatcher.matches() ends for references in a circle", () => {
  assertEquals(matches(1, { $ref: "#" }), false);
  assertEquals(matches(1, { anyOf: [{ $ref: "#" }, { $ref: "#" }] }), false);
});

Deno.test("SchemaMatcher.matches() says no when the budget is spent", () => {
  const schema = { items: { type: "integer" } };
  const value = Array(20).fill(1);
  const within = (steps: number): boolean =>
    new SchemaMatcher(schema, new Budget(steps)).matches(value, schema);
  assertEquals([within(20), within(21)], [false, true]);
});
