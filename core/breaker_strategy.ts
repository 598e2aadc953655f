/**
 * Decides when a {@linkcode CircuitBreaker} opens. It is told how attempts went
 * while the circuit is closed, and nothing else; each breaker needs one of its
 * own. Nothing in it may throw or wait.
 *
 * An attempt that streams is told twice: when its first byte came, and when it
 * ended, with `begun` true. Streams last for minutes and failures for
 * milliseconds, so a strategy that only counted ends would see the failures of
 * now beside the successes of long ago.
 *
 * @example One failure after midnight is one too many
 * ```ts
 * import { type BreakerStrategy, CircuitBreaker } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const strategy: BreakerStrategy = {
 *   firstByte: () => false,
 *   success: () => {},
 *   failure: (now) => now >= 86_400_000,
 *   reset: () => {},
 * };
 * const breaker = new CircuitBreaker({ strategy, now: () => 86_400_001 });
 * breaker.tryAcquire()?.failure("fault");
 * assertEquals(breaker.state, "open");
 * ```
 */
export interface BreakerStrategy {
  /**
   * Notes that an attempt began to answer.
   *
   * @param now Monotonic, in milliseconds.
   * @param after How long the attempt had waited, in milliseconds.
   * @returns Whether the circuit must open.
   */
  firstByte(now: number, after: number): boolean;
  /**
   * Notes that an attempt ended well.
   *
   * @param begun Whether its first byte was noted before.
   */
  success(now: number, begun: boolean): void;
  /**
   * Notes a fault of the upstream.
   *
   * @param begun Whether the attempt's first byte was noted before.
   * @returns Whether the circuit must open.
   */
  failure(now: number, begun: boolean): boolean;
  /**
   * Whether a probe that began to answer after so many milliseconds is too slow
   * to prove that the upstream is well again. Absent: any answer proves it.
   */
  isSlow?(after: number): boolean;
  /** Forgets everything: the circuit has closed. */
  reset(): void;
}
