import { assertEquals } from "@std/assert";
import { matchesLength, matchesNumber, matchesType } from "./_schema_check.ts";

Deno.test("matchesNumber() reads bounds of all drafts", () => {
  const fits = (schema: Record<string, unknown>): boolean =>
    matchesNumber(3, schema);
  assertEquals(fits({ minimum: 3, maximum: 3 }), true);
  assertEquals(fits({ minimum: 3.1 }), false);
  assertEquals(fits({ maximum: 2.9 }), false);
  assertEquals(fits({ exclusiveMinimum: 3 }), false);
  assertEquals(fits({ exclusiveMaximum: 3 }), false);
  assertEquals(fits({ minimum: 3, exclusiveMinimum: true }), false);
  assertEquals(fits({ maximum: 3, exclusiveMaximum: true }), false);
  assertEquals(fits({ minimum: 3, exclusiveMinimum: false }), true);
  assertEquals(fits({ minimum: "4", maximum: null }), true);
});

Deno.test("matchesNumber() knows multiples of decimal steps", () => {
  assertEquals(matchesNumber(0.3, { multipleOf: 0.1 }), true);
  assertEquals(matchesNumber(0.35, { multipleOf: 0.1 }), false);
  assertEquals(matchesNumber(7, { multipleOf: 0 }), true);
});

Deno.test("matchesLength() counts characters, not UTF-16 units", () => {
  assertEquals(matchesLength("😀😀", { minLength: 2, maxLength: 2 }), true);
  assertEquals(matchesLength("😀😀", { minLength: 3 }), false);
  assertEquals(matchesLength("😀😀", { maxLength: 1 }), false);
});

Deno.test("matchesType() takes a schema without a type for any", () => {
  assertEquals(matchesType(1, {}), true);
  assertEquals(matchesType(1, { type: 7 }), true);
  assertEquals(matchesType(1, { type: ["toString"] }), false);
});
