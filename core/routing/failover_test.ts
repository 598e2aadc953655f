import { assert, assertEquals, assertRejects } from "@std/assert";
import { AttemptLog } from "../attempt_log.ts";
import { CompositeStrategy } from "../composite_strategy.ts";
import { GatewayError, UpstreamError } from "../errors.ts";
import { RetryBudget } from "../retry_budget.ts";
import { SlowFirstByteStrategy } from "../slow_first_byte_strategy.ts";
import { Breakers } from "./breakers.ts";
import { Bulkheads } from "./bulkheads.ts";
import type { Capability } from "./capability.ts";
import { Cooldowns } from "./cooldowns.ts";
import type { DeploymentSettings } from "./deployment.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { Failover, type FailoverOptions } from "./failover.ts";
import { Hedges } from "./hedges.ts";
import type { RoutePlan } from "./plan_route.ts";
import type { RouteDefinition } from "./route_definition.ts";
import type { RoutedAttempt } from "./routed_attempt.ts";
import { testProvider, testTable } from "./_test_routing.ts";

const NEVER = new AbortController().signal;

/** A failover over providers `a`, `b`, `c`, and what it stands on. */
function setUp(
  routes: readonly RouteDefinition[],
  { settings, ...options }: Partial<FailoverOptions> & {
    readonly settings?: DeploymentSettings;
  } = {},
) {
  const parts = {
    table: testTable(
      routes,
      ["a", "b", "c"].map((name) => ({
        provider: testProvider(name),
        ...(settings && { settings }),
      })),
    ),
    states: new DeploymentStates(),
    breakers: new Breakers({ recoveryTimeout: 60_000 }),
    cooldowns: new Cooldowns(),
    bulkheads: new Bulkheads({ maxQueue: 1, maxWaitMs: 40 }),
    budget: new RetryBudget(),
    hedges: new Hedges(),
    ...options,
  };
  return { ...parts, failover: new Failover(parts) };
}

