import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { KvCalls } from "./_kv_calls.ts";
import { openBare, openFile, rowsOf, withDirectory } from "./_test_state.ts";
import { largeBytes, testStateStore } from "./_test_state_store_contract.ts";
import { StateError } from "./state_error.ts";
import { until } from "../logging/_test_wait.ts";

testStateStore("A state file", async (now) => {
  const directory = await Deno.makeTempDir();
  const { store } = await openFile(directory, { now });
  return {
    store,
    close: () => Deno.remove(directory, { recursive: true }),
  };
});

Deno.test("A state file has what was written when it is opened again", async () => {
  await withDirectory(async (directory) => {
    const first = await openFile(directory);
    await first.store.set(["a"], largeBytes(200_000));
    await first.store.commit({
      writes: [{ type: "sum", key: ["n"], amount: -7 }],
    });
    await first.store.close();
    const { store, alarms } = await openFile(directory);
    assertEquals((await store.get(["a"]))?.value, largeBytes(200_000));
    assertEquals([await store.count(["n"]), alarms], [-7, []]);
    await store.close();
    const { mode } = await Deno.stat(join(directory, "state.kv"));
    assertEquals((mode ?? 0) & 0o777, 0o600);
  });
});

Deno.test("KvStateStore.sweep() removes what is over with all that belongs to it", async () => {
  await withDirectory(async (directory) => {
    let now = 1_800_000_000_000;
    const start = now;
    const { kv, store } = await openBare(join(directory, "a"), () => now);
    const deadline = start + 1_000;
    await store.set(["a"], 1, { deadline });
    await store.set(["large"], largeBytes(300_000), { deadline });
    await store.set(["later"], 1, { deadline });
    await store.set(["later"], 1, { deadline: start + 90_000_000 });
    await store.set(["kept"], 1, { deadline });
    await store.set(["kept"], 1);
    await store.commit({
      writes: [
        { type: "sum", key: ["n", "old"], amount: 1, deadline },
        { type: "sum", key: ["n", "new"], amount: 1 },
      ],
    });
    await store.sweep();
    assertEquals((await store.list([])).entries.length, 4);
    now = start + 3_600_000;
    await store.sweep();
    assertEquals(await store.count(["n", "old"]), 0);
    assertEquals((await rowsOf(kv)).filter(([, kind]) => kind !== "d"), [
      [1, "c", "n", "new"],
      [1, "v", "kept"],
      [1, "v", "later"],
    ]);
    now = start + 100_000_000;
    await store.sweep();
    assertEquals(await rowsOf(kv), [[1, "c", "n", "new"], [1, "v", "kept"]]);
    await store.close();
  });
});

Deno.test("KvStateStore.sweep() leaves what was written again meanwhile", async () => {
  await withDirectory(async (directory) => {
    let now = 0;
    const { store } = await openBare(join(directory, "a"), () => now);
    for (let at = 0; at < 40; at++) {
      await store.set(["a", at], at, { deadline: 1_000 });
    }
    now = 3_600_000;
    const sweep = store.sweep();
    for (let at = 0; at < 40; at++) await store.set(["a", at], "new");
    await sweep;
    assertEquals((await store.list(["a"])).entries.length, 40);
    await store.close();
  });
});

Deno.test("S8: KvStateStore.sweep() works through many rows, a few at a time", async () => {
  await withDirectory(async (directory) => {
    let now = 0;
    const { kv, store } = await openBare(join(directory, "a"), () => now);
    for (let at = 0; at < 1_000; at += 250) {
      await store.commit({
        writes: Array.from({ length: 250 }, (_, i) => ({
          type: "set",
          key: ["a", at + i],
          value: 1,
          deadline: 1_000,
        } as const)),
      });
    }
    now = 3_600_000;
    let sweeps = 1;
    while (await store.sweep()) sweeps++;
    assert(sweeps >= 10);
    assertEquals(await rowsOf(kv), []);
    await store.close();
  });
});

Deno.test("KvStateStore.sweep() frees what a split value leaves behind", async () => {
  await withDirectory(async (directory) => {
    const { kv, store } = await openBare(join(directory, "a"), () => 0);
    for (let at = 0; at < 120; at++) {
      await store.set(["a", at], largeBytes(70_000));
    }
    await store.set(["b"], largeBytes(70_000));
    for (let at = 0; at < 60; at++) await store.set(["a", at], 1);
    for (let at = 60; at < 120; at++) await store.delete(["a", at]);
    while (await store.sweep());
    assertEquals((await store.get(["b"]))?.value, largeBytes(70_000));
    const left = await rowsOf(kv);
    assertEquals(left.filter(([, kind]) => kind === "v").length, 61);
    assertEquals(left.filter(([, kind]) => kind !== "v"), [
      [1, "p", "b", 0],
      [1, "p", "b", 1],
      [1, "s", "b"],
    ]);
    await store.close();
  });
});

Deno.test("A value that is written again and again leaves few deadlines behind", async () => {
  await withDirectory(async (directory) => {
    let now = 1_800_000_000_000;
    const { kv, store } = await openBare(join(directory, "a"), () => now);
    for (let second = 0; second < 300; second++) {
      now += 1_000;
      await store.set(["a"], second, { deadline: now + 86_400_000 });
    }
    const deadlines = (await rowsOf(kv)).filter(([, kind]) => kind === "d");
    assert(deadlines.length <= 2, `${deadlines.length}`);
    await store.close();
  });
});

Deno.test("A state file sweeps by itself what is over", async () => {
  await withDirectory(async (directory) => {
    let now = 1_800_000_000_000;
    const { store } = await openFile(directory, {
      now: () => now,
      sweepEveryMs: 5,
    });
    const sum = { type: "sum", key: ["n"], amount: 1 } as const;
    await store.commit({ writes: [{ ...sum, deadline: now + 1_000 }] });
    now += 3_600_000;
    await until(async () => await store.count(["n"]) === 0);
    await store.close();
  });
});

Deno.test("A row that is nothing of this store is told, and stops neither the store nor its sweep", async () => {
  await withDirectory(async (directory) => {
    let now = 0;
    const { kv, store } = await openBare(join(directory, "a"), () => now);
    const deadline = 1_000;
    await store.set(["a"], 1, { deadline });
    await store.set(["b"], 1, { deadline });
    await kv.set([1, "v", "a"], "foreign");
    await kv.set([1, "c", "n"], "foreign");
    for (
      const work of [
        () => store.get(["a"]),
        () => store.list([]),
        () => store.count(["n"]),
      ]
    ) {
      const error = await assertRejects(work, StateError);
      assertEquals(error.code, "unreadable");
    }
    assertEquals((await store.get(["b"]))?.value, 1);
    now = 3_600_000;
    await store.sweep();
    assertEquals(await rowsOf(kv), [[1, "c", "n"]]);
    await store.close();
  });
});

Deno.test("KvCalls makes a write again that lost a race, and no other", async () => {
  const calls = new KvCalls({ timeoutMs: Infinity, random: () => 0 });
  let tries = 0;
  const result = await calls.write(() => {
    tries++;
    return tries < 5
      ? Promise.reject(new TypeError("database is locked"))
      : Promise.resolve("done");
  });
  assertEquals([result, tries], ["done", 5]);
  const full = new TypeError("database or disk is full");
  const failing = () => {
    tries++;
    return Promise.reject(full);
  };
  const error = await assertRejects(() => calls.write(failing), StateError);
  assertEquals([error.code, error.cause, tries], ["full", full, 6]);
});
