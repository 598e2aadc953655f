import { assert, assertEquals } from "@std/assert";
import { AttemptLog } from "../attempt_log.ts";
import { GatewayError, UpstreamError } from "../errors.ts";
import { RetryBudget } from "../retry_budget.ts";
import { wait } from "../wait.ts";
import { Breakers } from "./breakers.ts";
import { Bulkheads } from "./bulkheads.ts";
import { Cooldowns } from "./cooldowns.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { Failover } from "./failover.ts";
import { Hedges } from "./hedges.ts";
import type { RoutedAttempt } from "./routed_attempt.ts";
import { testProvider, testTable } from "./_test_routing.ts";

type Script = (attempt: RoutedAttempt) => Promise<void>;

/** A route that hedges after 20 ms, its first target known to be quicker. */
function setUp() {
  const table = testTable([{
    match: "m",
    targets: ["a/x", "b/x"],
    hedge: { minSamples: 1, minDelayMs: 20, maxShare: 1, burst: 5 },
  }], [{ provider: testProvider("a") }, { provider: testProvider("b") }]);
  const states = new DeploymentStates();
  for (const { deployment } of table.match("m")?.route.targets ?? []) {
    const flight = states.of(deployment).start(undefined, "whole");
    flight.firstToken();
    flight.succeeded();
  }
  const failover = new Failover({
    table,
    states,
    breakers: new Breakers(),
    cooldowns: new Cooldowns(),
    bulkheads: new Bulkheads(),
    budget: new RetryBudget(),
    hedges: new Hedges(),
  });
  return {
    states,
    table,
    run: async (scripts: Record<string, Script>, signal?: AbortSignal) => {
      const log = new AttemptLog();
      const error = await failover.run({
        request: { model: "m" },
        signal: signal ?? new AbortController().signal,
        log,
        work: async (it) => await scripts[it.candidate.deployment.id]?.(it),
      }).then(() => undefined, (error) => error);
      const records = log.records.map(({ deployment, reason }) =>
        `${deployment} ${reason}`
      );
      return { records, error };
    },
  };
}

const after = (ms: number): Script => async (attempt) => {
  await wait(ms, attempt.signal);
  attempt.commit();
};
const failsAfter = (ms: number): Script => async (attempt) => {
  await wait(ms, attempt.signal);
  throw new UpstreamError("upstream", "It failed", { code: "upstream_reset" });
};

Deno.test("A quick answer is not hedged", async () => {
  const { run } = setUp();
  const { records } = await run({ "a/x": after(1) });
  assertEquals(records, ["a/x ok"]);
});

Deno.test("A silent first attempt loses to the second, and is cancelled", async () => {
  const { run, states, table } = setUp();
  const { records, error } = await run({
    "a/x": after(5_000),
    "b/x": after(5),
  });
  assertEquals(records, ["a/x hedge_lost", "b/x ok"]);
  assertEquals(error, undefined);
  for (const { deployment } of table.match("m")?.route.targets ?? []) {
    assertEquals(states.of(deployment).inFlight, 0);
    assertEquals(states.of(deployment).failures, 0);
  }
});

Deno.test("The first attempt may still win", async () => {
  const { run } = setUp();
  const { records, error } = await run({
    "a/x": after(50),
    "b/x": after(5_000),
  });
  assertEquals(records, ["a/x ok", "b/x hedge_lost"]);
  assertEquals(error, undefined);
});

Deno.test("Where one fails the other's answer counts", async () => {
  for (const [one, other] of [[failsAfter(40), after(60)]] as const) {
    const { run } = setUp();
    const { records, error } = await run({ "a/x": one, "b/x": other });
    assertEquals(records, ["a/x upstream_reset", "b/x ok"]);
    assertEquals(error, undefined);
  }
  const { run } = setUp();
  const { records, error } = await run({
    "a/x": after(80),
    "b/x": failsAfter(5),
  });
  assertEquals(records, ["a/x ok", "b/x upstream_reset"]);
  assertEquals(error, undefined);
});

Deno.test("Where both fail the request has failed", async () => {
  const { run } = setUp();
  const { records, error } = await run({
    "a/x": failsAfter(40),
    "b/x": failsAfter(30),
  });
  assertEquals(records, [
    "a/x upstream_reset",
    "b/x upstream_reset",
    "a/x upstream_reset",
  ]);
  assert(error instanceof UpstreamError);
});

Deno.test("C3: a caller who leaves ends both", async () => {
  const { run } = setUp();
  const caller = new AbortController();
  const left = new GatewayError("client_closed", "Left", { code: "left" });
  setTimeout(() => caller.abort(left), 40);
  const { records, error } = await run({
    "a/x": after(5_000),
    "b/x": after(5_000),
  }, caller.signal);
  assertEquals(records, ["a/x left", "b/x left"]);
  assertEquals(error, left);
});
