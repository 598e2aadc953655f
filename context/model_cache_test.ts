import { assert, assertEquals, assertThrows } from "@std/assert";
import { MemoryStateStore } from "./memory_state_store.ts";
import {
  ModelCache,
  type ModelEntry,
  type ModelLoader,
} from "./model_cache.ts";

interface Provider {
  readonly load: ModelLoader;
  /** How often it was asked. */
  asked: number;
  /** What it answers; an error is thrown. */
  answer: readonly ModelEntry[] | Error;
}

function providerOf(...ids: string[]): Provider {
  const provider: Provider = {
    asked: 0,
    answer: ids.map((id) => ({ id })),
    load: () => {
      provider.asked++;
      return provider.answer instanceof Error
        ? Promise.reject(provider.answer)
        : Promise.resolve(provider.answer);
    },
  };
  return provider;
}

/** A loader that never answers and notes how it was ended. */
function hangingLoader(): { load: ModelLoader; reasons: string[] } {
  const reasons: string[] = [];
  const load: ModelLoader = (signal) => {
    signal.addEventListener("abort", () => reasons.push(signal.reason.name));
    return new Promise(() => {});
  };
  return { load, reasons };
}

Deno.test("ModelCache.list() asks once and serves from memory while fresh", async () => {
  let now = 0;
  const cache = new ModelCache({ ttl: 100, now: () => now });
  const acme = providerOf("a", "b");
  cache.add("acme", acme.load);
  assertEquals(cache.peek("acme"), undefined);
  const listing = {
    models: [{ id: "a" }, { id: "b" }],
    readAt: 0,
    truncated: false,
  };
  assertEquals(await cache.list("acme"), listing);
  now = 99;
  assertEquals(await cache.list("acme"), listing);
  assertEquals(acme.asked, 1);
  now = 100;
  assertEquals((await cache.list("acme"))?.readAt, 100);
  assertEquals(acme.asked, 2);
});

Deno.test("ModelCache.list() asks once for all who ask at the same time", async () => {
  const cache = new ModelCache();
  const acme = providerOf("a");
  cache.add("acme", acme.load);
  const listings = await Promise.all([
    cache.list("acme"),
    cache.list("acme"),
    cache.refresh("acme"),
  ]);
  assertEquals(acme.asked, 1);
  assert(listings.every((listing) => listing === listings[0]));
});

Deno.test("ModelCache.list() serves the last listing while a provider is down", async () => {
  let now = 0;
  const failures: [string, unknown][] = [];
  const onFailure = (provider: string, error: unknown) =>
    void failures.push([provider, error]);
  const cache = new ModelCache({
    ttl: 100,
    failureTtl: 10,
    now: () => now,
    onFailure,
  });
  const acme = providerOf("a");
  cache.add("acme", acme.load);
  await cache.list("acme");
  acme.answer = new Error("Down");
  now = 100;
  assertEquals((await cache.list("acme"))?.models, [{ id: "a" }]);
  assertEquals(failures, [["acme", acme.answer]]);
  assertEquals(cache.find("a"), ["acme"]);
});

Deno.test("ModelCache.list() gives the last listing where a provider hangs, and the next one once it has come", async () => {
  let now = 0;
  const cache = new ModelCache({ ttl: 100, now: () => now });
  const late = Promise.withResolvers<{ id: string }[]>();
  let asked = 0;
  cache.add(
    "acme",
    () => asked++ === 0 ? Promise.resolve([{ id: "a" }]) : late.promise,
  );
  await cache.list("acme");
  now = 100;
  assertEquals((await cache.list("acme"))?.models, [{ id: "a" }]);
  late.resolve([{ id: "b" }]);
  await cache.refresh("acme");
  assertEquals((await cache.list("acme"))?.models, [{ id: "b" }]);
  assertEquals(asked, 2);
  cache.close();
});

