import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { drawByWeight } from "./weighted.ts";
import type { Capability } from "./capability.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { SmoothDraws } from "./smooth_draws.ts";
import { strategies, type StrategyName } from "./strategy.ts";
import {
  idsOf,
  seeded,
  testCandidate,
  testDeployment,
  testStrategyContext,
} from "./_test_routing.ts";

function strategy(name: StrategyName) {
  const found = strategies.get(name);
  assert(found);
  return found;
}

const weights = fc.array(fc.integer({ min: 1, max: 20 }), {
  minLength: 2,
  maxLength: 8,
});

function byWeights(list: readonly number[]) {
  return list.map((weight, index) => testCandidate(`p/m${index}`, { weight }));
}

Deno.test("Every strategy gives the same candidates in some order and changes nothing", () => {
  const states = new DeploymentStates({ now: () => 0 });
  const unit = fc.double({ min: 0, max: 0.999, noNaN: true });
  for (const [, order] of strategies) {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 40 }),
        fc.array(unit, { minLength: 1, maxLength: 5 }),
        (list, numbers) => {
          const candidates = byWeights(list);
          const before = idsOf(candidates);
          let at = 0;
          const random = () => numbers[at++ % numbers.length] ?? 0;
          const context = testStrategyContext({
            random,
            draw: random,
            stateOf: (deployment) => states.of(deployment),
          });
          const ordered = idsOf(order(candidates, context));
          assertEquals(ordered.toSorted(), before.toSorted());
          assertEquals(idsOf(candidates), before);
        },
      ),
      { numRuns: 50 },
    );
  }
});

