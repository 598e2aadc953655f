import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { HedgePolicy } from "./hedge_policy.ts";

function figures(samples: number, ms: number) {
  return { samples, quantile: () => ms };
}

Deno.test("HedgePolicy.delay() is the deployment's own p95, within bounds", () => {
  const policy = new HedgePolicy({ minDelayMs: 100, maxDelayMs: 5_000 });
  assertEquals(policy.delay(figures(49, 800)), undefined);
  assertEquals(policy.delay(figures(50, 800)), 800);
  assertEquals(policy.delay(figures(50, 20)), 100);
  assertEquals(policy.delay(figures(50, 60_000)), 5_000);
  assertEquals(
    policy.delay({ samples: 50, quantile: () => undefined }),
    undefined,
  );
  let asked = 0;
  policy.delay({
    samples: 50,
    quantile: (share) => {
      asked = share;
      return 1;
    },
  });
  assertEquals(asked, 0.95);
});

Deno.test("HedgePolicy never grants more than its share of requests, nor of their cost", () => {
  const step = fc.record({
    hedge: fc.boolean(),
    cost: fc.integer({ min: 0, max: 10_000 }),
  });
  fc.assert(fc.property(
    fc.array(step, { maxLength: 400 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (steps, maxShare, maxCostShare) => {
      const policy = new HedgePolicy({ maxShare, maxCostShare });
      let requests = 0;
      let spent = 0;
      let hedges = 0;
      let hedgeCost = 0;
      for (const { hedge, cost } of steps) {
        if (!hedge) {
          policy.deposit(cost);
          requests++;
          spent += cost;
        } else if (policy.withdraw(cost)) {
          hedges++;
          hedgeCost += cost;
        }
        assert(hedges <= maxShare * requests + 1e-6);
        assert(hedgeCost <= maxCostShare * spent + 1e-6);
      }
    },
  ));
});

Deno.test("HedgePolicy saves up no more than its burst", () => {
  const policy = new HedgePolicy({ maxShare: 0.5, burst: 3 });
  for (let count = 0; count < 1_000; count++) policy.deposit(100);
  const granted = Array.from({ length: 10 }, () => policy.withdraw());
  assertEquals(granted.filter(Boolean).length, 3);
});

Deno.test("HedgePolicy takes nothing where it grants nothing", () => {
  const policy = new HedgePolicy({ maxShare: 0.5, maxCostShare: 0.5 });
  policy.deposit(100);
  policy.deposit(100);
  assertEquals(policy.withdraw(101), false);
  assertEquals(policy.left, 1);
  assertEquals(policy.withdraw(100), true);
});

Deno.test("HedgePolicy.giveBack() undoes what was taken, and adds nothing to it", () => {
  const policy = new HedgePolicy({ maxShare: 1, maxCostShare: 1, burst: 2 });
  for (let count = 0; count < 9; count++) policy.deposit(100);
  for (let count = 0; count < 9; count++) {
    assertEquals(policy.withdraw(150), true);
    policy.giveBack(150);
  }
  assertEquals(policy.left, 2);
  assertEquals([policy.withdraw(100), policy.withdraw(100)], [true, true]);
  assertEquals(policy.withdraw(0), false);
});

Deno.test("HedgePolicy takes back what dear requests have saved up when cheap ones follow", () => {
  const policy = new HedgePolicy({ maxShare: 1, maxCostShare: 1, burst: 3 });
  for (let count = 0; count < 100; count++) policy.deposit(10_000);
  for (let count = 0; count < 1_000; count++) policy.deposit(10);
  assertEquals(policy.withdraw(1_000), false);
  assertEquals(policy.withdraw(10), true);
});

Deno.test("HedgePolicy refuses options out of their range and says which", () => {
  for (
    const [options, name] of [
      [{ maxShare: 1.1 }, "maxShare"],
      [{ quantile: -1 }, "quantile"],
      [{ maxCostShare: NaN }, "maxCostShare"],
      [{ minDelayMs: -1 }, "minDelayMs"],
      [{ burst: Infinity }, "burst"],
    ] as const
  ) {
    assertThrows(() => new HedgePolicy(options), RangeError, `'${name}'`);
  }
});
