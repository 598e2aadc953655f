import { cacheKey } from "./cache_key.ts";
import { SmartCache } from "./smart_cache.ts";

const cache = new SmartCache<{ readonly text: string }>({ ttlMs: 3_600_000 });
const keys = Array.from({ length: 10_000 }, (_, i) => cacheKey([String(i)]));
for (const key of keys) cache.set(key, { text: "an answer ".repeat(20) });
let next = 0;

Deno.bench("SmartCache: a hit in memory (at most 3 µs)", async () => {
  await cache.get(keys[next++ % keys.length] ?? "");
});

Deno.bench("SmartCache: a miss", async () => {
  await cache.get("none");
});

for (const kib of [1, 4, 16, 64]) {
  const message = { role: "user", content: "words ".repeat(kib * 171) };
  Deno.bench(`cacheKey: ${kib} KiB of JSON (at most 2.5 µs a KiB)`, () => {
    cacheKey(["team-a", "model", JSON.stringify([message])]);
  });
}
