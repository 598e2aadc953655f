import { assertEquals } from "@std/assert";
import { Budget } from "./_schema_budget.ts";

Deno.test("Budget.spend() says no when more is asked for than is left", () => {
  const budget = new Budget(3);
  assertEquals([budget.spend(2), budget.spend(1), budget.spend(1)], [
    true,
    true,
    false,
  ]);
});

Deno.test("Budget.spendText() makes long texts cost more", () => {
  assertEquals(new Budget(10).spendText("x".repeat(64 * 9)), true);
  assertEquals(new Budget(10).spendText("x".repeat(64 * 10)), false);
});

Deno.test("Budget.spendValue() pays for all that a value holds", () => {
  const value = [1, { a: "b" }];
  assertEquals(new Budget(5).spendValue(value), false);
  assertEquals(new Budget(7).spendValue(value), true);
});