Deno.test("ModelCache.list() leaves a provider that failed alone for a while", async () => {
  let now = 0;
  const cache = new ModelCache({ failureTtl: 10, now: () => now });
  const acme = providerOf("a");
  const models = acme.answer;
  acme.answer = new Error("Down");
  cache.add("acme", acme.load);
  for (now of [0, 5, 9]) assertEquals(await cache.list("acme"), undefined);
  assertEquals(acme.asked, 1);
  acme.answer = models;
  now = 10;
  assertEquals((await cache.list("acme"))?.models, models);
  assertEquals(acme.asked, 2);
});

Deno.test("ModelCache.refresh() asks even where the listing is fresh or the last load failed", async () => {
  const cache = new ModelCache();
  const acme = providerOf("a");
  cache.add("acme", acme.load);
  await cache.refresh("acme");
  acme.answer = new Error("Down");
  await cache.refresh("acme");
  acme.answer = [{ id: "b", created: 1, ownedBy: "acme" }];
  assertEquals((await cache.refresh("acme"))?.models, acme.answer);
  assertEquals([acme.asked, cache.find("a"), cache.find("b")], [3, [], [
    "acme",
  ]]);
});

Deno.test("ModelCache asks again when the clock was set back", async () => {
  let now = 1_000;
  const cache = new ModelCache({ ttl: 100, now: () => now });
  const acme = providerOf("a");
  cache.add("acme", acme.load);
  await cache.list("acme");
  now = 0;
  await cache.list("acme");
  assertEquals(acme.asked, 2);
});

Deno.test("ModelCache ends a load at its deadline, whether the loader cares or not", async () => {
  const failures: unknown[] = [];
  const cache = new ModelCache({
    loadTimeout: 5,
    onFailure: (_, error) => void failures.push((error as Error).name),
  });
  const { load, reasons } = hangingLoader();
  cache.add("acme", load);
  assertEquals(await cache.list("acme"), undefined);
  assertEquals([reasons, failures], [["TimeoutError"], ["TimeoutError"]]);
});

Deno.test("ModelCache.close() ends the loads under way and starts no more", async () => {
  const cache = new ModelCache();
  const { load, reasons } = hangingLoader();
  const quick = providerOf("a");
  cache.add("slow", load);
  cache.add("quick", quick.load);
  await cache.list("quick");
  const listing = cache.list("slow");
  cache.close();
  assertEquals(await listing, undefined);
  assertEquals(reasons, ["AbortError"]);
  assertEquals((await cache.refresh("quick"))?.models, [{ id: "a" }]);
  assertEquals(quick.asked, 1);
});

Deno.test("ModelCache.find() names every provider that lists a model, and asks nobody", async () => {
  const cache = new ModelCache();
  const [acme, zeta] = [providerOf("shared", "a", "a"), providerOf("shared")];
  cache.add("acme", acme.load);
  cache.add("zeta", zeta.load);
  assertEquals(cache.find("shared"), []);
  assertEquals([acme.asked, zeta.asked], [0, 0]);
  await Promise.all([cache.list("acme"), cache.list("zeta")]);
  assertEquals([cache.find("shared"), cache.find("a")], [["acme", "zeta"], [
    "acme",
  ]]);
  for (const name of ["constructor", "__proto__", ""]) {
    assertEquals(cache.find(name), []);
  }
});

Deno.test("ModelCache cuts what is too long and says so", async () => {
  const cache = new ModelCache({ maxModels: 2 });
  cache.add("acme", providerOf("a", "b", "c").load);
  const listing = await cache.list("acme");
  assertEquals([listing?.truncated, listing?.models.length], [true, 2]);
  assertEquals([cache.find("b"), cache.find("c")], [["acme"], []]);
});

Deno.test("ModelCache.add() throws when there are too many providers", () => {
  const cache = new ModelCache({ maxProviders: 1 });
  const { load } = providerOf("a");
  cache.add("acme", load);
  cache.add("acme", load);
  assertThrows(
    () => cache.add("zeta", load),
    RangeError,
    'Cannot add provider "zeta": there are 1 already',
  );
});

