/**
 * What a model costs, in US dollars per million tokens, and per call where a
 * field says so. What is left out costs what the field it is a part of does.
 */
export interface PriceRates {
  /** Tokens of the request. */
  readonly input: number;
  /** Tokens of the answer. */
  readonly output: number;
  /** Tokens of the request from the provider's cache. @default {input} */
  readonly cachedInput?: number | undefined;
  /** Tokens of the request that are written to its cache. @default {input} */
  readonly cacheWrite?: number | undefined;
  /** Those that are kept there for an hour. @default {cacheWrite} */
  readonly cacheWrite1h?: number | undefined;
  /** Tokens of the answer that are thought. @default {output} */
  readonly reasoning?: number | undefined;
  /** Tokens of audio in the request. @default {input} */
  readonly audioInput?: number | undefined;
  /** Those from the provider's cache. @default {cachedInput} */
  readonly cachedAudio?: number | undefined;
  /** Tokens of audio in the answer. @default {output} */
  readonly audioOutput?: number | undefined;
  /** Tokens of images in the request. @default {input} */
  readonly imageInput?: number | undefined;
  /** Those from the provider's cache. @default {cachedInput} */
  readonly cachedImage?: number | undefined;
  /** Tokens of images in the answer. @default {output} */
  readonly imageOutput?: number | undefined;
  /** A search of the web by the provider, in US dollars each. @default {0} */
  readonly webSearch?: number | undefined;
  /** A request, in US dollars each. @default {0} */
  readonly request?: number | undefined;
}

/** The rates of requests whose input is longer than so many tokens. */
export interface PriceTier {
  /** Applies to all tokens of a request with more input tokens than this. */
  readonly above: number;
  /** What they cost then. */
  readonly rates: PriceRates;
}

/** What a model costs, and who says so. */
export interface PriceTerms {
  /** What it costs. */
  readonly rates: PriceRates;
  /** What it costs where the input is long. @default {[]} */
  readonly tiers?: readonly PriceTier[] | undefined;
  /**
   * By what the price of tokens is multiplied in a service tier, for example
   * `batch: 0.5`. A tier that is not named costs as usual.
   *
   * @default {{}}
   */
  readonly factors?: Readonly<Record<string, number>> | undefined;
  /** Who says so: `config`, or the name of a price table. */
  readonly source: string;
  /** Which version of that says so. */
  readonly version: string;
}

/** One rate for each field of {@linkcode PriceRates}, in 10^-24 US dollars for each token or call. */
export type ExactRates = Readonly<Record<keyof PriceRates, bigint>>;

/** A price that is ready to be counted with. */
export interface ModelPrice {
  /** What it was made of. */
  readonly terms: PriceTerms;
  /** What it costs. */
  readonly rates: ExactRates;
  /** What it costs where the input is long, the longest first. */
  readonly tiers: readonly {
    readonly above: number;
    readonly rates: ExactRates;
  }[];
  /** By what tokens are multiplied in a service tier, in millionths. */
  readonly factors: ReadonlyMap<string, bigint>;
}

const PER_TOKEN = 18;
const PER_CALL = 24;
const FACTOR = 6;

/**
 * Makes a price ready to be counted with: decimals are read as they are
 * written, so that 0.1 is a tenth.
 *
 * @throws {RangeError} when a number is negative or not finite.
 *
 * @example A price with a tier
 * ```ts
 * import { costOf, makePrice } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const price = makePrice({
 *   rates: { input: 3, output: 15 },
 *   tiers: [{ above: 200_000, rates: { input: 6, output: 22.5 } }],
 *   source: "config",
 *   version: "1",
 * });
 * assertEquals(costOf({ input: 200_000, output: 0 }, price), 600_000_000_000n);
 * assertEquals(costOf({ input: 200_001, output: 0 }, price), 1_200_006_000_000n);
 * ```
 */
export function makePrice(terms: PriceTerms): ModelPrice {
  const { rates, tiers = [], factors = {} } = terms;
  return {
    terms,
    rates: exactRates(rates),
    tiers: tiers.map(({ above, rates }) => ({
      above,
      rates: exactRates(rates),
    })).sort((a, b) => b.above - a.above),
    factors: new Map(
      Object.entries(factors).map(([tier, factor]) => [
        tier,
        decimalToInteger(factor, FACTOR),
      ]),
    ),
  };
}

function exactRates(rates: PriceRates): ExactRates {
  const perToken = (rate: number): bigint => decimalToInteger(rate, PER_TOKEN);
  const { cachedInput = rates.input, cacheWrite = rates.input } = rates;
  return {
    input: perToken(rates.input),
    output: perToken(rates.output),
    cachedInput: perToken(cachedInput),
    cacheWrite: perToken(cacheWrite),
    cacheWrite1h: perToken(rates.cacheWrite1h ?? cacheWrite),
    reasoning: perToken(rates.reasoning ?? rates.output),
    audioInput: perToken(rates.audioInput ?? rates.input),
    cachedAudio: perToken(rates.cachedAudio ?? cachedInput),
    audioOutput: perToken(rates.audioOutput ?? rates.output),
    imageInput: perToken(rates.imageInput ?? rates.input),
    cachedImage: perToken(rates.cachedImage ?? cachedInput),
    imageOutput: perToken(rates.imageOutput ?? rates.output),
    webSearch: decimalToInteger(rates.webSearch ?? 0, PER_CALL),
    request: decimalToInteger(rates.request ?? 0, PER_CALL),
  };
}

/**
 * A number, as it is written in decimals, times a power of ten; what is left
 * over below one is rounded half up.
 *
 * @throws {RangeError} when it is negative or not finite.
 */
export function decimalToInteger(value: number, power: number): bigint {
  if (!(value >= 0 && value < Infinity)) {
    throw new RangeError(`A price must not be negative, got '${value}'`);
  }
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const shift = Number(exponent) + power - fraction.length;
  const digits = BigInt(whole + fraction);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const unit = 10n ** BigInt(-shift);
  return (digits + unit / 2n) / unit;
}
