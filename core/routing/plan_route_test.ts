import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { GatewayError } from "../errors.ts";
import type { AvailabilityView } from "./availability.ts";
import { planRefusal } from "./plan_refusal.ts";
import { planRoute, type RoutePlan } from "./plan_route.ts";
import { SmoothDraws } from "./smooth_draws.ts";
import {
  idsOf,
  seeded,
  testContext,
  testProvider,
  testTable,
} from "./_test_routing.ts";

const a = {
  provider: testProvider("a"),
  models: new Map([
    ["blind", {
      capabilities: { vision: false, tools: false },
      contextWindow: 1_000,
      tags: ["eu"],
    }],
    ["seeing", { capabilities: { vision: true }, tags: ["eu", "fast"] }],
    ["large", { contextWindow: 100_000 }],
  ]),
};
const b = { provider: testProvider("b") };

/** A view that has these out, with the time when they are back. */
function out(
  ids: Readonly<Record<string, number | undefined>>,
): AvailabilityView {
  const times = new Map(Object.entries(ids));
  return {
    isAvailable: ({ id }) => {
      if (!times.has(id)) return true;
      const retryAt = times.get(id);
      const reason = "its breaker is open";
      return retryAt === undefined ? { reason } : { reason, retryAt };
    },
  };
}

/** What is skipped, as `id: code`. */
function skips({ skipped }: RoutePlan): string[] {
  return skipped.map(({ candidate, code }) =>
    `${candidate.deployment.id}: ${code}`
  );
}

const all = testTable([{
  match: "all",
  targets: ["a/blind", "a/seeing", "a/large", "b/unknown"],
  fallbacks: ["b/last"],
}], [a, b]);

Deno.test("planRoute() sends a request nowhere where it is known not to work", () => {
  const plan = planRoute({
    model: "all",
    needs: ["vision", "tools", "streaming"],
    inputTokens: 99_990,
    outputTokens: 11,
  }, testContext(all));
  assertEquals(idsOf(plan.candidates), ["a/seeing", "b/unknown"]);
  assertEquals(plan.skipped.map(({ code, reason }) => `${code}: ${reason}`), [
    "capability: it can't do: tools, vision",
    "context_window: about 100001 tokens are more than its context window of 100000",
  ]);
  assertEquals(plan.lastResort, undefined);
  assertEquals(plan.fallbacks.error, ["b/last"]);
});

Deno.test("planRoute() lets everything through where nothing is known", () => {
  const plan = planRoute({ model: "all" }, testContext(all));
  assertEquals(idsOf(plan.candidates), [
    "a/blind",
    "a/seeing",
    "a/large",
    "b/unknown",
  ]);
  assertEquals(plan.skipped, []);
});

Deno.test("planRoute() keeps to the tags that are asked for", () => {
  const plan = planRoute(
    { model: "all", tags: ["eu", "fast"] },
    testContext(all),
  );
  assertEquals(idsOf(plan.candidates), ["a/seeing"]);
  assertEquals(plan.skipped[0]?.reason, "it has no tag: fast");
});

Deno.test("U20: what was tried is not tried again", () => {
  const tried = new Set(["a/blind", "b/unknown"]);
  const plan = planRoute({ model: "all" }, testContext(all), { tried });
  assertEquals(idsOf(plan.candidates), ["a/seeing", "a/large"]);
  assertEquals(skips(plan), ["a/blind: tried", "b/unknown: tried"]);
});

Deno.test("U19: when all are out the plan names the one that is back first, and the wait is true", () => {
  const views = [
    out({ "a/blind": 500, "a/seeing": 9_000, "a/large": 4_000 }),
    out({ "a/blind": 8_000, "b/unknown": undefined }),
  ];
  const context = testContext(all, { views, now: 1_000 });
  const plan = planRoute({ model: "all" }, context);
  assertEquals(plan.candidates, []);
  assertEquals(plan.lastResort?.candidate.deployment.id, "a/large");
  assertEquals(plan.lastResort?.retryAt, 4_000);
  const refusal = planRefusal([plan], { now: 1_000 });
  assertEquals([refusal?.status, refusal?.code], [
    503,
    "no_deployment_available",
  ]);
  assertEquals(refusal?.headers["retry-after"], "3");
});

