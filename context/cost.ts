import {
  decimalToInteger,
  type ExactRates,
  type ModelPrice,
} from "./model_price.ts";

/** What an answer came to, as far as it is priced; `Usage` of `@llm-proxy/core` is one. */
export interface PricedUsage {
  /** All input tokens, those of the cache included. */
  readonly input: number;
  /** Input tokens read from the provider's cache. @default {0} */
  readonly cached?: number;
  /** Input tokens written to it. @default {0} */
  readonly cacheWrite?: number;
  /** Those that are kept for an hour. @default {0} */
  readonly cacheWrite1h?: number;
  /** All output tokens, thought included. */
  readonly output: number;
  /** Output tokens spent on thought. @default {0} */
  readonly reasoning?: number;
  /** What of these has a price of its own. @default {nothing} */
  readonly details?: PricedDetails;
}

/** What of a {@linkcode PricedUsage} has a price of its own. */
export interface PricedDetails {
  /** Input tokens of audio, `cachedAudio` included. */
  readonly audioInput?: number;
  /** The part of `cached` that is audio. */
  readonly cachedAudio?: number;
  /** Input tokens of images, `cachedImage` included. */
  readonly imageInput?: number;
  /** The part of `cached` that is images. */
  readonly cachedImage?: number;
  /** Output tokens of audio. */
  readonly audioOutput?: number;
  /** Output tokens of images. */
  readonly imageOutput?: number;
  /** How often the provider searched the web. */
  readonly webSearches?: number;
  /** The service tier that was billed. */
  readonly serviceTier?: string;
}

/** 10^-24 US dollars in a pico-dollar. */
const PICO = 1_000_000_000_000n;
const ONE = 1_000_000n;

/**
 * What an answer costs, in pico-dollars (10^-12 US dollars): exact for prices
 * with up to six decimals per million tokens, else rounded half up once.
 *
 * Each token is counted once, at the rate of the narrowest part it belongs to;
 * a part that claims more than the whole has left gets what is left. The tier
 * follows the whole input, and a service tier's factor applies to tokens only.
 *
 * @example A quarter of a million tokens, most of them cached
 * ```ts
 * import { costOf, makePrice } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const price = makePrice({
 *   rates: { input: 2.5, cachedInput: 1.25, output: 10 },
 *   source: "config",
 *   version: "1",
 * });
 * const usage = { input: 250_000, cached: 200_000, output: 1_000 };
 * // 50,000 × 2.5 + 200,000 × 1.25 + 1,000 × 10 micro-dollars.
 * assertEquals(costOf(usage, price), 385_000_000_000n);
 * ```
 */
export function costOf(usage: PricedUsage, price: ModelPrice): bigint {
  const { details } = usage;
  const input = count(usage.input);
  const rates = ratesFor(price, input);
  let tokens = inputCost(usage, input, rates) + outputCost(usage, rates);
  const factor = details?.serviceTier === undefined
    ? undefined
    : price.factors.get(details.serviceTier);
  let scale = PICO;
  let calls = rates.request;
  if (details?.webSearches) {
    calls += BigInt(count(details.webSearches)) * rates.webSearch;
  }
  if (factor !== undefined) {
    tokens *= factor;
    calls *= ONE;
    scale *= ONE;
  }
  return (tokens + calls + scale / 2n) / scale;
}

/** The rates for so many input tokens. */
export function ratesFor(price: ModelPrice, input: number): ExactRates {
  for (const tier of price.tiers) if (input > tier.above) return tier.rates;
  return price.rates;
}

function inputCost(
  { cached, cacheWrite, cacheWrite1h, details }: PricedUsage,
  input: number,
  rates: ExactRates,
): bigint {
  const read = count(cached, input);
  const write = count(cacheWrite, input - read);
  const write1h = count(cacheWrite1h, write);
  let plain = input - read - write;
  let cost = times(write - write1h, rates.cacheWrite) +
    times(write1h, rates.cacheWrite1h);
  let plainRead = read;
  if (details !== undefined) {
    const readAudio = count(details.cachedAudio, read);
    const readImage = count(details.cachedImage, read - readAudio);
    const audio = count(count(details.audioInput) - readAudio, plain);
    const image = count(count(details.imageInput) - readImage, plain - audio);
    plainRead -= readAudio + readImage;
    plain -= audio + image;
    cost += times(readAudio, rates.cachedAudio) +
      times(readImage, rates.cachedImage) + times(audio, rates.audioInput) +
      times(image, rates.imageInput);
  }
  return cost + times(plain, rates.input) +
    times(plainRead, rates.cachedInput);
}

function outputCost(
  { output: all, reasoning, details }: PricedUsage,
  rates: ExactRates,
): bigint {
  const output = count(all);
  const thought = count(reasoning, output);
  const audio = count(details?.audioOutput, output - thought);
  const image = count(details?.imageOutput, output - thought - audio);
  return times(output - thought - audio - image, rates.output) +
    times(thought, rates.reasoning) + times(audio, rates.audioOutput) +
    times(image, rates.imageOutput);
}

function times(tokens: number, rate: bigint): bigint {
  return tokens === 0 ? 0n : BigInt(tokens) * rate;
}

/** A count as it may be: whole, not below 0, not above what there is. */
function count(
  value: number | undefined,
  most: number = Number.MAX_SAFE_INTEGER,
): number {
  if (value === undefined || !(value > 0)) return 0;
  return Math.min(Math.floor(value), most);
}

/** US dollars in pico-dollars, read as they are written; what is no amount is nothing. */
export function picoDollars(dollars: number): bigint {
  return dollars > 0 && dollars < Infinity ? decimalToInteger(dollars, 12) : 0n;
}
