import { assertEquals, assertLessOrEqual } from "@std/assert";
import { SummaryCache } from "./summary_cache.ts";

Deno.test("SummaryCache is bounded by entries, characters and time", async () => {
  let time = 0;
  const cache = new SummaryCache({
    maxEntries: 3,
    maxChars: 100,
    ttlMs: 10,
    now: () => time,
  });
  const make = (text: string) => () => Promise.resolve(text);
  for (const key of ["a", "b", "c"]) await cache.getOrMake(key, make(key));
  cache.get("a");
  await cache.getOrMake("d", make("d"));
  assertEquals(["a", "b", "c", "d"].map((it) => cache.get(it)), [
    "a",
    undefined,
    "c",
    "d",
  ]);
  await cache.getOrMake("long", make("x".repeat(98)));
  assertLessOrEqual(cache.bytes, 200);
  await cache.getOrMake("longer", make("x".repeat(101)));
  assertEquals(cache.get("longer"), undefined);
  time = 11;
  assertEquals(cache.get("long"), undefined);
});

Deno.test("SummaryCache tells a failure to all who wait, and tries anew after it", async () => {
  const cache = new SummaryCache();
  let calls = 0;
  const fail = () => Promise.reject(new Error(`${++calls}`));
  const all = await Promise.allSettled([
    cache.getOrMake("a", fail),
    cache.getOrMake("a", fail),
  ]);
  assertEquals(all.map(({ status }) => status), ["rejected", "rejected"]);
  assertEquals(calls, 1);
  assertEquals(await cache.getOrMake("a", () => Promise.resolve("b")), "b");
});
