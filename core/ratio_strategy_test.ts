import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { RatioStrategy } from "./ratio_strategy.ts";

Deno.test("RatioStrategy opens at its share, from its minimum sample on", () => {
  const strategy = new RatioStrategy({ ratio: 0.25, minimum: 8 });
  for (let i = 0; i < 6; i++) strategy.success(0, false);
  assertFalse(strategy.failure(0, false));
  assert(strategy.failure(0, false));

  const other = new RatioStrategy({ ratio: 0.25, minimum: 8 });
  for (let i = 0; i < 7; i++) other.success(0, false);
  assertFalse(other.failure(0, false));
});

Deno.test("U16: one failure never opens with RatioStrategy, and no number of them below the minimum sample", () => {
  const strategy = new RatioStrategy();
  for (let i = 0; i < 19; i++) assertFalse(strategy.failure(i, false));
  assert(strategy.failure(19, false));
  // Not even a sample of one may be asked for.
  assertThrows(() => new RatioStrategy({ minimum: 1 }), RangeError);
});

Deno.test("RatioStrategy forgets what has slid out of its window", () => {
  const strategy = new RatioStrategy({ minimum: 4, window: 1_000 });
  for (let i = 0; i < 3; i++) assertFalse(strategy.failure(i, false));
  assertFalse(strategy.failure(1_000, false));
  assertFalse(strategy.failure(5_000, false));
});

Deno.test("RatioStrategy.reset() empties the window", () => {
  const strategy = new RatioStrategy({ minimum: 3 });
  strategy.failure(0, false);
  strategy.failure(0, false);
  strategy.reset();
  assertFalse(strategy.failure(0, false));
});

Deno.test("U16: RatioStrategy opens within 5 s when all requests fail after a good time", () => {
  const strategy = new RatioStrategy();
  let now = 60_000;
  for (let time = 0; time < now; time += 5) strategy.success(time, false);
  while (!strategy.failure(now, false)) now += 5;
  assert(now - 60_000 <= 5_000, `after ${now - 60_000} ms`);
});

Deno.test("U16: RatioStrategy lets 30 % of errors be", () => {
  const strategy = new RatioStrategy();
  for (let i = 0; i < 12_000; i++) {
    if (i % 10 >= 7) assertFalse(strategy.failure(i * 5, false));
    else strategy.success(i * 5, false);
  }
});

Deno.test("RatioStrategy counts streams from their first byte, not from their end", () => {
  const strategy = new RatioStrategy();
  // One in ten fails at once, the others stream for longer than this test.
  for (let i = 0; i < 6_000; i++) {
    if (i % 10 === 0) assertFalse(strategy.failure(i * 5, false));
    else strategy.firstByte(i * 5);
  }
});

Deno.test("RatioStrategy counts an attempt once, with or without a first byte", () => {
  const strategy = new RatioStrategy({ minimum: 5, ratio: 0.4 });
  for (const begun of [true, false, true]) {
    if (begun) strategy.firstByte(0);
    strategy.success(0, begun);
  }
  // The fourth attempt: too few, were the first three not counted twice.
  assertFalse(strategy.failure(0, false));
  strategy.firstByte(0);
  assert(strategy.failure(0, true));
});

Deno.test("U6: RatioStrategy opens when streams break off long after their first bytes", () => {
  const strategy = new RatioStrategy({ minimum: 10 });
  for (let i = 0; i < 10; i++) strategy.firstByte(0);
  const said: boolean[] = [];
  for (let i = 0; i < 10; i++) said.push(strategy.failure(300_000, true));
  assertEquals(said, [...new Array<boolean>(9).fill(false), true]);
});

Deno.test("RatioStrategy refuses options out of range, and names them", () => {
  const wrong = [
    [{ ratio: 0 }, "'ratio'"],
    [{ ratio: 1.01 }, "'ratio'"],
    [{ minimum: 2.5 }, "'minimum'"],
    [{ window: 0 }, "'window'"],
    [{ window: Infinity }, "'window'"],
    [{ buckets: 0 }, "'buckets'"],
    [
      { buckets: 61 },
      "'buckets' must be a whole number not below 1 and not above 60, got '61'",
    ],
  ] as const;
  for (const [options, words] of wrong) {
    assertThrows(() => new RatioStrategy(options), RangeError, words);
  }
});
