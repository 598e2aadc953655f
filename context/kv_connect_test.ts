import { assert, assertEquals } from "@std/assert";
import { KvConnectServer } from "./_test_kv_connect.ts";
import { testStateStore } from "./_test_state_store_contract.ts";
import {
  type OpenStateStore,
  openStateStore,
  type OpenStateStoreOptions,
} from "./open_state_store.ts";
import type { StateAlarm } from "./state_status.ts";
import { until } from "../logging/_test_wait.ts";

const TOKEN_VARIABLE = "DENO_KV_ACCESS_TOKEN";
const SUM = { type: "sum", key: ["n"], amount: 1 } as const;

testStateStore("A state behind KV Connect", async (now) => {
  const server = new KvConnectServer();
  const { url, token } = server;
  const store = await openStateStore({ type: "connect", url, token }, {
    now,
    // What it says is no matter of how busy the machine is.
    slowMs: 30_000,
    timeoutMs: 30_000,
  });
  assertEquals(store.status.mode, "durable");
  return { store, close: () => server.close() };
});

interface Connected {
  readonly store: OpenStateStore;
  readonly alarms: StateAlarm[];
}

async function connect(
  { url, token }: { readonly url: string; readonly token: string },
  options: OpenStateStoreOptions = {},
): Promise<Connected> {
  const alarms: StateAlarm[] = [];
  const store = await openStateStore({ type: "connect", url, token }, {
    retryMs: 20,
    timeoutMs: 300,
    slowMs: 100,
    openWithinMs: 1_000,
    onAlarm: (alarm) => void alarms.push(alarm),
    ...options,
  });
  return { store, alarms };
}

Deno.test("S7: a store starts while its database refuses connections, and goes there when it does not", async () => {
  const server = new KvConnectServer();
  await server.close();
  const { store, alarms } = await connect(server);
  assertEquals(store.status.mode, "degraded");
  await store.set(["a"], 1);
  await store.commit({ writes: [SUM] });
  server.reopen();
  await until(() => store.status.mode === "durable");
  assertEquals((await store.get(["a"]))?.value, 1);
  assertEquals(await store.count(["n"]), 1);
  assertEquals(alarms.map(({ type }) => type), ["degraded", "resumed"]);
  await store.close();
  await server.close();
});

Deno.test("S7: a database that freezes, or answers 500, makes nobody wait for long, and nothing is lost", async () => {
  for (const mood of ["hang", "fail"] as const) {
    const server = new KvConnectServer();
    const { store, alarms } = await connect(server);
    await store.commit({ writes: [SUM] });
    server.mood = mood;
    const start = performance.now();
    await store.commit({ writes: [SUM] });
    assert(performance.now() - start < 5_000);
    for (let at = 0; at < 100; at++) await store.commit({ writes: [SUM] });
    assertEquals(store.status.mode, "degraded");
    server.mood = "serve";
    await until(() => store.status.mode === "durable");
    assertEquals(await store.count(["n"]), 102, mood);
    assertEquals(alarms.at(-1)?.type, "resumed");
    await store.close();
    await server.close();
  }
});

Deno.test("S7: sums that were written although their answer was lost are not added again", async () => {
  const server = new KvConnectServer();
  const { store } = await connect(server);
  server.mood = "forget";
  await store.commit({ writes: [SUM] });
  await store.commit({ writes: [SUM, { type: "set", key: ["a"], value: 1 }] });
  await until(() => server.commits >= 1);
  server.mood = "serve";
  await until(() => store.status.mode === "durable");
  assertEquals(await store.count(["n"]), 2);
  assertEquals((await store.get(["a"]))?.value, 1);
  await store.close();
  await server.close();
});

Deno.test("A wrong token degrades the store, and no message has it", async () => {
  const server = new KvConnectServer();
  const token = "a-token-that-is-wrong";
  const { store, alarms } = await connect({ url: server.url, token });
  assertEquals(store.status.mode, "degraded");
  const words = Deno.inspect([alarms, store.status], { depth: 20 });
  assert(!words.includes(token), words);
  await store.close();
  await server.close();
});

Deno.test("S7: a database that knows the token no more degrades the store until it does, and no message has it", async () => {
  const server = new KvConnectServer();
  const { store, alarms } = await connect(server);
  await store.commit({ writes: [SUM] });
  server.mood = "refuse";
  await until(async () => {
    await store.commit({ writes: [SUM] });
    return store.status.mode === "degraded";
  });
  await store.set(["a"], 1);
  const words = Deno.inspect([alarms, store.status], { depth: 20 });
  assert(!words.includes(server.token), words);
  server.mood = "serve";
  await until(() => store.status.mode === "durable");
  assertEquals((await store.get(["a"]))?.value, 1);
  assertEquals(alarms.map(({ type }) => type), ["degraded", "resumed"]);
  await store.close();
  await server.close();
});

Deno.test("S7: what a database tells of itself is asked for again when it is no longer good", async () => {
  const server = new KvConnectServer();
  server.lifeMs = 200;
  const { store } = await connect(server);
  const begin = Date.now();
  let written = 0;
  await until(async () => {
    await store.commit({ writes: [SUM] });
    written++;
    return server.exchanges >= 3 && Date.now() > begin + 3 * server.lifeMs;
  });
  await until(() => store.status.mode === "durable");
  assertEquals(await store.count(["n"]), written);
  await store.close();
  await server.close();
});

Deno.test("S7: a database that is slow makes nobody wait, and everything gets there", async () => {
  const server = new KvConnectServer();
  const { store } = await connect(server);
  server.mood = "slow";
  const start = performance.now();
  for (let at = 0; at < 50; at++) await store.commit({ writes: [SUM] });
  // Each would take 200 ms.
  assert(performance.now() - start < 5_000);
  server.mood = "serve";
  await until(() => store.status.mode === "durable");
  assertEquals(await store.count(["n"]), 50);
  await store.close();
  await server.close();
});

Deno.test("S6: of two that want a lease at once one gets it, renews it, and leaves it to the other", async () => {
  const server = new KvConnectServer();
  // It is not of interest how long that takes.
  const patient = { timeoutMs: 30_000, slowMs: 30_000, openWithinMs: 30_000 };
  const stores = [
    await connect(server, patient),
    await connect(server, patient),
  ];
  const key = ["lease"];
  for (let round = 0; round < 10; round++) {
    const leases = await Promise.all(
      stores.map(({ store }) => store.lease(key, { ttlMs: 60_000 })),
    );
    const got = leases.filter((it) => it !== undefined);
    assertEquals(got.length, 1, `${round}`);
    assertEquals(await got[0]?.renew(), true);
    await got[0]?.release();
  }
  // Who dies keeps nobody from it for longer than it lasts.
  const [first, second] = stores;
  const lost = await first?.store.lease(key, { ttlMs: 200 });
  await first?.store.close();
  await until(async () =>
    await second?.store.lease(key, { ttlMs: 60_000 }) !== undefined
  );
  assert(Date.now() >= (lost?.deadline ?? Infinity));
  await second?.store.close();
  await server.close();
});

Deno.test("The variable that Deno reads the token from is put back", async () => {
  const server = new KvConnectServer();
  for (const before of [undefined, "somebody-elses"]) {
    if (before !== undefined) Deno.env.set(TOKEN_VARIABLE, before);
    const { store } = await connect(server);
    assertEquals(Deno.env.get(TOKEN_VARIABLE), before);
    await store.set(["a"], 1);
    assertEquals(store.status.mode, "durable");
    await store.close();
  }
  Deno.env.delete(TOKEN_VARIABLE);
  await server.close();
});
