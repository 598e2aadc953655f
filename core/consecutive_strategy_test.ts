import { assertEquals, assertThrows } from "@std/assert";
import { ConsecutiveStrategy } from "./consecutive_strategy.ts";

/** What each failure of a history said. `f`: fails, `F`: fails after its first byte, `b`: begins, `s`: ends well. */
function verdicts(strategy: ConsecutiveStrategy, history: string): boolean[] {
  const said: boolean[] = [];
  for (const end of history) {
    if (end === "f") said.push(strategy.failure(0, false));
    else if (end === "F") said.push(strategy.failure(0, true));
    else if (end === "b") strategy.firstByte();
    else strategy.success();
  }
  return said;
}

Deno.test("ConsecutiveStrategy opens at the threshold", () => {
  const said = verdicts(new ConsecutiveStrategy(3), "fff");
  assertEquals(said, [false, false, true]);
  assertEquals(verdicts(new ConsecutiveStrategy(1), "f"), [true]);
});

Deno.test("ConsecutiveStrategy starts a new row after a success and after reset()", () => {
  const strategy = new ConsecutiveStrategy(2);
  assertEquals(verdicts(strategy, "fsfsFsF"), [false, false, false, false]);
  strategy.reset();
  assertEquals(verdicts(strategy, "FfF"), [false, false, true]);
});

Deno.test("ConsecutiveStrategy does not take failures between streams that still run for a row", () => {
  const said = verdicts(new ConsecutiveStrategy(2), "bfbfbfbf");
  assertEquals(said, [false, false, false, false]);
});

Deno.test("U6: ConsecutiveStrategy opens when every stream breaks off after its first byte", () => {
  assertEquals(verdicts(new ConsecutiveStrategy(3), "bFbFbF"), [
    false,
    false,
    true,
  ]);
});

Deno.test("ConsecutiveStrategy refuses a threshold that is none", () => {
  for (const threshold of [0, -1, 1.5, NaN, Infinity]) {
    assertThrows(
      () => new ConsecutiveStrategy(threshold),
      RangeError,
      "Cannot make a ConsecutiveStrategy: 'threshold' must be a whole number",
    );
  }
});
