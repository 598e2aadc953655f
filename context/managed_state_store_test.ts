import { assert, assertEquals, assertRejects } from "@std/assert";
import * as fc from "fast-check";
import { manage } from "./_test_faulty_store.ts";
import { testStateStore } from "./_test_state_store_contract.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { StateError } from "./state_error.ts";
import type { StateStore, StateWrite } from "./state_store.ts";
import { until } from "../logging/_test_wait.ts";

const SUM = { type: "sum", key: ["n"], amount: 1 } as const;

async function contents(store: StateStore): Promise<unknown> {
  const values = (await store.list([], { limit: 1_000 })).entries;
  const counts = (await store.listCounts([], { limit: 1_000 })).entries;
  return {
    values: values.map(({ key, value, deadline }) => ({
      key,
      value,
      deadline,
    })),
    counts,
  };
}

async function refuses(
  code: string,
  work: () => Promise<unknown>,
): Promise<void> {
  assertEquals((await assertRejects(work, StateError)).code, code);
}

testStateStore(
  "A store in memory in place of one that cannot be opened",
  async (now) => {
    const inner = new MemoryStateStore({ now });
    const options = { now, exists: false, openFault: "unavailable" } as const;
    const { store } = await manage(inner, options);
    return { store, close: () => inner.close() };
  },
);

Deno.test("S3: a store whose disk is full lets changes wait, shows them, and writes them when there is room", async () => {
  const inner = new MemoryStateStore();
  const { store, faulty, alarms } = await manage(inner);
  await store.set(["old"], 1);
  await store.set(["gone"], 1);
  await store.commit({ writes: [SUM] });
  faulty.writeFault = "full";
  await store.set(["new"], { x: 1 });
  await store.delete(["gone"]);
  await store.commit({ writes: [SUM, { ...SUM, amount: 4 }] });
  assertEquals((await store.get(["old"]))?.value, 1);
  assertEquals((await store.get(["new"]))?.value, { x: 1 });
  assertEquals(await store.get(["gone"]), undefined);
  assertEquals(await store.count(["n"]), 6);
  const { mode, code, waiting } = store.status;
  assertEquals([mode, code, waiting], ["degraded", "full", 4]);
  assertEquals(await inner.get(["new"]), undefined);
  faulty.writeFault = undefined;
  await until(() => store.status.mode === "durable");
  assertEquals((await inner.get(["new"]))?.value, { x: 1 });
  assertEquals([await inner.count(["n"]), await inner.get(["gone"])], [
    6,
    undefined,
  ]);
  assertEquals(alarms.map(({ type }) => type), ["degraded", "resumed"]);
  assertEquals(alarms[1], { type: "resumed", written: 4 });
  assertEquals(store.status.waiting, 0);
  await store.close();
});

Deno.test("A degraded store refuses what depends on what others wrote", async () => {
  const { store, faulty } = await manage(new MemoryStateStore());
  const version = await store.set(["a"], 1);
  faulty.writeFault = "full";
  const writes = [{ type: "set", key: ["a"], value: 2 } as const];
  const checked = { checks: [{ key: ["a"], version }], writes };
  await refuses("unavailable", () => store.commit(checked));
  await refuses("unavailable", () => store.commit(checked));
  await refuses("unavailable", () => store.lease(["b"], { ttlMs: 1_000 }));
  assertEquals([(await store.get(["a"]))?.value, store.status.waiting], [1, 0]);
  faulty.writeFault = undefined;
  await until(() => store.status.mode === "durable");
  assertEquals((await store.commit(checked)).ok, true);
  await store.close();
});

