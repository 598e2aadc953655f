import { type CheckedRatio, checkRatioOptions } from "./_ratio_options.ts";
import type { BreakerStrategy } from "./breaker_strategy.ts";

/** When a share of attempts is too large; see {@linkcode RatioStrategy}. */
export interface RatioStrategyOptions {
  /** The share of attempts, above 0 up to 1, at which the circuit opens. @default {0.5} */
  readonly ratio?: number;
  /** How many attempts the window must hold before the share means anything; at least 2. @default {20} */
  readonly minimum?: number;
  /** The length of the window in milliseconds. @default {10_000} */
  readonly window?: number;
  /** Into how many steps the window is cut, up to 60. @default {10} */
  readonly buckets?: number;
}

/**
 * Opens the circuit when too large a share of attempts fails within a sliding
 * window. For upstreams that fail in part: a third of errors spread over many
 * requests opens nothing here, while a row of five of them comes soon.
 *
 * Below the minimum sample nothing opens it, so with little traffic it does
 * nothing: combine it with {@linkcode ConsecutiveStrategy} then.
 *
 * An attempt is in the sample from its first byte on, not from its end, so that
 * streams count before they are over.
 *
 * @example One failure of one attempt is no share
 * ```ts
 * import { CircuitBreaker, RatioStrategy } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const strategy = new RatioStrategy({ ratio: 0.5, minimum: 4 });
 * const breaker = new CircuitBreaker({ strategy });
 * breaker.tryAcquire()?.failure("fault");
 * assertEquals(breaker.state, "closed");
 * breaker.tryAcquire()?.success();
 * breaker.tryAcquire()?.success();
 * breaker.tryAcquire()?.failure("fault");
 * assertEquals(breaker.state, "open");
 * ```
 */
export class RatioStrategy implements BreakerStrategy {
  readonly #options: CheckedRatio;

  /**
   * Makes one with an empty window; see {@linkcode RatioStrategyOptions}.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: RatioStrategyOptions = {}) {
    this.#options = checkRatioOptions("RatioStrategy", options);
  }

  /** Takes an attempt into the sample. */
  firstByte(now: number): boolean {
    this.#options.counts.add(now, true, false);
    return false;
  }

  /** Takes an attempt into the sample, unless its first byte did. */
  success(now: number, begun: boolean): void {
    if (!begun) this.#options.counts.add(now, true, false);
  }

  /** Counts a failure; true when they are too many. */
  failure(now: number, begun: boolean): boolean {
    const { counts, ratio, minimum } = this.#options;
    counts.add(now, !begun, true);
    // The first bytes of streams that break off now may have slid out.
    const sample = Math.max(counts.total, counts.marked);
    return sample >= minimum && counts.marked >= ratio * sample;
  }

  /** Empties the window. */
  reset(): void {
    this.#options.counts.clear();
  }
}
