import { costOf, makePrice, MemoryStateStore } from "@llm-proxy/context";
import { parseLimits, ProviderFactory, type Usage } from "@llm-proxy/core";
import { buildRouteTable } from "@llm-proxy/core/routing";
import { StructuredLogger } from "@llm-proxy/logging";
import { Access } from "./access.ts";
import { Accounts } from "./accounts.ts";
import { AttemptTrace } from "./attempt_trace.ts";
import { parseConfig } from "./config.ts";
import { RequestLimits } from "./request_limits.ts";
import { RequestRecord } from "./request_record.ts";

const YAML = `
auth:
  api_keys: [{name: ci, key: qW7rTz2Lm9XcVb4N, user: u, team: a, organisation: o}]
providers:
  - type: mock
    models: [{name: echo, prices: {input: 2, output: 8, cached_input: 0.5}}]
ledger: {enabled: true}
`;
const BUDGETS = `
budgets:
  - {name: keys, per: key, limit: 8000000, period: day}
  - {name: users, per: user, limit: 8000000, period: week}
  - {name: teams, per: team, limit: 8000000, period: month}
  - {name: all, per: organisation, limit: 8000000, period: total}
`;
const ROUTE = { path: "/v1/chat/completions", operation: "chat" } as const;
const BODY = JSON.stringify({
  model: "echo",
  max_tokens: 100,
  messages: [{ role: "user", content: "x".repeat(4_000) }],
});
const USAGE: Usage = {
  input: 1_000,
  cached: 400,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 100,
  reasoning: 20,
  total: 1_100,
};

const factory = new ProviderFactory();
const provider = factory.create({ name: "mock", type: "mock" });
const built = buildRouteTable([], {
  providers: [{ provider, models: new Map([["echo", {}]]) }],
});
if (!built.ok) throw new Error("no table");
const candidate = built.table.candidates(
  built.table.match("mock/echo")!.route.targets,
  "echo",
)[0]!;
const limiter = new RequestLimits({});
limiter.define({
  routes: new Map([[
    ROUTE.path,
    parseLimits([
      "1000000000/minute",
      "1000000000000 tokens/minute",
      "1000000000/day",
      "1000000 concurrent",
    ]),
  ]]),
  fallback: [],
  rules: [],
});

function accountsOf(yaml: string, directory?: string): Accounts {
  const result = parseConfig(yaml, { file: "x.yaml", env: () => undefined });
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  const accounts = new Accounts({
    logger: new StructuredLogger({ level: "error" }),
    state: new MemoryStateStore(),
    directory,
    onRefusal: () => {},
  });
  accounts.adopt(result.config);
  return accounts;
}

let count = 0;
const CALLER = new Access({
  id: "ci",
  user: "u",
  team: "a",
  organisation: "o",
});

/** A request; `admit` is what it waits for before it is sent, and is timed alone where it is given. */
async function serve(
  accounts: Accounts,
  bench: Deno.BenchContext,
  isAdmission = false,
): Promise<void> {
  const record = new RequestRecord("POST", ROUTE);
  record.access = CALLER;
  record.key = "ci";
  const trace = new AttemptTrace(candidate);
  bench.start();
  const admitted = isAdmission
    ? limiter.admit(ROUTE.path, { caller: CALLER, bytes: 4_096 })
    : undefined;
  const account = accounts.begin(record);
  account.allow(100);
  const paying = account.pay(trace, { body: BODY });
  if (paying !== undefined) await paying;
  await account.secured();
  if (isAdmission) bench.end();
  trace.usage = USAGE;
  account.ended(trace, { wasLeft: false });
  record.status = 200;
  account.settle();
  if (!isAdmission) bench.end();
  admitted?.lease.settle({ tokens: 1_100 });
  // As in a service, the loop gets round to what is written behind.
  if (++count % 50 === 0) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await accounts.ledger?.flush();
  }
}

const directory = await Deno.makeTempDir({ prefix: "llm-proxy-bench-" });
const plain = accountsOf(YAML);
const journaled = accountsOf(YAML, directory);
const budgeted = accountsOf(YAML + BUDGETS, directory);
addEventListener(
  "unload",
  () => Deno.removeSync(directory, { recursive: true }),
);
const price = makePrice({
  rates: { input: 2, output: 8, cachedInput: 0.5 },
  source: "bench",
  version: "1",
});

Deno.bench("costOf() with cached and reasoning tokens", () => {
  costOf(USAGE, price);
});
Deno.bench(
  "a request's account: ledger in memory",
  async (bench) => await serve(plain, bench),
);
Deno.bench(
  "a request's account: ledger with its journal",
  async (bench) => await serve(journaled, bench),
);
Deno.bench(
  "a request's account: journal and four budgets",
  async (bench) => await serve(budgeted, bench),
);
Deno.bench(
  "admission: four limits, four budgets, intent and journal",
  async (bench) => await serve(budgeted, bench, true),
);
