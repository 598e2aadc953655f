import { assert, assertEquals } from "@std/assert";
import { costOf } from "./cost.ts";
import { PriceBook } from "./price_book.ts";
import { loadPriceTable, type PriceTable } from "./price_table.ts";

const OPENAI = "https://api.openai.com/v1";
const TERMS = {
  rates: { input: 1, output: 2 },
  source: "config",
  version: "1",
};

Deno.test("PriceBook puts the operator's price before the table's, and keeps the table's window", async () => {
  const book = new PriceBook();
  const place = { provider: "openai", address: OPENAI, model: "gpt-4o" };
  book.set("openai", "gpt-4o", TERMS);
  await book.load();
  assertEquals(book.find(place)?.price.terms.source, "config");
  assertEquals(book.find(place)?.contextWindow, 128_000);
  const mini = book.find({ ...place, model: "gpt-4o-mini" });
  assertEquals(mini?.price.terms.source, "genai-prices");
  assertEquals(
    costOf({ input: 2_000_000, cached: 1_000_000, output: 0 }, mini!.price),
    225_000_000_000n,
  );
});

Deno.test("PriceBook loads the table when it is first needed, once, and knows providers by their address", async () => {
  let loads = 0;
  const book = new PriceBook({
    load: () => {
      loads++;
      return loadPriceTable();
    },
  });
  const at = (address: string) =>
    book.find({ provider: "x", address, model: "gpt-4o" });
  assertEquals(at("http://127.0.0.1:8080/v1"), undefined);
  assertEquals(loads, 0);
  assertEquals(at(OPENAI), undefined);
  await book.load();
  assertEquals(loads, 1);
  assert(book.isComplete);
  assertEquals(at(OPENAI)?.price.terms.rates.output, 10);
  // A server of one's own sends no bill, whatever its models are called.
  assertEquals(at("http://127.0.0.1:8080/v1"), undefined);
  assert(at("https://acme.openai.azure.com/openai/v1") !== undefined);
});

Deno.test("PriceBook stays of use where the table does not load, or stumbles", async () => {
  const causes: unknown[] = [];
  const onFailure = (cause: unknown): void => void causes.push(cause);
  const broken = new PriceBook({
    load: () => Promise.reject(new Error("none")),
    onFailure,
  });
  broken.set("a", "m", TERMS);
  await broken.load();
  assertEquals(causes.length, 1);
  const place = { provider: "a", address: OPENAI, model: "m" };
  assertEquals(broken.find(place)?.price.terms.rates.input, 1);
  const table: PriceTable = {
    find() {
      throw new Error("odd name");
    },
  };
  const book = new PriceBook({ load: () => Promise.resolve(table), onFailure });
  await book.load();
  assertEquals(book.find(place), undefined);
  assertEquals(causes.length, 2);
});

Deno.test("PriceBook asks the table again after a minute, for prices that follow the hour", async () => {
  let now = 0;
  const asked: number[] = [];
  const table: PriceTable = {
    find({ at }) {
      asked.push(at.getTime());
      return { terms: TERMS };
    },
  };
  const book = new PriceBook({
    load: () => Promise.resolve(table),
    now: () => now,
  });
  await book.load();
  const place = { provider: "a", address: OPENAI, model: "m" };
  for (now of [0, 59_999, 60_000]) book.find(place);
  assertEquals(asked, [0, 60_000]);
});

Deno.test("loadPriceTable() reads tiers, cache writes and searches", async () => {
  const table = await loadPriceTable();
  const found = table.find({
    address: "https://api.anthropic.com/v1",
    model: "claude-sonnet-4-5-20250929",
    at: new Date("2026-01-01"),
  });
  assertEquals(found?.terms.rates, {
    input: 3,
    output: 15,
    cachedInput: 0.3,
    cacheWrite: 3.75,
    cacheWrite1h: 6,
    webSearch: 0.01,
  });
  assertEquals(
    found?.terms.tiers?.map(({ above, rates }) => [above, rates.output]),
    [
      [200_000, 22.5],
    ],
  );
  // What is billed by the hour is not priced by the token.
  assertEquals(
    table.find({ address: OPENAI, model: "whisper-1", at: new Date() }),
    undefined,
  );
  assertEquals(
    table.find({ address: OPENAI, model: "constructor", at: new Date() }),
    undefined,
  );
});

Deno.test("loadPriceTable() tells the version that is installed", async () => {
  const lock = await Deno.readTextFile(
    new URL("../deno.lock", import.meta.url),
  );
  const version = /@pydantic\/genai-prices@([\d.]+)"?: *\{/.exec(lock)?.[1];
  const table = await loadPriceTable();
  const { terms } = table.find({
    address: OPENAI,
    model: "gpt-4o",
    at: new Date(),
  })!;
  assertEquals(terms.version, version);
});
