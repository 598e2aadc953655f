import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { RetryBudget } from "./retry_budget.ts";

Deno.test("RetryBudget has its floor without traffic, and no more", () => {
  let time = 0;
  const budget = new RetryBudget({
    floor: 3,
    windowMs: 1_000,
    now: () => time,
  });
  assertEquals(budget.left, 3);
  for (let i = 0; i < 3; i++) assert(budget.withdraw());
  assertEquals(budget.withdraw(), undefined);
  time = 2_000;
  assertEquals(budget.left, 3);
});

Deno.test("RetryBudget does not hoard: what is not used within the window is lost", () => {
  let time = 0;
  const budget = new RetryBudget({ now: () => time });
  for (let i = 0; i < 10_000; i++) budget.deposit();
  assertEquals(budget.left, 1_000);
  time = 86_400_000;
  assertEquals(budget.left, 3);
});

Deno.test("RetryBudget takes a thing back once, and never what it has forgotten", () => {
  let time = 0;
  const budget = new RetryBudget({
    floor: 2,
    windowMs: 1_000,
    now: () => time,
  });
  const giveBack = budget.withdraw();
  assert(giveBack);
  assertEquals(budget.left, 1);
  giveBack();
  giveBack();
  assertEquals(budget.left, 2);
  const late = budget.withdraw();
  time = 5_000;
  assertEquals(budget.left, 2);
  late?.();
  assertEquals(budget.left, 2);
});

Deno.test("RetryBudget refuses options that make no sense", () => {
  for (const ratio of [-0.1, 1.1, NaN]) {
    assertThrows(() => new RetryBudget({ ratio }), RangeError, "'ratio'");
  }
  for (const floor of [-1, 0.5, NaN]) {
    assertThrows(() => new RetryBudget({ floor }), RangeError, "'floor'");
  }
  for (const windowMs of [0, -1, NaN, Infinity]) {
    assertThrows(() => new RetryBudget({ windowMs }), RangeError, "'windowMs'");
  }
});

Deno.test("U16: over random histories no window holds more than its share or its floor", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constantFrom("deposit", "withdraw", "giveBack"),
      count: fc.integer({ min: 1, max: 60 }),
    }),
    fc.record({
      kind: fc.constant("pass"),
      count: fc.integer({ min: 1, max: 3_000 }),
    }),
  );
  fc.assert(fc.property(
    fc.array(step, { maxLength: 120 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 0, max: 5 }),
    (steps, ratio, floor) => {
      let time = 5;
      const windowMs = 1_000;
      const budget = new RetryBudget({
        ratio,
        floor,
        windowMs,
        now: () => time,
      });
      const requests: number[] = [];
      const held: { at: number; giveBack: () => void }[] = [];
      const within = (at: number): boolean => at > time - windowMs;
      for (const { kind, count } of steps) {
        if (kind === "pass") {
          time += count;
          continue;
        }
        for (let i = 0; i < count; i++) {
          if (kind === "deposit") {
            budget.deposit();
            requests.push(time);
          } else if (kind === "giveBack") {
            held.shift()?.giveBack();
          } else {
            const left = budget.left;
            const giveBack = budget.withdraw();
            assertEquals(giveBack !== undefined, left > 0);
            if (!giveBack) continue;
            held.push({ at: time, giveBack });
            const extras = held.filter(({ at }) => within(at)).length;
            const share = ratio * requests.filter(within).length;
            assert(extras <= Math.max(floor, share), `${extras} > ${share}`);
          }
        }
      }
    },
  ));
});

/** One simulated minute: every request fails and is tried thrice where the budget allows. */
function storm(budget: RetryBudget, clock: { time: number }): number {
  let sent = 0;
  for (let request = 0; request < 200 * 60; request++) {
    clock.time += 5;
    budget.deposit();
    sent++;
    for (let extra = 0; extra < 2 && budget.withdraw(); extra++) sent++;
  }
  return sent;
}

Deno.test("U16: 60 s of pure errors at 200 rps add at most 10 % and the floor", () => {
  // At any distance from the window's own steps, out of the blue and after an hour of health.
  for (const start of [0, 3, 249, 250, 333, 499, 9_999]) {
    for (const healthyRequests of [0, 200 * 60, 200 * 3_600]) {
      const clock = { time: start };
      const budget = new RetryBudget({ now: () => clock.time });
      for (let i = 0; i < healthyRequests; i++) {
        clock.time += 5;
        budget.deposit();
      }
      const sent = storm(budget, clock);
      assert(sent <= 12_000 * 1.1 + 3, `${sent} after ${healthyRequests}`);
      assert(sent >= 12_000 * 1.08, `only ${sent}: the budget is not used`);
    }
  }
});

/** The share of requests that fail in a minute where the first deployment fails 30 % and its peers never. */
function partialOutage(answersAfterMs: number): number {
  let time = 0;
  let seed = 1;
  const random = (): number =>
    (seed = seed * 48_271 % 2_147_483_647) / 2_147_483_647;
  const budget = new RetryBudget({ now: () => time });
  const underWay: { until: number; giveBack: () => void }[] = [];
  let failures = 0;
  for (let request = 0; request < 200 * 70; request++) {
    time += 5;
    while ((underWay[0]?.until ?? Infinity) <= time) {
      underWay.shift()?.giveBack();
    }
    budget.deposit();
    // Ten seconds of health, then all go to the one that fails: the worst order.
    if (request < 2_000 || random() >= 0.3) continue;
    const giveBack = budget.withdraw();
    if (giveBack) underWay.push({ until: time + answersAfterMs, giveBack });
    else failures++;
  }
  return failures / 12_000;
}

Deno.test("U16: what healthy peers answer is given back, so that 30 % errors of one deployment can all move", () => {
  assertLess(partialOutage(2_000), 0.01);
  // Where nothing comes back the share holds.
  assertGreater(partialOutage(Infinity), 0.19);
});
