import type { TokenMeasure } from "./token_measure.ts";
import { tokensBy } from "./_token_rates.ts";

/** A number of tokens that nobody has counted. */
export interface TokenEstimate {
  /** The likeliest number. */
  readonly tokens: number;
  /** It is hardly less than this: for refusing what can't fit. */
  readonly low: number;
  /** It is hardly more than this: for what must fit. */
  readonly high: number;
}

/** How a {@linkcode TokenEstimator} works. */
export interface TokenEstimatorOptions {
  /** How many models are corrected; the one unheard of longest is forgotten. @default {1000} */
  readonly maxModels?: number;
}

/** What was learned of one model. */
interface Correction {
  /** What estimates are multiplied by. */
  factor: number;
  /** The mean distance from what was reported, as a share. */
  error: number;
  samples: number;
}

/** Weight of a new report, once there were some. */
const WEIGHT = 0.1;
/** Whatever is reported, a correction stays within. */
const LEAST = 0.4;
const MOST = 2.5;
/** A larger correction is not refused by: the provider may judge itself. */
const MOST_REFUSED = 1.25;
/** Shorter inputs are mostly frames, of which nothing is learned. */
const LEAST_TOKENS = 200;
/** How far an estimate may be off, as a share: at first, and at the best. */
const FIRST_ERROR = 0.3;
const LEAST_ERROR = 0.05;
const FEW_SAMPLES = 5;

/**
 * Estimates tokens: by the rules that are published or were measured for a
 * model's family, corrected by what its provider reports. One correction is
 * kept for each model, and no report moves it far.
 *
 * @example A provider that counts more
 * ```ts
 * import { measureRequest, TokenEstimator } from "@llm-proxy/context";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const estimator = new TokenEstimator();
 * const measure = measureRequest({
 *   messages: [{ role: "user", content: "word ".repeat(2_000) }],
 * });
 * const { tokens } = estimator.estimate(measure, "acme/large");
 * for (let i = 0; i < 50; i++) estimator.learn(measure, "acme/large", tokens * 1.5);
 * const corrected = estimator.estimate(measure, "acme/large");
 * assertEquals(Math.round(corrected.tokens / tokens * 10), 15);
 * assert(corrected.high < tokens * 1.7);
 * ```
 */
export class TokenEstimator {
  readonly #maxModels: number;
  readonly #corrections = new Map<string, Correction>();

  /** Knows the published rules, and has learned nothing yet. */
  constructor({ maxModels = 1000 }: TokenEstimatorOptions = {}) {
    this.#maxModels = maxModels;
  }

  /** How many models were learned of. */
  get models(): number {
    return this.#corrections.size;
  }

  /**
   * Estimates the tokens of an input.
   *
   * @param model The model as `provider/model`, or its name alone.
   */
  estimate(measure: TokenMeasure, model: string): TokenEstimate {
    const { factor, error } = this.correction(model);
    const tokens = tokensBy(measure, model) * factor;
    return {
      tokens: Math.ceil(tokens),
      // Nothing that some have sent may have the requests of others refused.
      low: Math.floor(
        tokens * Math.min(1, MOST_REFUSED / factor) * (1 - error),
      ),
      high: Math.ceil(tokens * (1 + error)),
    };
  }

  /** What a model's estimates are multiplied by, and how far they may be off, as a share. */
  correction(model: string): {
    readonly factor: number;
    readonly error: number;
  } {
    const known = this.#corrections.get(model);
    if (known === undefined) return { factor: 1, error: FIRST_ERROR };
    const { factor, error, samples } = known;
    const isNew = samples < FEW_SAMPLES;
    const margin = Math.max(LEAST_ERROR, error * 2);
    return { factor, error: isNew ? FIRST_ERROR : Math.min(margin, 0.5) };
  }

  /**
   * Takes what a provider reports an input came to, pieces read from its cache
   * included.
   */
  learn(measure: TokenMeasure, model: string, reported: number): void {
    const plain = tokensBy(measure, model);
    if (!(reported >= LEAST_TOKENS) || plain < LEAST_TOKENS) return;
    const known = this.#corrections.get(model) ??
      { factor: 1, error: 0, samples: 0 };
    const ratio = Math.min(MOST, Math.max(LEAST, reported / plain));
    const weight = Math.max(WEIGHT, 1 / (known.samples + 1));
    const off = Math.abs(ratio / known.factor - 1);
    known.factor += weight * (ratio - known.factor);
    if (known.samples > 0) known.error += weight * (off - known.error);
    known.samples++;
    this.#keep(model, known);
  }

  #keep(model: string, known: Correction): void {
    this.#corrections.delete(model);
    this.#corrections.set(model, known);
    if (this.#corrections.size <= this.#maxModels) return;
    const [oldest] = this.#corrections.keys();
    if (oldest !== undefined) this.#corrections.delete(oldest);
  }
}