Deno.test("S7: a store out of reach refuses to read what it cannot know, and shows what waits", async () => {
  const inner = new MemoryStateStore();
  const { store, faulty } = await manage(inner);
  await store.set(["known"], 1);
  faulty.readFault = faulty.writeFault = "unavailable";
  await refuses("unavailable", () => store.get(["known"]));
  await store.set(["new"], 1);
  await store.delete(["known"]);
  await store.commit({ writes: [SUM, { type: "reset", key: ["r"] }] });
  assertEquals((await store.get(["new"]))?.value, 1);
  assertEquals(await store.get(["known"]), undefined);
  assertEquals(await store.count(["r"]), 0);
  await refuses("unavailable", () => store.get(["other"]));
  await refuses("unavailable", () => store.count(["n"]));
  await refuses("unavailable", () => store.list([]));
  faulty.readFault = faulty.writeFault = undefined;
  await until(() => store.status.mode === "durable");
  assertEquals(await store.count(["n"]), 1);
  await store.close();
});

Deno.test("A store that could not be opened works in memory, and becomes durable later", async () => {
  for (const exists of [false, true]) {
    const inner = new MemoryStateStore();
    await inner.set(["there"], 1);
    const { store, faulty } = await manage(inner, {
      exists,
      openFault: "unavailable",
    });
    assertEquals(store.status.mode, "degraded");
    await store.set(["a"], 1);
    await store.commit({ writes: [SUM] });
    assertEquals((await store.get(["a"]))?.value, 1);
    if (exists) {
      await refuses("unavailable", () => store.get(["b"]));
    } else {
      assertEquals(await store.get(["b"]), undefined);
      assert(await store.lease(["job"], { ttlMs: 1_000 }));
      assertEquals(await store.count(["n"]), 1);
    }
    faulty.openFault = undefined;
    await until(() => store.status.mode === "durable");
    assertEquals((await inner.get(["a"]))?.value, 1);
    assertEquals((await store.get(["there"]))?.value, 1);
    assertEquals(await inner.count(["n"]), 1);
    await store.close();
  }
});

Deno.test("A store that was written by a newer program is refused on opening", async () => {
  const opening = () =>
    manage(new MemoryStateStore(), { openFault: "newer_schema" });
  await refuses("newer_schema", opening);
});

Deno.test("A degraded store refuses more changes than may wait", async () => {
  const { store, faulty } = await manage(new MemoryStateStore(), {
    maxRows: 3,
  });
  faulty.writeFault = "full";
  for (let at = 0; at < 3; at++) await store.set(["a", at], at);
  await refuses("full", () => store.set(["a", 3], 3));
  assertEquals(store.status.waiting, 3);
  faulty.writeFault = undefined;
  await until(() => store.status.mode === "durable");
  assertEquals((await store.list(["a"])).entries.length, 3);
  await store.close();
});

Deno.test("S1: while a write takes long others wait in memory and none is lost", async () => {
  const inner = new MemoryStateStore();
  const { store, faulty } = await manage(inner, { slowMs: 20 });
  const { promise, resolve } = Promise.withResolvers<void>();
  faulty.hold = promise;
  const slow = store.set(["slow"], 1);
  await until(() => store.status.mode === "degraded");
  const start = performance.now();
  for (let at = 0; at < 200; at++) await store.commit({ writes: [SUM] });
  assert(performance.now() - start < 10_000);
  resolve();
  faulty.hold = undefined;
  await slow;
  await until(() => store.status.mode === "durable");
  assertEquals([await inner.count(["n"]), (await inner.get(["slow"]))?.value], [
    200,
    1,
  ]);
  // What waits is written together.
  assert(faulty.commits < 20, `${faulty.commits}`);
  await store.close();
});

Deno.test("S7: sums whose answer is missing are added once, however often they are sent", async () => {
  const inner = new MemoryStateStore();
  const { store, faulty } = await manage(inner, { isRemote: true });
  faulty.isUncertain = true;
  faulty.writeFault = "unavailable";
  await store.commit({ writes: [SUM] });
  await store.commit({ writes: [SUM] });
  const sent = faulty.commits;
  await until(() => faulty.commits > sent + 5);
  faulty.isUncertain = false;
  faulty.writeFault = undefined;
  await until(() => store.status.mode === "durable");
  assertEquals(await inner.count(["n"]), 2);
  assert(faulty.opened > 1);
  await store.close();
});