/** Runs one request by scripts: what each deployment does, in the order of its attempts. */
async function run(
  failover: Failover,
  scripts: Readonly<
    Record<string, (attempt: RoutedAttempt) => Promise<void> | void>
  >,
  { model = "m", signal = NEVER }: {
    readonly model?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<{ log: string[]; error: unknown }> {
  const log = new AttemptLog();
  const error = await failover.run({
    request: { model },
    signal,
    log,
    work: async (attempt) => {
      await scripts[attempt.candidate.deployment.id]?.(attempt);
    },
  }).then(() => undefined, (error) => error);
  return {
    log: log.records.map(({ deployment, reason }) => `${deployment} ${reason}`),
    error,
  };
}

const ok = (attempt: RoutedAttempt): void => attempt.commit();

function fails(
  kind: UpstreamError["kind"] = "upstream",
  options: { code?: string; headers?: Record<string, string> } = {},
): () => never {
  return () => {
    throw new UpstreamError(kind, "It failed", { code: kind, ...options });
  };
}

Deno.test("Failover goes on to the next target, then to fallbacks, at once", async () => {
  const { failover } = setUp([
    { match: "m", targets: ["a/x", "b/x"], fallbacks: ["n"] },
    { match: "n", targets: ["c/y"] },
  ]);
  const { log, error } = await run(failover, {
    "a/x": fails(),
    "b/x": fails("overloaded"),
    "c/y": ok,
  });
  assertEquals(log, ["a/x upstream", "b/x overloaded", "c/y ok"]);
  assertEquals(error, undefined);
});

Deno.test("U20: a request has three attempts in all, each deployment one, whatever the graph", async () => {
  const { failover } = setUp([
    { match: "m", targets: ["a/x", "b/x"], fallbacks: ["n", "o"] },
    { match: "n", targets: ["a/x", "a/y"] },
    { match: "o", targets: ["c/x"] },
  ]);
  const scripts = { "a/x": fails(), "b/x": fails(), "a/y": fails() };
  const { log, error } = await run(failover, scripts);
  assertEquals(log, ["a/x upstream", "b/x upstream", "a/y upstream"]);
  assert(error instanceof UpstreamError);
});

Deno.test("U20: what was thrown before the network is not tried elsewhere", async () => {
  const { failover } = setUp([{ match: "m", targets: ["a/x", "b/x"] }]);
  const { log, error } = await run(failover, {
    "a/x": () => {
      throw new GatewayError("invalid_request", "No", { code: "unsupported" });
    },
  });
  assertEquals(log, ["a/x unsupported"]);
  assertEquals((error as GatewayError).code, "unsupported");
});

Deno.test("K11: nothing follows once the answer has begun", async () => {
  const { failover } = setUp([{ match: "m", targets: ["a/x", "b/x"] }]);
  const { log, error } = await run(failover, {
    "a/x": (attempt) => {
      attempt.commit();
      fails()();
    },
  });
  assertEquals(log, ["a/x upstream"]);
  assert(error instanceof UpstreamError);
});

Deno.test("K5: the only deployment is asked again after Retry-After", async () => {
  const { failover } = setUp([{ match: "m", targets: ["a/x"] }], {
    settings: { retryDelayMs: 0 },
  });
  let calls = 0;
  const begun = performance.now();
  const { log } = await run(failover, {
    "a/x": (attempt) => {
      if (++calls > 1) return attempt.commit();
      fails("overloaded", { headers: { "retry-after-ms": "60" } })();
    },
  });
  assertEquals(log, ["a/x overloaded", "a/x ok"]);
  assert(performance.now() - begun >= 58);
});

Deno.test("A deployment that allows no retries is not asked again", async () => {
  const { failover } = setUp([{ match: "m", targets: ["a/x"] }], {
    settings: { maxRetries: 0 },
  });
  assertEquals((await run(failover, { "a/x": fails() })).log, ["a/x upstream"]);
});

Deno.test("C3: a caller who leaves during the wait is not served any more", async () => {
  const { failover, budget } = setUp([{ match: "m", targets: ["a/x"] }]);
  const caller = new AbortController();
  const reason = new GatewayError("client_closed", "Left", { code: "left" });
  const running = run(failover, {
    "a/x": fails("overloaded", { headers: { "retry-after": "5" } }),
  }, { signal: caller.signal });
  setTimeout(() => caller.abort(reason), 20);
  const { log, error } = await running;
  assertEquals(log, ["a/x overloaded"]);
  assertEquals(error, reason);
  assertEquals(budget.left, 3);
});

Deno.test("A request that is too long goes where longer ones go, one that is refused where others are judged", async () => {
  const routes: RouteDefinition[] = [
    {
      match: "m",
      targets: ["a/x", "b/x"],
      contextWindowFallbacks: ["long"],
      contentPolicyFallbacks: ["free"],
    },
    { match: "long", targets: ["c/long"] },
    { match: "free", targets: ["c/free"] },
  ];
  const { failover } = setUp(routes);
  const long = fails("invalid_request", { code: "context_length_exceeded" });
  const policy = fails("invalid_request", { code: "content_filter" });
  const scripts = { "c/long": ok, "c/free": ok };
  assertEquals((await run(failover, { "a/x": long, ...scripts })).log, [
    "a/x context_length_exceeded",
    "c/long ok",
  ]);
  assertEquals((await run(failover, { "a/x": policy, ...scripts })).log, [
    "a/x content_filter",
    "c/free ok",
  ]);
});

Deno.test("U17: what asked to be left alone is, and the client hears for how long", async () => {
  const { failover } = setUp([{ match: "m", targets: ["a/x"] }]);
  const limited = fails("rate_limit", { headers: { "retry-after": "30" } });
  assertEquals((await run(failover, { "a/x": limited })).log, [
    "a/x rate_limit",
  ]);
  const { log, error } = await run(failover, { "a/x": ok });
  assertEquals(log, []);
  assert(error instanceof GatewayError);
  assertEquals([error.status, error.code], [503, "no_deployment_available"]);
  const seconds = Number(error.headers["retry-after"]);
  assert(seconds >= 29 && seconds <= 31, String(seconds));
  // Another model of the same provider is not concerned.
  assertEquals((await run(failover, { "a/y": ok }, { model: "a/y" })).log, [
    "a/y ok",
  ]);
});

Deno.test("U18: a refused key is passed over while there is another, and the true class is told where not", async () => {
  const { failover } = setUp([
    { match: "m", targets: ["a/x", "b/x"] },
  ]);
  const refused = fails("authentication", { code: "invalid_api_key" });
  const scripts = { "a/x": refused, "b/x": ok, "a/y": refused };
  assertEquals((await run(failover, scripts)).log, [
    "a/x invalid_api_key",
    "b/x ok",
  ]);
  assertEquals((await run(failover, scripts)).log, ["b/x ok"]);
  const alone = await run(failover, scripts, { model: "a/y" });
  assertEquals(alone.log, ["a/y invalid_api_key"]);
  assertEquals((alone.error as GatewayError).code, "invalid_api_key");
});

Deno.test("U19: while all breakers are open requests are refused at once, and a probe heals", async () => {
  let time = 0;
  const now = (): number => time;
  const { failover, breakers } = setUp([{ match: "m", targets: ["a/x"] }], {
    breakers: new Breakers({
      now,
      recoveryTimeout: 60_000,
      lastResortInterval: 5_000,
      jitter: 0,
    }),
    states: new DeploymentStates({ now }),
    now,
    settings: { maxRetries: 0 },
  });
  for (let i = 0; i < 5; i++) await run(failover, { "a/x": fails() });
  const refused = await run(failover, { "a/x": ok });
  assertEquals(refused.log, []);
  // Not when the open time ends, but when a probe may go.
  assertEquals(
    (refused.error as GatewayError).headers["retry-after"],
    "5",
  );
  time = 5_000;
  assertEquals((await run(failover, { "a/x": ok })).log, ["a/x ok"]);
  assertEquals([...breakers.entries()].map(([, { state }]) => state), [
    "closed",
  ]);
});

Deno.test("L3: of two deployments the one with a free slot is taken, else one waits for a moment", async () => {
  const { failover, bulkheads, table } = setUp([
    { match: "m", targets: ["a/x", "b/x"] },
  ], { settings: { maxConcurrency: 1 } });
  const release = Promise.withResolvers<void>();
  const slow = async (attempt: RoutedAttempt): Promise<void> => {
    attempt.commit();
    await release.promise;
  };
  const scripts = { "a/x": slow, "b/x": slow };
  const [one, two] = [run(failover, scripts), run(failover, scripts)];
  const late = await run(failover, scripts);
  assertEquals(late.log, []);
  assertEquals((late.error as GatewayError).status, 503);
  release.resolve();
  assertEquals([(await one).log, (await two).log], [["a/x ok"], ["b/x ok"]]);
  for (const deployment of table.deployments) {
    assertEquals(bulkheads.of(deployment)?.inFlight ?? 0, 0);
  }
});

Deno.test("U16: a spent budget lets no extra attempt through", async () => {
  const { failover } = setUp([{ match: "m", targets: ["a/x", "b/x"] }], {
    budget: new RetryBudget({ floor: 1, ratio: 0 }),
  });
  const scripts = { "a/x": fails(), "b/x": fails() };
  assertEquals((await run(failover, scripts)).log.length, 2);
  assertEquals((await run(failover, scripts)).log.length, 1);
});

Deno.test("U20, U3: a request may take as long as two attempts in full, and a third what is left of that", async () => {
  let time = 0;
  const now = (): number => time;
  const { failover } = setUp([{ match: "m", targets: ["a/x", "b/x", "c/x"] }], {
    states: new DeploymentStates({ now }),
    now,
  });
  const totals: number[] = [];
  const takes = (ms: number) => (attempt: RoutedAttempt): void => {
    totals.push(attempt.limits.total);
    time += ms;
    fails("timeout")();
  };
  const { log } = await run(failover, {
    "a/x": takes(600_000),
    "b/x": takes(500_000),
    "c/x": takes(0),
  });
  assertEquals(log.length, 3);
  assertEquals(totals, [600_000, 600_000, 100_000]);
});

Deno.test("A model that nobody has is model_not_found", async () => {
  const { failover } = setUp([{ match: "m", targets: ["a/x"] }]);
  await assertRejects(
    () =>
      failover.run({
        request: { model: "d/x" },
        signal: NEVER,
        log: new AttemptLog(),
        work: () => Promise.resolve(),
      }),
    GatewayError,
    "does not exist",
  );
});

Deno.test("U19: the only deployment is given up when it hangs, not for poor answers; of two each is for both", async () => {
  const states = async (targets: string[], error: () => never) => {
    const { failover, breakers } = setUp([{ match: "m", targets }], {
      settings: { maxRetries: 0 },
    });
    const work = (attempt: RoutedAttempt): void => {
      attempt.answered(200, {});
      error();
    };
    for (let i = 0; i < 5; i++) {
      await run(failover, { "a/x": work, "b/x": ok });
    }
    return [...breakers.entries()].map(([id, { state }]) => `${id} ${state}`);
  };
  const [poor, hangs] = [fails("upstream"), fails("timeout")];
  assertEquals(await states(["a/x"], poor), ["a/x closed"]);
  assertEquals(await states(["a/x"], hangs), ["a/x open"]);
  for (const error of [poor, hangs]) {
    const told = await states(["a/x", "b/x"], error);
    assertEquals(told, ["a/x open", "b/x closed"]);
  }
});

Deno.test("U18: what our own bounds refuse lowers no adaptive limit and cools nothing", async () => {
  const settings = { adaptive: true, maxRetries: 0 };
  for (
    const [code, asked] of [["upstream_pool_exhausted", 5], [
      "overloaded_error",
      1,
    ]] as const
  ) {
    const parts = setUp([{ match: "m", targets: ["a/x"] }], { settings });
    const { failover, bulkheads, table } = parts;
    const work = fails("overloaded", { code, headers: { "retry-after": "1" } });
    const logs: string[] = [];
    for (let i = 0; i < 5; i++) {
      logs.push(...(await run(failover, { "a/x": work })).log);
    }
    assertEquals(logs.length, asked, code);
    const [candidate] = table.candidates(table.match("m")!.route.targets, "");
    const { limit } = bulkheads.of(candidate!.deployment)!;
    assertEquals(limit < 8, asked === 1, `${code}: ${limit}`);
  }
});

Deno.test("L3: a request waits for a moment in all, in the shortest queue, however many deployments and fallbacks there are", async () => {
  const { failover, bulkheads, table } = setUp([
    { match: "m", targets: ["a/x", "b/x", "c/x"], fallbacks: ["n"] },
    { match: "n", targets: ["a/y", "b/y", "c/y"] },
  ], {
    settings: { maxConcurrency: 1 },
    bulkheads: new Bulkheads({ maxQueue: 2, maxWaitMs: 100 }),
  });
  const limits = ["m", "n"].flatMap((name) =>
    table.match(name)!.route.targets.map(({ deployment }) =>
      bulkheads.of(deployment)!
    )
  );
  const slots = limits.map((limit) => limit.tryAcquire());
  // By the ticks of a clock that looks every 20 ms, once the machine is not busy.
  let least = Infinity;
  for (let tries = 0; least >= 190 && tries < 10; tries++) {
    const log = new AttemptLog();
    const error = await failover.run({
      request: { model: "m" },
      signal: NEVER,
      log,
      work: () => Promise.resolve(),
    }).catch((error) => error);
    assertEquals(error.code, "deployment_busy");
    least = Math.min(least, log.queuedMs);
  }
  assert(least >= 100 && least < 190, `${least} ms`);

  const waiting = new AbortController();
  const crowd = [1, 2].map(() =>
    limits[0]?.acquire(waiting.signal).catch(() => {})
  );
  const served = run(failover, { "b/x": (it) => it.commit() });
  await Promise.resolve();
  assertEquals(limits.map(({ queued }) => queued), [2, 1, 0, 0, 0, 0]);
  slots[1]?.release();
  assertEquals((await served).log, ["b/x ok"]);
  waiting.abort();
  await Promise.all(crowd);
  for (const slot of slots) slot?.release();
  assertEquals(limits.map(({ inFlight }) => inFlight), Array(6).fill(0));
});

Deno.test("U16: a request that is refused before its first attempt pays for no retry", async () => {
  const budget = new RetryBudget({ floor: 0, ratio: 0.5 });
  const { failover, bulkheads, table } = setUp([
    { match: "m", targets: ["a/x"] },
  ], {
    settings: { maxConcurrency: 1 },
    bulkheads: new Bulkheads({ maxQueue: 0 }),
    budget,
  });
  const { deployment } = table.match("m")!.route.targets[0]!;
  const slot = bulkheads.of(deployment)?.tryAcquire();
  for (let i = 0; i < 10; i++) await run(failover, {});
  assertEquals(budget.left, 0);
  slot?.release();
  for (let i = 0; i < 10; i++) {
    await run(failover, { "a/x": (it) => it.commit() });
  }
  assertEquals(budget.left, 5);
});

Deno.test("U18: whole answers that take long are no slow first bytes, those of streams are", async () => {
  let time = 0;
  const strategy = (): CompositeStrategy =>
    new CompositeStrategy([
      new SlowFirstByteStrategy({ minimum: 2, slowerThan: 1_000 }),
    ]);
  const now = (): number => time;
  const { failover, breakers, states, table } = setUp([
    { match: "m", targets: ["a/x"] },
  ], {
    breakers: new Breakers({ strategy, now }),
    states: new DeploymentStates({ now }),
    now,
  });
  const { deployment } = table.match("m")!.route.targets[0]!;
  const ask = (needs: readonly Capability[]): Promise<RoutePlan> =>
    failover.run({
      request: { model: "m", needs },
      signal: NEVER,
      log: new AttemptLog(),
      work: (attempt) => {
        time += 3_000;
        attempt.commit();
        return Promise.resolve();
      },
    });
  for (let i = 0; i < 4; i++) await ask([]);
  const state = states.peek(deployment)!;
  assertEquals(breakers.stateOf(deployment), "closed");
  assertEquals([state.whole.samples, state.streamed.samples], [4, 0]);
  for (let i = 0; i < 2; i++) await ask(["streaming"]);
  assertEquals(breakers.stateOf(deployment), "open");
  assertEquals(state.streamed.samples, 2);
});
