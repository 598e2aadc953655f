import { assert, assertEquals } from "@std/assert";
import { AttemptLog } from "../attempt_log.ts";
import { GatewayError, UpstreamError } from "../errors.ts";
import { RetryBudget } from "../retry_budget.ts";
import { Breakers } from "./breakers.ts";
import { Bulkheads } from "./bulkheads.ts";
import { Cooldowns } from "./cooldowns.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { Failover } from "./failover.ts";
import { Hedges } from "./hedges.ts";
import type { RoutedAttempt } from "./routed_attempt.ts";
import { testProvider, testTable } from "./_test_routing.ts";

type Script = (attempt: RoutedAttempt) => void;

/** Runs a request for `m`, which leads to a, b and c, by what each does. */
async function run(
  scripts: Readonly<Record<string, Script>>,
  { budget = new RetryBudget(), controller = new AbortController() } = {},
): Promise<{ log: string[]; error: unknown; budget: RetryBudget }> {
  const targets = ["a/x", "b/x", "c/x", "d/x"];
  const failover = new Failover({
    table: testTable(
      [{ match: "m", targets }],
      ["a", "b", "c", "d"].map((name) => ({ provider: testProvider(name) })),
    ),
    states: new DeploymentStates(),
    breakers: new Breakers(),
    cooldowns: new Cooldowns(),
    bulkheads: new Bulkheads(),
    budget,
    hedges: new Hedges(),
  });
  const log = new AttemptLog();
  const error = await failover.run({
    request: { model: "m" },
    signal: controller.signal,
    log,
    work: (attempt) => {
      scripts[attempt.candidate.provider.name]?.(attempt);
      return Promise.resolve();
    },
  }).then(() => undefined, (error) => error);
  const reasons = log.records.map(({ deployment, reason }) =>
    `${deployment} ${reason}`
  );
  return { log: reasons, error, budget };
}

function fault(code: string): UpstreamError {
  return new UpstreamError("upstream", "It broke", { code });
}

/** Begins the caller's answer and breaks off. */
function breaks(code: string, { handsOn = true } = {}): Script {
  return (attempt) => {
    attempt.commit();
    if (handsOn) attempt.handOn();
    throw fault(code);
  };
}

function fails(code: string): Script {
  return () => {
    throw fault(code);
  };
}

const ok: Script = (attempt) => attempt.commit();

Deno.test("Failover goes on elsewhere after an answer that was handed on, and gives back what that took", async () => {
  const { log, error, budget } = await run({ a: breaks("cut"), b: ok });
  assertEquals(log, ["a/x cut", "b/x ok"]);
  assertEquals([error, budget.left], [undefined, 3]);
});

Deno.test("U21: nothing follows an answer that was not handed on", async () => {
  const { log, error } = await run({
    a: breaks("cut", { handsOn: false }),
    b: ok,
  });
  assertEquals(log, ["a/x cut"]);
  assertEquals((error as GatewayError).code, "cut");
});

Deno.test("U20: three attempts are the most for an answer that is handed on again and again", async () => {
  const { log, error } = await run({
    a: breaks("cut-1"),
    b: breaks("cut-2"),
    c: breaks("cut-3"),
    d: ok,
  });
  assertEquals(log, ["a/x cut-1", "b/x cut-2", "c/x cut-3"]);
  assertEquals((error as GatewayError).code, "cut-3");
});

Deno.test("Failover throws what broke the answer off when nobody could go on with it", async () => {
  const { log, error } = await run({
    a: breaks("cut"),
    b: fails("down"),
    c: fails("down"),
  });
  assertEquals(log, ["a/x cut", "b/x down", "c/x down"]);
  assertEquals((error as GatewayError).code, "cut");
  const refused = await run({
    a: breaks("cut"),
    b: () => {
      throw new GatewayError("invalid_request", "No", { code: "unsupported" });
    },
  });
  assertEquals(refused.log, ["a/x cut", "b/x unsupported"]);
  assertEquals((refused.error as GatewayError).code, "cut");
});

Deno.test("U16: going on needs budget", async () => {
  const budget = new RetryBudget({ floor: 0, ratio: 0 });
  const { log } = await run({ a: breaks("cut"), b: ok }, { budget });
  assertEquals(log, ["a/x cut"]);
});

Deno.test("L3: a caller who has left is told so, not what broke off", async () => {
  const controller = new AbortController();
  const left = new GatewayError("client_closed", "Left", { code: "left" });
  const { log, error } = await run({
    a: breaks("cut"),
    b: () => {
      controller.abort(left);
      throw left;
    },
  }, { controller });
  assertEquals(log, ["a/x cut", "b/x left"]);
  assert(error === left);
});

Deno.test("RoutedAttempt.handOn() means nothing before the answer has begun", async () => {
  const { log, error } = await run({
    a: (attempt) => {
      attempt.handOn();
      assert(!attempt.handedOn);
      assertEquals(attempt.plan.route.name, "m");
      throw fault("down");
    },
    b: fails("worse"),
    c: fails("worst"),
  });
  assertEquals(log.length, 3);
  assertEquals((error as GatewayError).code, "worst");
});
