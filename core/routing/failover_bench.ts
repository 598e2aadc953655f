// What deciding costs a request: limits by key, the plan, breaker, slot, counts
// and their ends, with 1,000 deployments and 100,000 keys.
import { AttemptLog } from "../attempt_log.ts";
import { parseLimits } from "../rate_limit.ts";
import { RateLimiter } from "../rate_limiter.ts";
import { RetryBudget } from "../retry_budget.ts";
import { Breakers } from "./breakers.ts";
import { Bulkheads } from "./bulkheads.ts";
import { Cooldowns } from "./cooldowns.ts";
import { DeploymentStates } from "./deployment_states.ts";
import { Failover } from "./failover.ts";
import { Hedges } from "./hedges.ts";
import { ProviderLimits } from "./provider_limits.ts";
import type { RoutedAttempt } from "./routed_attempt.ts";
import { testProvider, testTable } from "./_test_routing.ts";

const KEYS = 100_000;
const models = Array.from({ length: 100 }, (_, index) => `model-${index}`);
const names = Array.from({ length: 10 }, (_, index) => `provider-${index}`);
const table = testTable(
  models.map((model) => ({
    match: model,
    strategy: "least_latency",
    targets: names.map((name) => `${name}/${model}`),
  })),
  names.map((name) => ({
    provider: testProvider(name, models),
    settings: { maxConcurrency: 1_000 },
  })),
);
const limiter = new RateLimiter();
limiter.define("key", parseLimits(["1000000000/minute"]));
const keys = Array.from({ length: KEYS }, (_, index) => `key-${index}`);
for (const key of keys) {
  const admission = limiter.take([{ limit: "key", key }]);
  if (admission.ok) admission.lease.settle({ tokens: 1 });
}
const failover = new Failover({
  table,
  states: new DeploymentStates(),
  breakers: new Breakers(),
  cooldowns: new Cooldowns(),
  bulkheads: new Bulkheads(),
  limits: new ProviderLimits(
    new Map(names.map((name) => [name, parseLimits(["1000000000/minute"])])),
  ),
  budget: new RetryBudget(),
  hedges: new Hedges(),
});
const { signal } = new AbortController();
const headers = { "content-type": "application/json" };
const work = (attempt: RoutedAttempt): Promise<void> => {
  attempt.answered(200, headers);
  attempt.commit();
  return Promise.resolve();
};
let at = 0;

/** Any number below `most`. */
function any(most: number): number {
  at = (Math.imul(at, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return (at >>> 8) % most;
}

async function request(model: string): Promise<void> {
  const admission = limiter.take([{ limit: "key", key: keys[any(KEYS)]! }]);
  if (!admission.ok) throw new Error("A bench is refused");
  await failover.run({
    request: { model },
    signal,
    log: new AttemptLog(),
    work,
  });
  admission.lease.settle({ tokens: 400 });
}

const address = (): string => `provider-${any(10)}/model-${any(100)}`;
const alias = (): string => `model-${any(100)}`;

/** So many requests to a bench's turn: the turn itself costs as much as a few. */
const MANY = 1_000;

async function requests(name: () => string): Promise<void> {
  for (let i = 0; i < MANY; i++) await request(name());
}

Deno.bench({
  name: `${MANY} requests: limits, plan, breaker and slot for an address`,
  group: "request",
  async fn() {
    await requests(address);
  },
});

Deno.bench({
  name: `${MANY} requests: the same for a route with ten targets`,
  group: "request",
  async fn() {
    await requests(alias);
  },
});

/** What one request may take, in microseconds. */
const MOST = 5;

/** The best of several rounds: whatever else the machine does, one of them had it to itself. */
async function microseconds(name: () => string): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < 60; round++) {
    const from = performance.now();
    await requests(name);
    best = Math.min(best, performance.now() - from);
  }
  return best * 1_000 / MANY;
}

const lines: string[] = [];
for (const [kind, name] of [["address", address], ["route", alias]] as const) {
  const took = await microseconds(name);
  lines.push(`a request by its ${kind} takes ${took.toFixed(1)} µs at best\n`);
  if (took > MOST) throw new Error(`A request takes ${took} µs, not ${MOST}`);
}
Deno.stderr.writeSync(new TextEncoder().encode(lines.join("")));
