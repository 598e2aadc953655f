import { assertEquals } from "@std/assert";
import { Budget } from "./_schema_budget.ts";
import { type Demand, resolveDemand } from "./_schema_demand.ts";

function resolve(root: unknown, steps = 100): Demand | undefined {
  return resolveDemand(
    { known: [], pending: [root], choices: [], refs: [root] },
    { root, budget: new Budget(steps) },
  );
}

Deno.test("resolveDemand() gathers references and allOf and leaves choices", () => {
  const a = { title: "a" };
  const b = { title: "b", anyOf: [1, 2], oneOf: [3] };
  const root = { allOf: [{ $ref: "#/$defs/a" }, b], $defs: { a } };
  const met = resolve(root);
  assertEquals(met?.known, [root, { $ref: "#/$defs/a" }, b, a]);
  assertEquals(met?.choices, [
    { branches: [1, 2], exclusive: false },
    { branches: [3], exclusive: true },
  ]);
  assertEquals(met?.refs, [root, a]);
});

Deno.test("resolveDemand() gives nothing where no value can do", () => {
  assertEquals(resolve(false), undefined);
  assertEquals(resolve({ allOf: [{}, false] }), undefined);
  assertEquals(resolve({ $ref: "#" }), undefined);
  assertEquals(resolve({ $ref: "#/nowhere" }), undefined);
  assertEquals(resolve({ allOf: Array(100).fill({}) }, 50), undefined);
});
