import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { FaultyStore } from "./_test_faulty_store.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { SmartCache } from "./smart_cache.ts";
import type { SmartCacheOptions } from "./smart_cache_options.ts";
import type { StateEntry, StateKey, StateStore } from "./state_store.ts";
import { until } from "../logging/_test_wait.ts";

/** A cache whose clock stands still. */
function make(options: SmartCacheOptions = {}): {
  readonly cache: SmartCache<unknown>;
  readonly clock: { now: number };
} {
  const clock = { now: 1_000 };
  return {
    clock,
    cache: new SmartCache({ ttlMs: 100, now: () => clock.now, ...options }),
  };
}

Deno.test("SmartCache keeps an entry for its time, then as stale, then no longer", async () => {
  const { cache, clock } = make({ staleMs: 50 });
  cache.set("a", { x: 1 });
  clock.now += 99;
  assertEquals(cache.peek("a"), {
    value: { x: 1 },
    ageMs: 99,
    isStale: false,
  });
  clock.now += 1;
  assertEquals(cache.peek("a")?.isStale, true);
  clock.now += 50;
  assertEquals(await cache.get("a"), undefined);
  cache.set("b", 1, { ttlMs: 10, staleMs: 0 });
  clock.now += 10;
  assertEquals(cache.peek("b"), undefined);
  const { hits, staleHits, misses, entries, bytes } = cache.stats;
  assertEquals([hits, staleHits, misses, entries, bytes], [2, 1, 1, 0, 0]);
});

Deno.test("S5: SmartCache tells no age below 0 when the clock is set back, and keeps nothing longer for it than that", () => {
  const { cache, clock } = make();
  cache.set("a", 1);
  clock.now -= 3_600_000;
  assertEquals(cache.peek("a")?.ageMs, 0);
  clock.now += 3_600_000 + 100;
  assertEquals(cache.peek("a"), undefined);
});

Deno.test("SmartCache is bounded by entries and by bytes, and the least used go first", () => {
  const { cache } = make({ maxEntries: 3 });
  for (const key of ["a", "b", "c"]) cache.set(key, key);
  cache.peek("a");
  cache.set("d", "d");
  assertEquals(["a", "b", "c", "d"].map((key) => cache.peek(key)?.value), [
    "a",
    undefined,
    "c",
    "d",
  ]);
  const small = make({ maxBytes: 10_000 }).cache;
  for (let i = 0; i < 1_000; i++) {
    small.set(`key-${i}`, "x".repeat(i));
    assert(small.stats.bytes <= 10_000);
  }
  assert(small.stats.entries > 5);
  small.set("large", "x".repeat(2_000));
  assertEquals(small.peek("large"), undefined);
  small.shrink(3_000);
  assert(small.stats.bytes <= 3_000 && small.stats.entries > 0);
});

Deno.test("SmartCache keeps within its bounds and tells the truth, whatever is done", () => {
  const step = fc.record({
    key: fc.integer({ min: 0, max: 6 }).map(String),
    size: fc.integer({ min: 0, max: 400 }),
    wait: fc.integer({ min: 0, max: 60 }),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const { cache, clock } = make({ maxEntries: 4, maxBytes: 2_000 });
    const last = new Map<string, { value: string; at: number }>();
    for (const { key, size, wait } of steps) {
      clock.now += wait;
      const found = cache.peek(key);
      if (found !== undefined) {
        const wanted = last.get(key);
        assertEquals(found.value, wanted?.value);
        assertEquals(found.ageMs, clock.now - (wanted?.at ?? NaN));
        assert(found.ageMs < 100);
      }
      const value = "x".repeat(size);
      cache.set(key, value);
      last.set(key, { value, at: clock.now });
      const { entries, bytes } = cache.stats;
      assert(entries <= 4 && bytes <= 2_000);
    }
  }));
});