Deno.test("U19: a probe that is due sooner than anything is back is the last resort and the wait, unless another reason stands", () => {
  const probed: AvailabilityView = {
    isAvailable: () => ({ reason: "open", retryAt: 300_000, probeAt: 30_000 }),
  };
  const cooling = out({ "a/blind": 20_000, "a/large": 60_000 });
  const plan = (model: string): RoutePlan =>
    planRoute({ model }, testContext(all, { views: [cooling, probed] }));
  const waitOf = (plan: RoutePlan): string | undefined =>
    planRefusal([plan], { now: 0 })?.headers["retry-after"];
  assertEquals(plan("all").lastResort?.candidate.deployment.id, "a/seeing");
  assertEquals(waitOf(plan("all")), "30");
  assertEquals(waitOf(plan("a/blind")), "300");
});

Deno.test("U19: what can't serve the request is no last resort", () => {
  const views = [out({ "a/seeing": 9_000, "b/unknown": undefined })];
  const plan = planRoute(
    { model: "all", needs: ["vision"], inputTokens: 200_000 },
    testContext(all, { views }),
  );
  assertEquals(plan.candidates, []);
  assertEquals(plan.lastResort?.candidate.deployment.id, "a/seeing");
});

Deno.test("planRoute() names a last resort exactly when all that could serve are out", () => {
  const ids = ["a/blind", "a/seeing", "a/large", "b/unknown"];
  fc.assert(fc.property(
    fc.subarray(ids),
    fc.subarray(ids),
    fc.integer({ min: 0, max: 200_000 }),
    (unavailable, tried, inputTokens) => {
      const times = Object.fromEntries(
        unavailable.map((id, index) => [id, 1_000 * (index + 1)]),
      );
      const plan = planRoute(
        { model: "all", inputTokens },
        testContext(all, { views: [out(times)] }),
        { tried: new Set(tried) },
      );
      const shown = [
        ...idsOf(plan.candidates),
        ...skips(plan)
          .map((skip) => skip.split(":")[0] ?? ""),
      ];
      assertEquals(shown.toSorted(), ids.toSorted());
      const isOut = plan.skipped.some(({ code }) => code === "unavailable");
      assertEquals(
        plan.lastResort !== undefined,
        plan.candidates.length === 0 && isOut,
      );
    },
  ));
});

Deno.test("planRoute() goes down the ranks, the keys of one target in turns", () => {
  const provider = testProvider("k");
  const keyed = { provider, moreKeys: [testProvider("k"), testProvider("k")] };
  const table = testTable(
    [{ match: "r", targets: ["k/m", "b/m"] }],
    [keyed, b],
  );
  const draws = new SmoothDraws({ random: () => 0 });
  const context = testContext(table, { draw: (route) => draws.next(route) });
  const firsts = new Map<string, number>();
  for (let run = 0; run < 30; run++) {
    const ids = idsOf(planRoute({ model: "r" }, context).candidates);
    assertEquals(ids[3], "b/m");
    firsts.set(ids[0] ?? "", (firsts.get(ids[0] ?? "") ?? 0) + 1);
  }
  for (const count of firsts.values()) assert(count >= 9 && count <= 11);
  assertEquals(firsts.size, 3);
});

Deno.test("planRoute() keeps a session at its home, and within the rank", () => {
  const targets = [1, 2, 3, 4].map((index) => ({ model: `a/m${index}` }));
  const table = testTable([{
    match: "r",
    strategy: "weighted",
    targets: [...targets, { model: "b/spare", priority: 1 }],
    sticky: { header: "x-session-id" },
  }], [a, b]);
  const random = seeded(4);
  const homes = new Set<string>();
  for (let session = 0; session < 20; session++) {
    const header = () => `session ${session}`;
    const firsts = new Set<string>();
    for (let turn = 0; turn < 10; turn++) {
      const { candidates } = planRoute(
        { model: "r", header },
        testContext(table, { random }),
      );
      const ids = idsOf(candidates);
      firsts.add(ids[0] ?? "");
      assertEquals(ids[4], "b/spare");
    }
    assertEquals(firsts.size, 1);
    homes.add([...firsts][0] ?? "");
  }
  assertEquals(homes.size, 4);
});

