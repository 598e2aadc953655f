// An hour of simulated time, in which everything that is asked is new.
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { openBare, withDirectory } from "./_test_state.ts";
import { ModelCache } from "./model_cache.ts";
import { SmartCache } from "./smart_cache.ts";
import { TokenEstimator } from "./token_estimator.ts";
import { measureRequest } from "./token_measure.ts";

/** `deno task test:soak` asks more in a simulated second, and writes to a file. */
const isFull = Deno.env.get("SOAK") === "full";
const ASKED = isFull ? 20 : 2;
const MINUTE = 60_000;

/** What is held after a while. */
interface Held {
  readonly entries: number;
  readonly memory: number;
  readonly rows: number;
  readonly file: number;
  readonly models: number;
}

/** All that a database of Deno takes on the disk. */
async function sizeOf(path: string): Promise<number> {
  let size = 0;
  for (const end of ["", "-wal"]) {
    size += (await Deno.stat(path + end).catch(() => ({ size: 0 }))).size;
  }
  return size;
}

Deno.test("S8: in an hour of nothing but new requests no map and no file grows without bound", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "state.kv");
    let time = 1_000_000;
    const now = (): number => time;
    const { kv, store } = await openBare(path, now);
    const cache = new SmartCache<string>({
      now,
      store: isFull ? store : undefined,
      ttlMs: 2 * MINUTE,
      staleMs: MINUTE,
      maxEntries: 200,
      maxBytes: 200_000,
      maxStoreBytes: 400_000,
    });
    const estimator = new TokenEstimator({ maxModels: 50 });
    const catalogue = new ModelCache({ now, ttl: 5 * MINUTE, maxModels: 100 });
    let listed = 0;
    catalogue.add("acme", () =>
      Promise.resolve(
        Array.from({ length: 200 }, () => ({ id: `m${listed++}` })),
      ));
    const measure = measureRequest({
      messages: [{
        role: "user",
        parts: [{ type: "text", text: "word ".repeat(400) }],
      }],
    });
    const marks: Held[] = [];
    for (let second = 1; second <= 3_600; second++) {
      time += 1_000;
      for (let at = 0; at < ASKED; at++) {
        const key = `${second}/${at}`;
        const load = () => Promise.resolve("word ".repeat(100 + second % 100));
        await cache.getOrSet(key, load);
        await cache.get(`${second - 30}/${at}`);
        estimator.learn(measure, key, 500);
      }
      await catalogue.list("acme");
      // What is written behind gets its turn, as often as it would.
      if (isFull && second % 30 === 0) {
        await new Promise((resolve) => setTimeout(resolve, 110));
        while (await store.sweep());
      }
      if (second % 600 !== 0) continue;
      let rows = 0;
      for await (const _ of kv.list({ prefix: [] })) rows++;
      marks.push({
        entries: cache.stats.entries,
        memory: cache.stats.bytes,
        rows,
        file: await sizeOf(path),
        models: estimator.models,
      });
    }
    const [, , half, , , last] = marks;
    assert(half !== undefined && last !== undefined);
    assert(last.entries <= 200 && last.memory <= 200_000);
    assertEquals(last.models, 50);
    assertEquals(half.rows > 0, isFull);
    assert(last.rows <= half.rows * 1.5 + 50, JSON.stringify(marks));
    // A page that was freed is used again.
    assert(last.file <= half.file * 1.5, JSON.stringify(marks));
    assertEquals(catalogue.peek("acme")?.models.length, 100);
    assertEquals(catalogue.find("m0"), []);
    catalogue.close();
    await cache.close();
    await store.close();
  });
});