Deno.test("getOrSet() loads once for all who ask meanwhile", async () => {
  const { cache } = make();
  const gate = Promise.withResolvers<number>();
  let loads = 0;
  const ask = () => cache.getOrSet("a", () => (loads++, gate.promise));
  const asked = Array.from({ length: 50 }, ask);
  await until(() => loads > 0);
  gate.resolve(7);
  for (const { value } of await Promise.all(asked)) assertEquals(value, 7);
  assertEquals((await ask()).value, 7);
  assertEquals([loads, cache.stats.loads], [1, 1]);
});

Deno.test("getOrSet() tells one failure to all who waited, and stores none", async () => {
  const { cache } = make();
  let loads = 0;
  const fail = (): Promise<never> => {
    loads++;
    return Promise.reject(new Error("It is down"));
  };
  const results = await Promise.allSettled(
    Array.from({ length: 20 }, () => cache.getOrSet("a", fail)),
  );
  assert(results.every(({ status }) => status === "rejected"));
  assertEquals(loads, 1);
  const { value } = await cache.getOrSet("a", () => Promise.resolve("up"));
  assertEquals(value, "up");
});

Deno.test("getOrSet() remembers a failure only where it is told to, and not for long", async () => {
  const { cache, clock } = make();
  let loads = 0;
  const ask = () =>
    cache.getOrSet("a", () => {
      loads++;
      return Promise.reject(new Error(`No ${loads}`));
    }, { negativeTtlMs: 50 });
  for (let i = 0; i < 3; i++) await assertRejects(ask, Error, "No 1");
  clock.now += 50;
  await assertRejects(ask, Error, "No 2");
});

Deno.test("getOrSet() goes on when the one who asked first leaves, and stops when all have", async () => {
  const { cache } = make();
  const first = new AbortController();
  const second = new AbortController();
  const gate = Promise.withResolvers<string>();
  let aborted = false;
  const load = (signal: AbortSignal): Promise<string> => {
    signal.addEventListener("abort", () => aborted = true);
    return gate.promise;
  };
  const ask = ({ signal }: AbortController, key = "a") =>
    cache.getOrSet(key, load, { signal });
  const leader = assertRejects(() => ask(first), Error, "I left");
  const follower = ask(second);
  await until(() => cache.stats.loads === 1);
  first.abort(new Error("I left"));
  await leader;
  assertEquals(aborted, false);
  gate.resolve("here");
  assertEquals((await follower).value, "here");
  assertEquals(aborted, false);

  const alone = new AbortController();
  const left = assertRejects(
    () =>
      cache.getOrSet("b", (signal) => {
        signal.addEventListener("abort", () => aborted = true);
        return new Promise(() => {});
      }, { signal: alone.signal }),
    Error,
    "I left",
  );
  await until(() => cache.stats.loads === 2);
  alone.abort(new Error("I left"));
  await left;
  assertEquals(aborted, true);
});

Deno.test("getOrSet() gives back what is stale, and loads it anew once in the background", async () => {
  const { cache, clock } = make({ staleMs: 1_000 });
  cache.set("a", "old");
  clock.now += 100;
  let loads = 0;
  const gate = Promise.withResolvers<void>();
  const load = async (): Promise<string> => {
    loads++;
    await gate.promise;
    return "new";
  };
  for (let i = 0; i < 5; i++) {
    const { value, isStale } = await cache.getOrSet("a", load);
    assertEquals([value, isStale], ["old", true]);
  }
  gate.resolve();
  await until(() => cache.peek("a")?.value === "new");
  assertEquals(loads, 1);
  clock.now += 100;
  await cache.getOrSet("a", () => Promise.reject(new Error("It is down")));
  await until(() => cache.stats.loadFailures === 1);
  assertEquals(cache.peek("a")?.value, "new");
});

Deno.test("SmartCache compresses what is large, and gives it back as it was", async () => {
  const value = { text: "so much of the same. ".repeat(2_000), n: [1, "é"] };
  const { cache } = make({ compressFromBytes: 1_000 });
  const plain = make().cache;
  cache.set("a", value);
  plain.set("a", value);
  await until(() => cache.stats.bytes < plain.stats.bytes / 10);
  assertEquals(cache.peek("a"), undefined);
  assertEquals((await cache.get("a"))?.value, value);
});