Deno.test("planRoute() puts an arm's targets in front of the route's own", () => {
  const table = testTable([{
    match: "r",
    targets: ["a/old", "a/older"],
    arms: [{ name: "new", share: 0.5, targets: ["b/new", "a/older"] }],
  }], [a, b]);
  const ids = new Map<string | undefined, string[]>();
  for (let subject = 0; subject < 40; subject++) {
    const plan = planRoute(
      { model: "r", subject: `u${subject}` },
      testContext(table),
    );
    ids.set(plan.arm, idsOf(plan.candidates));
  }
  assertEquals(ids.get(undefined), ["a/old", "a/older"]);
  assertEquals(ids.get("new"), ["b/new", "a/older", "a/old"]);
});

Deno.test("planRoute() names a place once, however many models were asked for since", () => {
  const table = testTable([{
    match: "r-*",
    targets: ["a/*", "b/*"],
    arms: [{ name: "new", share: 1, targets: ["b/*"] }],
  }], [a, b]);
  const plan = (): string[] =>
    idsOf(planRoute({ model: "r-x" }, testContext(table)).candidates);
  assertEquals(plan(), ["b/x", "a/x"]);
  // Too long to be remembered; of their deployments there are only so many.
  const long = "y".repeat(300);
  for (let no = 0; no < 10_001; no++) table.match(`a/${long}${no}`);
  assertEquals(plan(), ["b/x", "a/x"]);
});

Deno.test("planRoute() sends a shadow copy only where it can be served", () => {
  const table = testTable([
    { match: "r", targets: ["b/m"], shadow: { share: 1, target: "a/blind" } },
    { match: "s", targets: ["b/m"], shadow: { share: 0, target: "a/blind" } },
  ], [a, b]);
  const shadow = (model: string, needs: readonly ("vision")[] = []) =>
    planRoute({ model, needs }, testContext(table)).shadow?.deployment.id;
  assertEquals(shadow("r"), "a/blind");
  assertEquals(shadow("r", ["vision"]), undefined);
  assertEquals(shadow("s"), undefined);
  const views = [out({ "a/blind": 1 })];
  assertEquals(
    planRoute({ model: "r" }, testContext(table, { views })).shadow,
    undefined,
  );
});

Deno.test("planRoute() fills in the * of a pattern in candidates and fallbacks", () => {
  const table = testTable([
    { match: "gpt-*", targets: ["a/gpt-*"], fallbacks: ["b/gpt-*"] },
  ], [a, b]);
  const plan = planRoute({ model: "gpt-5" }, testContext(table));
  assertEquals(plan.candidates.map(({ model }) => model), ["gpt-5"]);
  assertEquals(plan.candidates[0]?.deployment.id, "a/gpt-5");
  assertEquals(plan.fallbacks.error, ["b/gpt-5"]);
});

Deno.test("K16: a name that no route has is model_not_found", () => {
  const error = assertThrows(
    () => planRoute({ model: "x".repeat(1_000) }, testContext(all)),
    GatewayError,
  );
  assertEquals([error.status, error.code, error.param], [
    404,
    "model_not_found",
    "model",
  ]);
  assert(error.message.length < 400);
});

Deno.test("K15: a request that is too long for all is context_length_exceeded", () => {
  const table = testTable([{ match: "r", targets: ["a/blind"] }], [a]);
  const plan = planRoute(
    { model: "r", inputTokens: 2_000 },
    testContext(table),
  );
  assertEquals(
    planRefusal([plan], { now: 0 })?.code,
    "context_length_exceeded",
  );
});

Deno.test("planRefusal() says what no deployment can do, and is silent where some can or all were tried", () => {
  const table = testTable([{ match: "r", targets: ["a/blind"] }], [a]);
  const plan = (request: { needs?: ["vision"]; tried?: Set<string> }) =>
    planRoute({ model: "r", ...request }, testContext(table));
  const refusal = planRefusal([plan({ needs: ["vision"] })], { now: 0 });
  assertEquals([refusal?.status, refusal?.code], [400, "unsupported_by_model"]);
  assertEquals(planRefusal([plan({})], { now: 0 }), undefined);
  const tried = plan({ tried: new Set(["a/blind"]) });
  assertEquals(planRefusal([tried], { now: 0 }), undefined);
});