Deno.test("ModelCache forgets what a provider listed once it is removed or replaced", async () => {
  const cache = new ModelCache();
  cache.add("acme", providerOf("a").load);
  await cache.list("acme");
  cache.add("acme", providerOf("b").load);
  assertEquals([cache.peek("acme"), cache.find("a")], [undefined, []]);
  await cache.list("acme");
  cache.remove("acme");
  cache.remove("never-there");
  assertEquals([await cache.list("acme"), cache.find("b")], [undefined, []]);
});

Deno.test("P5: ModelCache takes loaders that throw or answer nonsense for failures", async () => {
  const failures: string[] = [];
  const cache = new ModelCache({
    onFailure: (provider) => void failures.push(provider),
  });
  const answers = [null, {}, 7] as unknown as ModelEntry[][];
  for (const [at, answer] of answers.entries()) {
    cache.add(`p${at}`, () => Promise.resolve(answer));
    assertEquals(await cache.list(`p${at}`), undefined, `p${at}`);
  }
  cache.add("thrower", () => {
    throw new Error("At once");
  });
  assertEquals(await cache.list("thrower"), undefined);
  assertEquals(failures, ["p0", "p1", "p2", "thrower"]);
  const rows = [null, { id: 3 }, { id: "" }, { id: "x" }];
  cache.add("rows", () => Promise.resolve(rows as unknown as ModelEntry[]));
  assertEquals((await cache.list("rows"))?.models, [{ id: "x" }]);
});

Deno.test("ModelCache has what an earlier process was told while it is fresh, and as long as the provider is down", async () => {
  let time = 1_000;
  const now = (): number => time;
  const store = new MemoryStateStore({ now });
  const acme = providerOf("a", "b");
  const start = (address = "https://acme.example"): ModelCache => {
    const cache = new ModelCache({ store, now, ttl: 100 });
    cache.add("acme", acme.load, { address });
    return cache;
  };
  const ids = async (cache: ModelCache) =>
    (await cache.list("acme"))?.models.map(({ id }) => id);
  assertEquals(await ids(start()), ["a", "b"]);
  assertEquals(acme.asked, 1);
  // Fresh: nobody is asked.
  const second = start();
  assertEquals(await ids(second), ["a", "b"]);
  assertEquals([acme.asked, second.find("a")], [1, ["acme"]]);
  // Stale: the provider is asked, and its word counts.
  time += 200;
  acme.answer = [{ id: "c" }];
  assertEquals(await ids(start()), ["c"]);
  assertEquals(acme.asked, 2);
  // Stale, and the provider is down.
  time += 200;
  acme.answer = new Error("down");
  assertEquals(await ids(start()), ["c"]);
  // Of another place nothing is known.
  assertEquals(await ids(start("https://other.example")), undefined);
  // Not for ever.
  time += 8 * 86_400_000;
  assertEquals(await ids(start()), undefined);
});

Deno.test("S7: ModelCache waits for no store, and takes what is in it for what it is", async () => {
  const faulty = new MemoryStateStore();
  faulty.get = () => new Promise(() => {});
  faulty.set = () => Promise.reject(new Error("full"));
  const acme = providerOf("a");
  const hanging = new ModelCache({ store: faulty });
  hanging.add("acme", acme.load);
  assertEquals((await hanging.list("acme"))?.models, [{ id: "a" }]);
  const store = new MemoryStateStore();
  acme.answer = new Error("down");
  const odd = [1, {}, { address: "", listing: 5 }, {
    address: "",
    listing: { models: [null, { id: 7 }, { id: "x" }], readAt: 0 },
  }];
  for (const value of odd) {
    await store.set(["models", "acme"], value);
    const cache = new ModelCache({ store });
    cache.add("acme", acme.load);
    const listing = await cache.list("acme");
    assert(listing === undefined || listing.models.length === 1);
  }
});