Deno.test("weighted: shares converge to the weights, at random and at every place", () => {
  fc.assert(
    fc.property(weights, fc.integer(), (list, seed) => {
      const candidates = byWeights(list);
      const random = seeded(seed);
      const context = testStrategyContext({ draw: random });
      const total = list.reduce((sum, weight) => sum + weight, 0);
      const firsts = new Map<string, number>();
      const runs = 4_000;
      for (let run = 0; run < runs; run++) {
        const id = idsOf(strategy("weighted")(candidates, context))[0] ?? "";
        firsts.set(id, (firsts.get(id) ?? 0) + 1);
      }
      for (const { deployment, weight } of candidates) {
        const share = (firsts.get(deployment.id) ?? 0) / runs;
        assert(Math.abs(share - weight / total) < 0.05, `${share}`);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("weighted: with smooth draws shares hold in short runs", () => {
  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 0.99, noNaN: true }), (
      list,
      start,
    ) => {
      const candidates = byWeights(list);
      const draws = new SmoothDraws({ random: () => start });
      const route = {};
      const context = testStrategyContext({ draw: () => draws.next(route) });
      const total = list.reduce((sum, weight) => sum + weight, 0);
      const firsts = new Map<string, number>();
      for (let run = 1; run <= 200; run++) {
        const id = idsOf(strategy("weighted")(candidates, context))[0] ?? "";
        firsts.set(id, (firsts.get(id) ?? 0) + 1);
        for (const { deployment, weight } of candidates) {
          const due = run * weight / total;
          const got = firsts.get(deployment.id) ?? 0;
          assert(Math.abs(got - due) < 4, `${got} of ${due} after ${run}`);
        }
      }
    }),
    { numRuns: 30 },
  );
});

Deno.test("weighted: the second place is shared by weight too", () => {
  const candidates = byWeights([2, 1, 1]);
  const random = seeded(1);
  const behind = new Map<string, number>();
  for (let run = 0; run < 8_000; run++) {
    const [first, second = ""] = idsOf(
      strategy("weighted")(candidates, testStrategyContext({ draw: random })),
    );
    if (first === "p/m0") behind.set(second, (behind.get(second) ?? 0) + 1);
  }
  const share = (behind.get("p/m1") ?? 0) /
    ((behind.get("p/m1") ?? 0) + (behind.get("p/m2") ?? 0));
  assert(Math.abs(share - 0.5) < 0.03, `${share}`);
});

Deno.test("weighted: what is drained comes last", () => {
  const candidates = byWeights([0, 1, 0, 3]);
  for (let draw = 0; draw < 1; draw += 0.01) {
    const ids = idsOf(
      strategy("weighted")(
        candidates,
        testStrategyContext({ draw: () => draw }),
      ),
    );
    assertEquals(ids.slice(2), ["p/m0", "p/m2"]);
  }
  const drained = byWeights([0, 0]);
  assertEquals(
    idsOf(drawByWeight(drained, { weights: [0, 0], draw: 0.9 })),
    ["p/m0", "p/m1"],
  );
});

/** States with so many attempts under way, and so long a time to the first token. */
function statesWith(
  known: Readonly<Record<string, { flights?: number; ms?: number }>>,
): DeploymentStates {
  let time = 0;
  const states = new DeploymentStates({ now: () => time });
  for (const [id, { flights = 0, ms }] of Object.entries(known)) {
    const state = states.of(testDeployment(id));
    if (ms !== undefined) {
      time = 0;
      const flight = state.start(undefined, "whole");
      time = ms;
      flight.firstToken();
      flight.succeeded();
    }
    for (let count = 0; count < flights; count++) state.start();
  }
  return states;
}

Deno.test("least_latency: the better of two comes first, then the rest from the quickest on", () => {
  const states = statesWith({
    "p/a": { ms: 400 },
    "p/b": { ms: 100 },
    "p/c": { ms: 300 },
    "p/d": { ms: 200 },
  });
  const candidates = ["p/a", "p/b", "p/c", "p/d"].map((id) =>
    testCandidate(id)
  );
  const order = (...numbers: number[]) =>
    idsOf(
      strategy("least_latency")(
        candidates,
        testStrategyContext({
          now: 400,
          random: () => numbers.shift() ?? 0,
          stateOf: (deployment) => states.of(deployment),
        }),
      ),
    );
  // The first and the one two places on.
  assertEquals(order(0, 0.5), ["p/c", "p/b", "p/d", "p/a"]);
  assertEquals(order(0, 0), ["p/b", "p/d", "p/c", "p/a"]);
});

Deno.test("least_latency: attempts under way count, and the unknown is tried", () => {
  const states = statesWith({
    "p/a": { ms: 100, flights: 3 },
    "p/b": { ms: 300 },
  });
  const context = testStrategyContext({
    now: 300,
    stateOf: (deployment) => states.of(deployment),
  });
  const [a, b, c] = ["p/a", "p/b", "p/c"].map((id) => testCandidate(id));
  assert(a && b && c);
  assertEquals(idsOf(strategy("least_latency")([a, b], context))[0], "p/b");
  assertEquals(idsOf(strategy("least_latency")([b, c], context))[0], "p/c");
});

Deno.test("least_latency: compares streams by streams and whole answers by whole answers", () => {
  let time = 0;
  const states = new DeploymentStates({ now: () => time });
  const candidates = ["p/a", "p/b"].map((id) => testCandidate(id));
  const took = [{ streamed: 100, whole: 900 }, { streamed: 300, whole: 600 }];
  candidates.forEach(({ deployment }, i) => {
    for (const kind of ["streamed", "whole"] as const) {
      time = 0;
      const flight = states.of(deployment).start(undefined, kind);
      time = took[i]![kind];
      flight.firstToken();
      flight.succeeded();
    }
  });
  const first = (...needs: Capability[]) =>
    idsOf(
      strategy("least_latency")(
        candidates,
        testStrategyContext({
          request: { model: "m", needs },
          now: time,
          stateOf: (deployment) => states.of(deployment),
        }),
      ),
    )[0];
  assertEquals(first("streaming"), "p/a");
  assertEquals(first(), "p/b");
});

Deno.test("least_latency: sends the most to the quickest, and some to each", () => {
  const states = statesWith({
    "p/a": { ms: 100 },
    "p/b": { ms: 200 },
    "p/c": { ms: 900 },
  });
  const candidates = ["p/a", "p/b", "p/c"].map((id) => testCandidate(id));
  const firsts = new Map<string, number>();
  const context = testStrategyContext({
    now: 900,
    random: seeded(3),
    stateOf: (deployment) => states.of(deployment),
  });
  for (let run = 0; run < 300; run++) {
    const [first] = strategy("least_latency")(candidates, context);
    assert(first);
    const { id } = first.deployment;
    firsts.set(id, (firsts.get(id) ?? 0) + 1);
    // Everything stays under way.
    states.of(first.deployment).start();
  }
  const [a = 0, b = 0, c = 0] = ["p/a", "p/b", "p/c"].map((id) =>
    firsts.get(id) ?? 0
  );
  assert(a > b && b > c && c > 5, `${a} ${b} ${c}`);
});

Deno.test("least_busy: the fewest under way for each unit of weight, equals in turns", () => {
  const states = statesWith({ "p/a": { flights: 4 }, "p/b": { flights: 2 } });
  const stateOf = testStrategyContext().stateOf;
  const context = testStrategyContext({
    stateOf: (deployment) => states.of(deployment),
  });
  const light = [testCandidate("p/a"), testCandidate("p/b")];
  assertEquals(idsOf(strategy("least_busy")(light, context)), ["p/b", "p/a"]);
  const heavy = [testCandidate("p/a", { weight: 5 }), testCandidate("p/b")];
  assertEquals(idsOf(strategy("least_busy")(heavy, context)), ["p/a", "p/b"]);
  const firsts = [0, 0.4, 0.8].map((draw) =>
    idsOf(
      strategy("least_busy")(
        byWeights([1, 1, 1]),
        testStrategyContext({ stateOf, draw: () => draw }),
      ),
    )[0]
  );
  assertEquals(firsts, ["p/m0", "p/m1", "p/m2"]);
});

Deno.test("lowest_cost: by what this request will cost; unknown prices come last", () => {
  const candidates = [
    testCandidate("p/unknown"),
    testCandidate("p/talks", { prices: { input: 1, output: 20 } }),
    testCandidate("p/reads", { prices: { input: 3, output: 3 } }),
  ];
  const order = (inputTokens: number, outputTokens: number) =>
    idsOf(
      strategy("lowest_cost")(
        candidates,
        testStrategyContext({
          request: { model: "m", inputTokens, outputTokens },
        }),
      ),
    );
  assertEquals(order(10_000, 10), ["p/talks", "p/reads", "p/unknown"]);
  assertEquals(order(10, 10_000), ["p/reads", "p/talks", "p/unknown"]);
});

Deno.test("quota_aware: shares follow what is left, and what is used up comes last", () => {
  const states = new DeploymentStates({ now: () => 0 });
  const left = (id: string, remaining: number) =>
    states.of(testDeployment(id)).limited({
      requests: { limit: 100, remaining, resetAt: 1_000 },
      tokens: undefined,
    });
  left("p/a", 90);
  left("p/b", 30);
  left("p/c", 0);
  const candidates = ["p/a", "p/b", "p/c"].map((id) => testCandidate(id));
  const random = seeded(5);
  let a = 0;
  for (let run = 0; run < 4_000; run++) {
    const ids = idsOf(
      strategy("quota_aware")(
        candidates,
        testStrategyContext({
          draw: random,
          stateOf: (deployment) => states.of(deployment),
        }),
      ),
    );
    if (ids[0] === "p/a") a++;
    assertEquals(ids[2], "p/c");
  }
  assert(Math.abs(a / 4_000 - 0.75) < 0.03, `${a}`);
  const [first] = strategy("quota_aware")(
    candidates.slice(1),
    testStrategyContext({
      now: 1_000,
      draw: () => 0.99,
      stateOf: (deployment) => states.of(deployment),
    }),
  );
  assertEquals(first?.deployment.id, "p/c", "it is full again");
});

Deno.test("quota_aware: tokens must do for this request and those that began since", () => {
  const states = new DeploymentStates({ now: () => 0 });
  const state = states.of(testDeployment("p/a"));
  state.limited({
    requests: undefined,
    tokens: { limit: 1_000, remaining: 250, resetAt: 1_000 },
  });
  const candidates = [
    testCandidate("p/a"),
    testCandidate("p/b", { weight: 0.001 }),
  ];
  const first = (inputTokens: number) =>
    idsOf(
      strategy("quota_aware")(
        candidates,
        testStrategyContext({
          request: { model: "m", inputTokens },
          stateOf: (deployment) => states.of(deployment),
        }),
      ),
    )[0];
  assertEquals(first(200), "p/a");
  assertEquals(first(300), "p/b");
  state.start();
  assertEquals(first(200), "p/b");
  assertEquals(first(100), "p/a");
});