Deno.test("A store that is closed while changes wait writes them if it can, and tells if not", async () => {
  const inner = new MemoryStateStore();
  const one = await manage(inner);
  one.faulty.writeFault = "full";
  await one.store.set(["a"], 1);
  one.faulty.writeFault = undefined;
  await one.store.close();
  assertEquals((await inner.get(["a"]))?.value, 1);
  const other = await manage(inner);
  other.faulty.writeFault = "full";
  await other.store.set(["a"], 2);
  await other.store.set(["b"], 2);
  await other.store.close();
  assertEquals(other.alarms.at(-1), { type: "lost", rows: 2 });
  assertEquals(other.store.status.mode, "closed");
  assertEquals((await inner.get(["a"]))?.value, 1);
});

Deno.test("A managed store goes on when whoever listens to its alarms throws", async () => {
  const { store, faulty, alarms } = await manage(new MemoryStateStore());
  alarms.push = () => {
    throw new Error("The listener is broken");
  };
  faulty.writeFault = "full";
  await store.set(["a"], 1);
  faulty.writeFault = undefined;
  await until(() => store.status.mode === "durable");
  assertEquals((await store.get(["a"]))?.value, 1);
  await store.close();
});

type Step = "fail" | "heal" | StateWrite;

const KEY = fc.constantFrom(["a"], ["a", 1], ["a", "b"], ["b"], ["c"]);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>("fail"),
  fc.constant<Step>("heal"),
  fc.record({ type: fc.constant("set" as const), key: KEY, value: fc.nat(9) }),
  fc.record({ type: fc.constant("delete" as const), key: KEY }),
  fc.record({
    type: fc.constant("sum" as const),
    key: KEY,
    amount: fc.integer({ min: -5, max: 5 }),
  }),
  fc.record({ type: fc.constant("reset" as const), key: KEY }),
);

Deno.test("A store that fails and heals reads as one that never does", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { maxLength: 25 }), async (steps) => {
      const inner = new MemoryStateStore();
      const truth = new MemoryStateStore();
      const { store, faulty } = await manage(inner, { isRemote: true });
      for (const step of steps) {
        if (step === "heal") faulty.writeFault = undefined;
        else if (step === "fail") faulty.writeFault = "full";
        else {
          await store.commit({ writes: [step] });
          await truth.commit({ writes: [step] });
          const [seen, real] = [
            await store.get(step.key),
            await truth.get(step.key),
          ];
          assertEquals(seen?.value, real?.value);
          assertEquals(
            await store.count(step.key),
            await truth.count(step.key),
          );
        }
        const [seen, real] = [await contents(store), await contents(truth)];
        assertEquals(withoutZero(seen), withoutZero(real));
      }
      faulty.writeFault = undefined;
      await until(() => store.status.mode === "durable");
      assertEquals(
        withoutZero(await contents(inner)),
        withoutZero(await contents(truth)),
      );
      await store.close();
    }),
    { numRuns: 60 },
  );
});

/** A count of zero is the same as none. */
function withoutZero(all: unknown): unknown {
  const { values, counts } = all as {
    values: unknown;
    counts: { count: number }[];
  };
  return { values, counts: counts.filter(({ count }) => count !== 0) };
}

Deno.test("A degraded store lists by pages what is stored and what waits", async () => {
  const inner = new MemoryStateStore();
  const { store, faulty } = await manage(inner);
  for (let at = 0; at < 40; at += 2) await store.set(["a", at], "stored");
  faulty.writeFault = "full";
  for (let at = 1; at < 60; at += 2) await store.set(["a", at], "waits");
  await store.delete(["a", 4]);
  const seen: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(["a"], { limit: 7, cursor });
    assert(page.entries.length <= 7);
    seen.push(...page.entries.map(({ key }) => key[1]));
    cursor = page.cursor;
  } while (cursor !== undefined);
  const expected = Array.from({ length: 60 }, (_, at) => at)
    .filter((at) => at !== 4 && (at % 2 === 1 || at < 40));
  assertEquals(seen, expected);
  await store.close();
});
