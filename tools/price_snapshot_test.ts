import { assert, assertEquals } from "@std/assert";
import { currentPrices, knownPrices, priceChanges } from "./price_snapshot.ts";

Deno.test("the prices of models in use are those that were looked at; after an update of the table 'deno task prices' shows what changed", async () => {
  assertEquals(priceChanges(await knownPrices(), await currentPrices()), []);
});

Deno.test("every model in use has a price, and none is out of all proportion", async () => {
  const prices = await currentPrices();
  for (const [name, rate] of Object.entries(prices)) {
    assert(rate !== null, `${name} has no price`);
    assert(rate >= 0 && rate <= 1_000, `${name}: ${rate}`);
    if (!name.endsWith(" cachedInput")) continue;
    const input = prices[name.replace(/cachedInput$/, "input")] ?? 0;
    assert(rate <= input, `${name}: from the cache it costs more`);
  }
});

Deno.test("priceChanges() names what is new, gone or another", () => {
  assertEquals(
    priceChanges({ a: 1, b: 2, c: null }, { b: 3, c: null, d: 4 }),
    ["a: 1 → none", "b: 2 → 3", "d: none → 4"],
  );
});
