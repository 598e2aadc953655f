// A state in the real server of KV Connect; kv_connect_test.ts has the faults,
// with a server of its own that can be told to have them.
import { assertEquals } from "@std/assert";
import { hasDenoKv, TestDenoKv } from "./_test_denokv.ts";
import { testStateStore } from "./_test_state_store_contract.ts";
import { type OpenStateStore, openStateStore } from "./open_state_store.ts";
import { until } from "../logging/_test_wait.ts";

const SUM = { type: "sum", key: ["n"], amount: 1 } as const;

async function connect(
  { url, token }: TestDenoKv,
  now: () => number = Date.now,
): Promise<OpenStateStore> {
  const options = { now, retryMs: 20, timeoutMs: 5_000 };
  const store = await openStateStore({ type: "connect", url, token }, options);
  assertEquals(store.status.mode, "durable", store.status.message);
  return store;
}

if (hasDenoKv) {
  testStateStore("A state in denokv", async (now) => {
    const server = await TestDenoKv.start();
    const store = await connect(server, now);
    return { store, close: () => server[Symbol.asyncDispose]() };
  });
} else {
  Deno.test({
    name: "A state in denokv: there is no denokv on PATH",
    ignore: true,
    fn: () => {},
  });
}

Deno.test({
  name: "S7: what is written while denokv is away is there when it is back",
  ignore: !hasDenoKv,
  fn: async () => {
    await using server = await TestDenoKv.start();
    const store = await connect(server);
    await store.set(["a"], 1);
    await store.commit({ writes: [SUM] });
    await server.kill();
    const waiting = [store.set(["b"], 2), store.commit({ writes: [SUM] })];
    await Promise.all(waiting);
    await server.again();
    await until(() => store.status.mode === "durable");
    const other = await connect(server);
    assertEquals((await other.get(["a"]))?.value, 1);
    assertEquals((await other.get(["b"]))?.value, 2);
    assertEquals(await other.count(["n"]), 2);
    await other.close();
    await store.close();
  },
});
