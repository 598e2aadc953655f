import { assertEquals } from "@std/assert";
import { foldSchemas } from "./_schema_fold.ts";

Deno.test("foldSchemas() keeps the types that all schemas allow, null last", () => {
  const types = (...all: Record<string, unknown>[]): unknown =>
    foldSchemas(all).types;
  assertEquals(types({ type: ["null", "string"] }), ["string", "null"]);
  assertEquals(types({ type: "string", nullable: true }), ["string", "null"]);
  assertEquals(types({ type: "number" }, { type: "integer" }), ["integer"]);
  assertEquals(types({ type: "number" }, { type: "string" }), []);
  assertEquals(types({ type: "gadget" }), []);
});

Deno.test("foldSchemas() infers the type from other keywords", () => {
  assertEquals(foldSchemas([{ required: [] }]).types, ["object"]);
  assertEquals(foldSchemas([{ items: {} }]).types, ["array"]);
  assertEquals(foldSchemas([{ format: "date" }]).types, ["string"]);
  assertEquals(foldSchemas([{ minimum: 1 }]).types, ["number"]);
  assertEquals(foldSchemas([{}]).types, ["string"]);
});

Deno.test("foldSchemas() collects what is said of each property and item", () => {
  const folded = foldSchemas([
    { properties: { a: 1 }, required: ["a", 7], prefixItems: [1] },
    { properties: { a: 2, b: 3 }, required: ["b"], items: [2, 3] },
  ]);
  assertEquals([...folded.properties], [["a", [1, 2]], ["b", [3]]]);
  assertEquals([...folded.required], ["a", "b"]);
  assertEquals(folded.prefix, [[1, 2], [3]]);
});
