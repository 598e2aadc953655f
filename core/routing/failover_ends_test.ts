// Whatever a request takes is given back, however it ends, and its time is bounded.
import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { AttemptLog } from "../attempt_log.ts";
import { type ErrorKind, GatewayError, UpstreamError } from "../errors.ts";
import { parseLimits } from "../rate_limit.ts";
import { RetryBudget } from "../retry_budget.ts";
import { wait } from "../wait.ts";
import { Breakers } from "./breakers.ts";
import { Bulkheads } from "./bulkheads.ts";
import { Cooldowns } from "./cooldowns.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { Failover, type FailoverOptions } from "./failover.ts";
import { HedgePolicy } from "./hedge_policy.ts";
import { Hedges } from "./hedges.ts";
import { ProviderLimits } from "./provider_limits.ts";
import type { RoutedAttempt } from "./routed_attempt.ts";
import type { RouteRequest } from "./route_request.ts";
import type { RouteTable } from "./route_table.ts";
import { testProvider, testTable } from "./_test_routing.ts";

const NEVER = new AbortController().signal;

function setUp(table: RouteTable, options: Partial<FailoverOptions> = {}) {
  const parts = {
    table,
    states: new DeploymentStates(),
    breakers: new Breakers(),
    cooldowns: new Cooldowns(),
    bulkheads: new Bulkheads(),
    budget: new RetryBudget(),
    hedges: new Hedges(),
    ...options,
  };
  return { ...parts, failover: new Failover(parts) };
}

type Work = (attempt: RoutedAttempt) => Promise<void> | void;

async function run(
  failover: Failover,
  work: Work,
  { signal = NEVER, ...request }: Partial<RouteRequest> & {
    readonly signal?: AbortSignal;
  } = {},
): Promise<{ log: string[]; error: unknown }> {
  const log = new AttemptLog();
  const error = await failover.run({
    request: { model: "m", ...request },
    signal,
    log,
    work: async (attempt) => await work(attempt),
  }).then(() => undefined, (error) => error);
  return {
    log: log.records.map(({ deployment, reason }) => `${deployment} ${reason}`),
    error,
  };
}

function fault(kind: ErrorKind = "upstream"): UpstreamError {
  return new UpstreamError(kind, "It failed", { code: kind });
}

/** A provider whose attempts may take so long. */
function hasty(name: string, total: number) {
  const provider = testProvider(name);
  return { ...provider, limits: { ...provider.limits, total } };
}

Deno.test("L9: a request whose size is no number leaves neither slot nor probe taken", async () => {
  const table = testTable([{ match: "m", targets: ["a/x"] }], [
    { provider: testProvider("a"), settings: { maxConcurrency: 1 } },
  ]);
  const { failover, states, bulkheads } = setUp(table, {
    limits: new ProviderLimits(new Map([["a", parseLimits("9 tokens/day")]])),
  });
  const { error } = await run(failover, () => {}, { inputTokens: NaN });
  assert(error instanceof RangeError);
  const [deployment] = table.deployments.filter(({ model }) => model === "x");
  assert(deployment);
  assertEquals(bulkheads.of(deployment)?.inFlight, 0);
  assertEquals(states.of(deployment).inFlight, 0);
});

Deno.test("A second attempt that can't be made takes nothing of the hedges' share, nor of the retry budget", async () => {
  const hedge = { minSamples: 1, minDelayMs: 10, maxShare: 1, burst: 3 };
  const table = testTable([{ match: "m", targets: ["a/x", "b/x"], hedge }], [
    { provider: testProvider("a") },
    { provider: testProvider("b"), settings: { maxConcurrency: 1 } },
  ]);
  const { failover, states, bulkheads, budget, hedges } = setUp(table);
  for (const deployment of table.deployments) {
    states.of(deployment).start().firstToken();
  }
  const { route } = table.match("m")!;
  const taken = route.targets[1]!.deployment;
  const slot = bulkheads.of(taken)?.tryAcquire();
  const before = budget.left;
  const { log } = await run(failover, async (attempt) => {
    await wait(60, attempt.signal);
    attempt.commit();
  });
  assertEquals(log, ["a/x ok"]);
  const policy = hedges.of(route);
  assert(policy instanceof HedgePolicy);
  assertEquals([policy.left, budget.left], [1, before]);
  slot?.release();
});

Deno.test("U19: a last resort that has no room is passed over for the next", async () => {
  let time = 0;
  const now = (): number => time;
  const table = testTable([{ match: "m", targets: ["a/x", "b/x"] }], [
    { provider: testProvider("a") },
    { provider: testProvider("b") },
  ]);
  const { failover, breakers } = setUp(table, {
    now,
    states: new DeploymentStates({ now }),
    breakers: new Breakers({
      now,
      recoveryTimeout: 60_000,
      lastResortInterval: 1_000,
      jitter: 0,
    }),
    limits: new ProviderLimits(
      new Map([["a", parseLimits("100 tokens/day")]]),
      { now },
    ),
  });
  for (const { deployment } of table.match("m")!.route.targets) {
    const breaker = breakers.of(deployment);
    for (let i = 0; i < 5; i++) breaker?.tryAcquire()?.failure("fault");
  }
  time = 5_000;
  const { log } = await run(failover, (attempt) => attempt.commit(), {
    inputTokens: 1_000,
  });
  assertEquals(log, ["b/x ok"]);
});

