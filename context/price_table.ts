import type { PriceRates, PriceTerms, PriceTier } from "./model_price.ts";

/** A model as a price table knows it. */
export interface TableModel {
  /** What it costs now. */
  readonly terms: PriceTerms;
  /** The most tokens of request and answer together, where the table tells. */
  readonly contextWindow?: number;
}

/** A model at a place. */
export interface TableAsk {
  /** The address of the provider: whoever bills for it is known by it. */
  readonly address: string;
  /** The model as the provider names it. */
  readonly model: string;
  /** When it is used: some prices depend on it. */
  readonly at: Date;
}

/** Knows what models cost. */
export interface PriceTable {
  /** Looks a model up; `undefined` where the table does not know it. */
  find(ask: TableAsk): TableModel | undefined;
}

/** The version of the table, as it stands in the lock file. */
const VERSION = "0.1.8";
const SOURCE = "genai-prices";

/** A price as the library has it: one for all, or one for each length of the input. */
type TablePrice = number | {
  readonly base: number;
  readonly tiers: readonly { readonly start: number; readonly price: number }[];
} | undefined;

/** The library's names of our rates. */
const FIELDS: readonly (readonly [keyof PriceRates, string])[] = [
  ["input", "input_mtok"],
  ["output", "output_mtok"],
  ["cachedInput", "cache_read_mtok"],
  ["cacheWrite", "cache_write_mtok"],
  ["cacheWrite1h", "cache_write_1h_mtok"],
  ["reasoning", "output_reasoning_mtok"],
  ["audioInput", "input_audio_mtok"],
  ["cachedAudio", "cache_audio_read_mtok"],
  ["audioOutput", "output_audio_mtok"],
  ["imageInput", "input_image_mtok"],
  ["cachedImage", "cache_image_read_mtok"],
  ["imageOutput", "output_image_mtok"],
];
/** Those that it has for a thousand. */
const CALLS: readonly (readonly [keyof PriceRates, string])[] = [
  ["webSearch", "web_searches_kcount"],
  ["request", "requests_kcount"],
];

/**
 * Loads the maintained price table that the package depends on,
 * `@pydantic/genai-prices`: some 15 MB of memory, so only once somebody asks.
 * Nothing is fetched: prices change with the version of the package.
 *
 * @example What a model costs at its maker
 * ```ts
 * import { loadPriceTable } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const table = await loadPriceTable();
 * const found = table.find({
 *   address: "https://api.openai.com/v1",
 *   model: "gpt-4o",
 *   at: new Date("2026-01-01"),
 * });
 * assertEquals(found?.terms.rates.input, 2.5);
 * ```
 */
export async function loadPriceTable(): Promise<PriceTable> {
  const { calcPrice } = await import("@pydantic/genai-prices");
  return {
    find({ address, model, at }): TableModel | undefined {
      const found = calcPrice({}, model, {
        providerApiUrl: address,
        timestamp: at,
      });
      if (found === null) return undefined;
      const terms = termsOf(found.model_price);
      const { context_window: contextWindow } = found.model;
      return terms && {
        terms,
        ...(contextWindow !== undefined && { contextWindow }),
      };
    },
  };
}

/** Nothing for what is not priced by the token. */
function termsOf(
  prices: Readonly<Record<string, TablePrice>>,
): PriceTerms | undefined {
  if (prices.input_mtok === undefined && prices.output_mtok === undefined) {
    return undefined;
  }
  const starts = new Set<number>();
  for (const price of Object.values(prices)) {
    if (typeof price !== "object") continue;
    for (const { start } of price.tiers) starts.add(start);
  }
  return {
    rates: ratesAbove(prices, -1),
    tiers: [...starts].map((above): PriceTier => ({
      above,
      rates: ratesAbove(prices, above),
    })),
    source: SOURCE,
    version: VERSION,
  };
}

/** The rates of an input of one token more than this. */
function ratesAbove(
  prices: Readonly<Record<string, TablePrice>>,
  above: number,
): PriceRates {
  const rates: Partial<Record<keyof PriceRates, number>> = {};
  for (const [field, name] of FIELDS) {
    const price = priceAbove(prices[name], above);
    if (price !== undefined) rates[field] = price;
  }
  for (const [field, name] of CALLS) {
    const price = priceAbove(prices[name], above);
    // As decimals, lest a thousandth be a binary fraction.
    if (price !== undefined) rates[field] = Number(`${price}e-3`);
  }
  return { input: 0, output: 0, ...rates };
}

function priceAbove(price: TablePrice, above: number): number | undefined {
  if (price === undefined || typeof price === "number") return price;
  let found = price.base;
  for (const tier of price.tiers.toSorted((a, b) => a.start - b.start)) {
    if (above >= tier.start) found = tier.price;
  }
  return found;
}
