import { assertEquals, assertRejects } from "@std/assert";
import { testStateStore } from "./_test_state_store_contract.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { openStateStore } from "./open_state_store.ts";
import { StateError } from "./state_error.ts";

testStateStore("MemoryStateStore", (now) => ({
  store: new MemoryStateStore({ now }),
  close: () => {},
}));

Deno.test("MemoryStateStore refuses more than it may hold, and takes it when something is over", async () => {
  let now = 0;
  const store = new MemoryStateStore({ maxRows: 3, now: () => now });
  await store.set(["a"], 1, { deadline: 10 });
  await store.set(["b"], 1);
  const sum = { type: "sum", key: ["n"], amount: 1, deadline: 20 } as const;
  await store.commit({ writes: [sum] });
  const refused = await assertRejects(() => store.set(["c"], 1), StateError);
  assertEquals(refused.code, "full");
  await store.delete(["none"]);
  now = 10;
  await store.set(["c"], 1);
  now = 20;
  await store.set(["d"], 1);
  assertEquals([store.size, await store.count(["n"])], [3, 0]);
});

Deno.test("MemoryStateStore counts the bytes that it holds", async () => {
  const store = new MemoryStateStore({ maxBytes: 10_000 });
  for (let round = 0; round < 50; round++) {
    await store.set(["a"], "x".repeat(4_000));
    await store.set(["b"], "x".repeat(4_000));
    await assertRejects(() => store.set(["c"], "x".repeat(4_000)), StateError);
    await store.delete(["a"]);
  }
});

Deno.test("MemoryStateStore.writes() makes another store the same", async () => {
  const one = new MemoryStateStore({ now: () => 5 });
  await one.set(["a"], { x: 1 }, { deadline: 10 });
  await one.set(["over"], 1, { deadline: 5 });
  await one.commit({ writes: [{ type: "sum", key: ["n"], amount: -4 }] });
  const other = new MemoryStateStore({ now: () => 5 });
  await other.commit({ writes: [...one.writes()] });
  assertEquals(
    (await other.list([])).entries.map(({ key, value, deadline }) => ({
      key,
      value,
      deadline,
    })),
    [{ key: ["a"], value: { x: 1 }, deadline: 10 }],
  );
  assertEquals(await other.count(["n"]), -4);
});

Deno.test("MemoryStateStore tells that it keeps nothing for good", async () => {
  let now = 5;
  const store = await openStateStore({ type: "memory" }, { now: () => now });
  assertEquals(store.status, { mode: "memory", since: 5, waiting: 0 });
  now = 7;
  await store.close();
  assertEquals(store.status, { mode: "closed", since: 7, waiting: 0 });
});
