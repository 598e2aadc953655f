import type { BreakerStrategy } from "./breaker_strategy.ts";

/**
 * Opens the circuit as soon as one of several strategies would. All of them are
 * told everything; a probe must satisfy all.
 *
 * @example Down as a whole, or in large part
 * ```ts
 * import {
 *   CircuitBreaker,
 *   CompositeStrategy,
 *   ConsecutiveStrategy,
 *   RatioStrategy,
 * } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const strategy = new CompositeStrategy([
 *   new ConsecutiveStrategy(5),
 *   new RatioStrategy({ ratio: 0.5, minimum: 20 }),
 * ]);
 * const breaker = new CircuitBreaker({ strategy });
 * for (let i = 0; i < 5; i++) breaker.tryAcquire()?.failure("fault");
 * assertEquals(breaker.state, "open");
 * ```
 */
export class CompositeStrategy implements BreakerStrategy {
  readonly #parts: readonly BreakerStrategy[];

  /** Takes the strategies; they are then its own. */
  constructor(parts: readonly BreakerStrategy[]) {
    this.#parts = [...parts];
  }

  /** Tells all; true when one would open the circuit. */
  firstByte(now: number, after: number): boolean {
    let opens = false;
    for (const part of this.#parts) {
      if (part.firstByte(now, after)) opens = true;
    }
    return opens;
  }

  /** Tells all. */
  success(now: number, begun: boolean): void {
    for (const part of this.#parts) part.success(now, begun);
  }

  /** Tells all; true when one would open the circuit. */
  failure(now: number, begun: boolean): boolean {
    let opens = false;
    for (const part of this.#parts) {
      if (part.failure(now, begun)) opens = true;
    }
    return opens;
  }

  /** Whether a probe is too slow for one of them. */
  isSlow(after: number): boolean {
    return this.#parts.some((part) => part.isSlow?.(after) ?? false);
  }

  /** Tells all. */
  reset(): void {
    for (const part of this.#parts) part.reset();
  }
}
