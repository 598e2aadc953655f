import { checkNumber } from "./_check_number.ts";
import { type CheckedRatio, checkRatioOptions } from "./_ratio_options.ts";
import type { BreakerStrategy } from "./breaker_strategy.ts";
import type { RatioStrategyOptions } from "./ratio_strategy.ts";

/** When answers come too slowly; see {@linkcode SlowFirstByteStrategy}. */
export interface SlowFirstByteStrategyOptions extends RatioStrategyOptions {
  /** A first byte that comes later than this many milliseconds is slow. */
  readonly slowerThan: number;
}

/**
 * Opens the circuit when too large a share of answers begins too late. The
 * whole time of an answer says how much was asked; its first byte says how well
 * the upstream is.
 *
 * Failures are not counted here: combine it with another strategy. A probe that
 * is slow does not close the circuit again.
 *
 * @example Half of the answers take more than two seconds to begin
 * ```ts
 * import { CircuitBreaker, SlowFirstByteStrategy } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const strategy = new SlowFirstByteStrategy({ slowerThan: 2_000, minimum: 4 });
 * const breaker = new CircuitBreaker({ strategy });
 * for (const after of [300, 9_000, 400, 7_000]) {
 *   breaker.tryAcquire()?.firstByte(after);
 * }
 * assertEquals(breaker.state, "open");
 * ```
 */
export class SlowFirstByteStrategy implements BreakerStrategy {
  readonly #options: CheckedRatio;
  readonly #slowerThan: number;

  /**
   * Makes one with an empty window; see {@linkcode SlowFirstByteStrategyOptions}.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: SlowFirstByteStrategyOptions) {
    const owner = "SlowFirstByteStrategy";
    this.#options = checkRatioOptions(owner, options);
    this.#slowerThan = checkNumber(
      `${owner}: 'slowerThan'`,
      options.slowerThan,
      { least: 1 },
    );
  }

  /** Counts an answer; true when too many are slow. */
  firstByte(now: number, after: number): boolean {
    const { counts, ratio, minimum } = this.#options;
    const slow = this.isSlow(after);
    counts.add(now, true, slow);
    return slow && counts.total >= minimum &&
      counts.marked >= ratio * counts.total;
  }

  /** Tells nothing of the first byte. */
  success(): void {}

  /** Tells nothing of the first byte. */
  failure(): boolean {
    return false;
  }

  /** Whether a first byte after so many milliseconds is slow. */
  isSlow(after: number): boolean {
    return after > this.#slowerThan;
  }

  /** Empties the window. */
  reset(): void {
    this.#options.counts.clear();
  }
}
