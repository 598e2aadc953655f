import { assert, assertEquals, assertRejects } from "@std/assert";
import { grantLease, parseLimit, RateLimiter } from "@llm-proxy/core";
import { testLimitStore } from "../core/_test_limit_store_contract.ts";
import { manage } from "./_test_faulty_store.ts";
import { openFile, withDirectory } from "./_test_state.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { StateError } from "./state_error.ts";
import { limitStore } from "./state_limit_store.ts";
import type { StateStore } from "./state_store.ts";

const { signal } = new AbortController();
const ASK = {
  limit: "it",
  key: "a",
  amount: 1,
  least: 1,
  windowId: Math.floor(Date.now() / 5_000),
  span: 13,
  capacity: 1_000,
  sliceMs: 5_000,
};

testLimitStore("limitStore() in memory", () => {
  const state = new MemoryStateStore({ now: () => 0 });
  return { store: limitStore(state, grantLease), close: () => state.close() };
});

testLimitStore("limitStore() in a state file", async () => {
  const directory = await Deno.makeTempDir();
  const { store } = await openFile(directory, { now: () => 0 });
  return {
    store: limitStore(store, grantLease),
    close: async () => {
      await store.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
});

Deno.test("S6: limitStore() shares a hot key among four with few attempts", async () => {
  await withDirectory(async (directory) => {
    const { store } = await openFile(directory);
    let [attempts, commits] = [0, 0];
    const counted: StateStore = Object.assign(Object.create(store), {
      get: store.get.bind(store),
      commit: async (batch: Parameters<StateStore["commit"]>[0]) => {
        attempts++;
        const result = await store.commit(batch);
        if (result.ok) commits++;
        return result;
      },
    });
    const limiters = [1, 2, 3, 4].map(() => limitStore(counted, grantLease));
    let granted = 0;
    await Promise.all(limiters.map(async (limiter) => {
      for (let round = 0; round < 50; round++) {
        const asks = Array.from({ length: 10 }, () => ASK);
        const grants = await limiter.lease(asks, { signal });
        granted += grants.reduce((sum, grant) => sum + grant.granted, 0);
        // A limiter asks now and then.
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }));
    assertEquals(granted, 1_000);
    assert(attempts <= 2 * commits, `${attempts} for ${commits}`);
    await store.close();
  });
});

Deno.test("limitStore() takes any limit and key, and any row that is stored", async () => {
  const state = new MemoryStateStore();
  const limits = limitStore(state, grantLease);
  const keys = ["", "__proto__", "\ud800", "\udfff", "x".repeat(10_000)];
  for (const key of keys) {
    for (const limit of ["it", "y".repeat(10_000)]) {
      const ask = { ...ASK, limit, key, amount: 10, capacity: 10 };
      const [grant] = await limits.lease([ask], { signal });
      assertEquals(grant?.granted, 10, key.slice(0, 9));
    }
  }
  for (const value of [null, 7, { slice: "x" }, { slice: 1, counts: [null] }]) {
    await state.set(["limit", "=it", "=a", 13, 5_000], value);
    const [grant] = await limits.lease([ASK], { signal });
    assertEquals(grant?.granted, 1);
  }
});

Deno.test("limitStore() throws while the store is degraded, and a limiter goes on by itself", async () => {
  const { store, faulty } = await manage(new MemoryStateStore());
  const limits = limitStore(store, grantLease);
  faulty.readFault = faulty.writeFault = "unavailable";
  await assertRejects(() => limits.lease([ASK], { signal }), StateError);
  const limiter = new RateLimiter({ shared: { store: limits } });
  limiter.define("team", parseLimit("100/minute"));
  assert(limiter.take([{ limit: "team", key: "a" }]).ok);
  await limiter.close();
  await store.close();
});

Deno.test("limitStore() stops when nobody waits any longer", async () => {
  const state = new MemoryStateStore();
  const limits = limitStore(state, grantLease);
  const controller = new AbortController();
  controller.abort();
  await assertRejects(
    () => limits.lease([ASK], { signal: controller.signal }),
    DOMException,
  );
  assertEquals((await state.list(["limit"])).entries, []);
});