Deno.test("U20: nobody waits for a slot beyond the time of the request", async () => {
  const table = testTable([{ match: "m", targets: ["a/x"] }], [
    {
      provider: hasty("a", 40),
      settings: { maxConcurrency: 1, maxWaitMs: 60_000 },
    },
  ]);
  const { failover, bulkheads } = setUp(table);
  const { deployment } = table.match("m")!.route.targets[0]!;
  const slot = bulkheads.of(deployment)?.tryAcquire();
  const begin = performance.now();
  const { log, error } = await run(failover, (attempt) => attempt.commit());
  assertLess(performance.now() - begin, 10_000);
  assertEquals(log, []);
  assertEquals((error as GatewayError).code, "deployment_busy");
  slot?.release();
  assertEquals((await run(failover, (it) => it.commit())).log, ["a/x ok"]);
});

Deno.test("U20: no attempt begins when the time of the request is over", async () => {
  const table = testTable([{ match: "m", targets: ["a/x", "b/x"] }], [
    { provider: hasty("a", 20) },
    {
      provider: hasty("b", 20),
      settings: { maxConcurrency: 1, maxWaitMs: 60_000 },
    },
  ]);
  const { failover, bulkheads } = setUp(table);
  const { deployment } = table.match("m")!.route.targets[1]!;
  const slot = bulkheads.of(deployment)?.tryAcquire();
  const { log, error } = await run(failover, () => {
    throw fault();
  });
  assertEquals(log, ["a/x upstream"]);
  assertEquals((error as GatewayError).code, "upstream");
  slot?.release();
});

Deno.test("A provider may have worked for a caller who left: what was set aside for that counts", async () => {
  const table = testTable([{ match: "m", targets: ["a/x"] }], [
    { provider: testProvider("a"), settings: { maxRetries: 0 } },
  ]);
  const limits = new ProviderLimits(
    new Map([["a", parseLimits("100 tokens/day")]]),
  );
  const { failover } = setUp(table, { limits });
  const caller = new AbortController();
  await run(failover, async (attempt) => {
    caller.abort(new GatewayError("client_closed", "Gone", { code: "gone" }));
    await wait(1_000, attempt.signal);
  }, { signal: caller.signal, inputTokens: 60 });
  const asked = { inputTokens: 60 };
  assertEquals((await run(failover, (it) => it.commit(), asked)).log, []);
});

/** What becomes of an attempt. */
const ENDS = [
  "answers",
  "answers and breaks off",
  "is handed on",
  "fails",
  "is overloaded",
  "is refused",
  "is the caller's fault",
  "throws",
  "hangs",
] as const;

async function end(
  how: (typeof ENDS)[number],
  attempt: RoutedAttempt,
): Promise<void> {
  await wait(1, attempt.signal);
  if (how === "answers") return attempt.commit();
  if (how === "answers and breaks off" || how === "is handed on") {
    attempt.commit();
    if (how === "is handed on") attempt.handOn();
    throw fault();
  }
  if (how === "is overloaded") throw fault("overloaded");
  if (how === "is refused") throw fault("authentication");
  if (how === "is the caller's fault") throw fault("invalid_request");
  if (how === "throws") throw new TypeError("Unforeseen");
  if (how === "hangs") await wait(10, attempt.signal);
  throw fault(how === "hangs" ? "timeout" : "upstream");
}

Deno.test("L9: over random histories every slot, probe, count and lease is given back", async () => {
  const targets = fc.uniqueArray(
    fc.constantFrom("a/x", "a/y", "b/x", "c/x"),
    { minLength: 1 },
  );
  const request = fc.record({
    ends: fc.array(fc.constantFrom(...ENDS), { minLength: 3, maxLength: 3 }),
    leavesAfter: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    tokens: fc.integer({ min: 0, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(
      targets,
      fc.array(request, { minLength: 1, maxLength: 24 }),
      fc.boolean(),
      async (targets, requests, hedges) => {
        const hedge = { minSamples: 0, minDelayMs: 2, maxShare: 1 };
        const table = testTable(
          [{ match: "m", targets, ...(hedges && { hedge }) }],
          ["a", "b", "c"].map((name) => ({
            provider: hasty(name, 50),
            settings: {
              maxConcurrency: 2,
              adaptive: name === "b",
              maxQueue: 3,
              maxWaitMs: 5,
              maxRetries: 1,
              retryDelayMs: 1,
            },
          })),
        );
        const limits = new ProviderLimits(
          new Map([["a", parseLimits(["4 concurrent", "500 tokens/hour"])]]),
        );
        const { failover, states, breakers, bulkheads } = setUp(table, {
          limits,
          breakers: new Breakers({
            recoveryTimeout: 3,
            lastResortInterval: 2,
            failureThreshold: 2,
          }),
          budget: new RetryBudget({ ratio: 1, floor: 9 }),
        });
        await Promise.all(
          requests.map(async ({ ends, leavesAfter, tokens }) => {
            const caller = new AbortController();
            const leaving = leavesAfter === undefined ? undefined : setTimeout(
              () =>
                caller.abort(
                  new GatewayError("client_closed", "Gone", { code: "gone" }),
                ),
              leavesAfter,
            );
            let attempts = 0;
            await run(
              failover,
              (attempt) => end(ends[attempts++] ?? "fails", attempt),
              { signal: caller.signal, inputTokens: tokens },
            );
            clearTimeout(leaving);
            assert(attempts <= 3, `${attempts} attempts`);
          }),
        );
        for (const deployment of table.deployments) {
          const limit = bulkheads.of(deployment);
          assertEquals([
            states.of(deployment).inFlight,
            limit?.inFlight,
            limit?.queued,
            breakers.of(deployment)?.probes,
          ], [0, 0, 0, 0]);
        }
        // All slots of the account, which has four, are free again.
        const [deployment] = table.deployments;
        assert(deployment);
        const taken = [1, 2, 3, 4].map(() => limits.take(deployment, {}));
        assert(!taken.includes("full"));
        for (const lease of taken) if (lease !== "full") lease?.release();
      },
    ),
    { numRuns: 60 },
  );
});
