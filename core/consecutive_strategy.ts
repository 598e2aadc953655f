import { checkNumber } from "./_check_number.ts";
import type { BreakerStrategy } from "./breaker_strategy.ts";

/**
 * Opens the circuit after a number of failures in a row. The first choice for
 * an upstream that is down as a whole: it opens as fast with one request a
 * minute as with a thousand a second.
 *
 * Answers that never began and answers that broke off are counted apart: one
 * that begins ends a row of the first kind, however long it then streams; one
 * that ends well ends both.
 *
 * @example Three in a row
 * ```ts
 * import { CircuitBreaker, ConsecutiveStrategy } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const breaker = new CircuitBreaker({ strategy: new ConsecutiveStrategy(3) });
 * for (let i = 0; i < 3; i++) breaker.tryAcquire()?.failure("fault");
 * assertEquals(breaker.state, "open");
 * ```
 */
export class ConsecutiveStrategy implements BreakerStrategy {
  readonly #threshold: number;
  #unanswered = 0;
  #broken = 0;

  /**
   * Takes the number of failures in a row that open the circuit.
   *
   * @throws {RangeError} when it is no whole number from 1.
   */
  constructor(threshold: number) {
    this.#threshold = checkNumber(
      "ConsecutiveStrategy: 'threshold'",
      threshold,
      { least: 1, whole: true },
    );
  }

  /** Ends a row of failures without an answer. */
  firstByte(): boolean {
    this.#unanswered = 0;
    return false;
  }

  /** Ends every row. */
  success(): void {
    this.#unanswered = 0;
    this.#broken = 0;
  }

  /** Lengthens a row; true when it is long enough. */
  failure(_now: number, begun: boolean): boolean {
    const row = begun ? ++this.#broken : ++this.#unanswered;
    return row >= this.#threshold;
  }

  /** Starts anew. */
  reset(): void {
    this.success();
  }
}
