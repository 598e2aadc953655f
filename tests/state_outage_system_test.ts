// S7: a database of state that fails in every way, seen from the requests.
import { StartingStateStore, type StateLocation } from "@llm-proxy/context";
import { assert, assertEquals } from "@std/assert";
import { hasRedis, TestRedis } from "../context/_test_redis.ts";
import { KvConnectServer } from "../context/_test_kv_connect.ts";
import { onNode, startGateway } from "./_gateway.ts";
import { percentile } from "./_rig.ts";
import { type StateFault, StateProxy } from "./_state_proxy.ts";
import { until } from "../logging/_test_wait.ts";

const KEY = "qW7rTz2Lm9XcVb4N";
const CONFIG = `
providers: [{type: mock}]
auth: {api_keys: [{name: ci, key: ${KEY}, team: a}]}
rate_limit: {default: 100000/hour}
budgets: [{name: teams, per: team, limit: 100, period: total}]
`;

interface Database {
  readonly location: StateLocation;
  readonly proxy: StateProxy;
  readonly end: () => Promise<void>;
}

async function redis(): Promise<Database> {
  const server = await TestRedis.start();
  const proxy = new StateProxy(Number(new URL(server.url).port));
  const url = `redis://127.0.0.1:${proxy.port}`;
  return { location: { type: "redis", url }, proxy, end: () => server.stop() };
}

function connect(): Promise<Database> {
  const server = new KvConnectServer();
  const proxy = new StateProxy(Number(new URL(server.url).port));
  const { token } = server;
  const url = `http://127.0.0.1:${proxy.port}`;
  return Promise.resolve({
    location: { type: "connect", url, token },
    proxy,
    end: () => server.close(),
  });
}

interface Asked {
  readonly status: number;
  readonly ms: number;
}

async function ask(url: string): Promise<Asked> {
  const begin = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${KEY}`,
    },
    body: JSON.stringify({
      model: "mock/echo",
      max_tokens: 5,
      messages: [{ role: "user", content: "hi" }],
    }),
  });
  await response.text();
  return { status: response.status, ms: performance.now() - begin };
}

/** A request waits for no store: it would be seconds. Timed for the report. */
function assertSwift(seen: readonly Asked[], what: string): void {
  const slowest = percentile(seen.map(({ ms }) => ms), 1);
  assert(slowest < 900, `${what}: ${slowest} ms`);
  if (Deno.env.get("TELL_TIMES")) {
    const median = percentile(seen.map(({ ms }) => ms), 0.5);
    // deno-lint-ignore no-console
    console.log(what, { median, slowest });
  }
}

async function outage(
  { location, proxy, end }: Database,
  fault: StateFault,
): Promise<void> {
  const state = new StartingStateStore(location, { retryMs: 50 });
  const gateway = await startGateway(CONFIG, onNode, undefined, { state });
  try {
    await until(() => state.status.mode === "durable", "an open store");
    assertEquals((await ask(gateway.url)).status, 200);
    proxy.set(fault);
    const seen: Asked[] = [];
    const begin = performance.now();
    while (performance.now() - begin < 1_500) {
      seen.push(await ask(gateway.url));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    assertEquals(seen.filter(({ status }) => status !== 200), [], fault);
    assertSwift(seen, `${location.type} ${fault}`);
    proxy.set("none");
    await until(() => state.status.mode === "durable", "a store that is back");
    proxy.calls = 0;
    const burst = await Promise.all(
      Array.from({ length: 100 }, () => ask(gateway.url)),
    );
    assertEquals(burst.filter(({ status }) => status !== 200), []);
    assert(proxy.calls < 50, `${fault}: ${proxy.calls} calls for 100 requests`);
  } finally {
    proxy.set("none");
    await gateway.close();
    await state.close();
    await proxy[Symbol.asyncDispose]();
    await end();
  }
}

async function startWithout(
  { location, proxy, end }: Database,
  fault: StateFault,
): Promise<void> {
  proxy.set(fault);
  const state = new StartingStateStore(location, {
    retryMs: 50,
    openWithinMs: 200,
    timeoutMs: 500,
  });
  const gateway = await startGateway(
    CONFIG.replace(/^budgets.*$/m, ""),
    onNode,
    undefined,
    { state },
  );
  try {
    const seen: Asked[] = [];
    for (let n = 0; n < 10; n++) seen.push(await ask(gateway.url));
    assertEquals(seen.filter(({ status }) => status !== 200), [], fault);
    assertSwift(seen, `${location.type} start, ${fault}`);
    await until(() => state.status.mode === "degraded", "a degraded store");
    proxy.set("none");
    await until(() => state.status.mode === "durable", "a store that is there");
    assertEquals((await ask(gateway.url)).status, 200);
  } finally {
    proxy.set("none");
    await gateway.close();
    await state.close();
    await proxy[Symbol.asyncDispose]();
    await end();
  }
}

for (
  const [name, open, ignore] of [
    ["Redis", redis, !hasRedis],
    ["KV Connect", connect, false],
  ] as const
) {
  for (const fault of ["refused", "hole", "slow", "flaky"] as const) {
    Deno.test({
      name:
        `S7: requests neither wait nor fail while ${name} is ${fault}, and do not stampede when it is back`,
      ignore,
      fn: async () => await outage(await open(), fault),
    });
  }
  for (const fault of ["refused", "hole"] as const) {
    Deno.test({
      name: `S7: a gateway starts while ${name} is ${fault}, and serves`,
      ignore,
      fn: async () => await startWithout(await open(), fault),
    });
  }
}
