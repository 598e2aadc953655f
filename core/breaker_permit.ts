import type { FailureClass } from "./failure_class.ts";

/**
 * Leave to make one attempt, given by a {@linkcode CircuitBreaker}. It ends
 * exactly once, by `success()`, `failure()` or `release()`; what is called
 * after that does nothing. End it whatever happens: with `using`, a permit that
 * told nothing is released at the end of its block.
 *
 * @example Always ended
 * ```ts
 * import { CircuitBreaker } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const breaker = new CircuitBreaker();
 * {
 *   using permit = breaker.tryAcquire();
 *   assertEquals(permit?.probe, false);
 * }
 * assertEquals(breaker.probes, 0);
 * ```
 */
export interface BreakerPermit extends Disposable {
  /** Whether the attempt is a probe of an upstream that failed before: one that must not be hedged. */
  readonly probe: boolean;
  /**
   * Notes that a stream has begun to answer. For a probe this is the proof that
   * was waited for, and others may go: streams take minutes to end. The permit
   * goes on, for the stream may still break off.
   *
   * @param after How long the attempt had waited, in milliseconds.
   * @param now The time, where it is known, on the breaker's clock.
   */
  firstByte(after: number, now?: number): void;
  /**
   * Ends the permit: the attempt went well.
   *
   * @param now The time, where it is known, on the breaker's clock.
   */
  success(now?: number): void;
  /** Ends the permit: the attempt failed. Only a `fault` tells against the upstream, other classes tell nothing. */
  failure(failure: FailureClass): void;
  /** Ends the permit with nothing told, for an attempt that was not made or given up. */
  release(): void;
}