Deno.test("SmartCache has in its store what memory has lost, after a restart as well", async () => {
  const store = new MemoryStateStore({ now: () => 0 });
  const options = { store, prefix: ["cache", "answers"] };
  const one = make({ ...options, compressFromBytes: 1_000 });
  one.cache.set("small", { x: 1 });
  one.cache.set("large", "so much of the same. ".repeat(500));
  await until(() => one.cache.stats.bytes < 2_000);
  await one.cache.close();
  const other = make(options);
  other.clock.now += 40;
  assertEquals(await other.cache.get("small"), {
    value: { x: 1 },
    ageMs: 40,
    isStale: false,
  });
  assertEquals(other.cache.peek("small")?.value, { x: 1 });
  assertEquals(
    (await other.cache.get("large"))?.value,
    "so much of the same. ".repeat(500),
  );
  assertEquals(other.cache.stats.storeHits, 2);
  other.clock.now += 60;
  const late = make(options);
  late.clock.now = other.clock.now;
  assertEquals(await late.cache.get("small"), undefined);
  await other.cache.clear();
  assertEquals((await store.list(["cache"])).entries, []);
  await store.close();
});

Deno.test("SmartCache writes no more to its store than that may hold", async () => {
  const store = new MemoryStateStore({ now: () => 0 });
  const { cache, clock } = make({ store, maxStoreBytes: 10_000 });
  for (let i = 0; i < 100; i++) cache.set(`key-${i}`, "x".repeat(1_000));
  await cache.close();
  const rows = (await store.list(["cache"])).entries.length;
  assert(rows > 2 && rows < 10, String(rows));
  assert(cache.stats.storeFailures > 0);
  clock.now += 100;
  cache.set("later", "x".repeat(1_000));
  await cache.close();
  assertEquals((await store.list(["cache"])).entries.length, rows + 1);
});

Deno.test("S7: SmartCache waits for no store: one that hangs or fails is left alone", async () => {
  const faulty = new FaultyStore(new MemoryStateStore());
  const hanging = Promise.withResolvers<undefined>();
  let calls = 0;
  let hangs = true;
  const inner = await faulty.open();
  const store: StateStore = {
    ...inner,
    get<T>(key: StateKey): Promise<StateEntry<T> | undefined> {
      calls++;
      return hangs ? hanging.promise : inner.get<T>(key);
    },
  };
  const { cache, clock } = make({ store, storeWithinMs: 10 });
  for (let i = 0; i < 100; i++) assertEquals(await cache.get("a"), undefined);
  assertEquals(calls, 1);
  clock.now += 1_000;
  hangs = false;
  faulty.readFault = faulty.writeFault = "unavailable";
  for (let i = 0; i < 100; i++) assertEquals(await cache.get("a"), undefined);
  assertEquals(calls, 2);
  cache.set("a", 1);
  await cache.close();
  assertEquals(cache.peek("a")?.value, 1);
  assertEquals(cache.stats.storeFailures, 3);
  hanging.resolve(undefined);
});

Deno.test("SmartCache takes what is in its store for what it is", async () => {
  const store = new MemoryStateStore({ now: () => 0 });
  const odd = [1, "x", {}, new Uint8Array(3), new Uint8Array(60).fill(1)];
  for (const value of odd) {
    await store.set(["cache", "a"], value);
    const { cache } = make({ store });
    assertEquals(await cache.get("a"), undefined);
  }
  await store.close();
});

Deno.test("clear() forgets what is being loaded as well", async () => {
  const { cache } = make();
  const gate = Promise.withResolvers<number>();
  const asked = cache.getOrSet("a", () => gate.promise);
  await until(() => cache.stats.loads === 1);
  await cache.clear();
  gate.resolve(1);
  assertEquals((await asked).value, 1);
  assertEquals(cache.peek("a"), undefined);
});

Deno.test("SmartCache refuses numbers that make no sense", () => {
  for (const options of [{ ttlMs: -1 }, { maxBytes: NaN }]) {
    assertThrows(() => new SmartCache(options), RangeError);
  }
});
