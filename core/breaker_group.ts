import type { BreakerPermit } from "./breaker_permit.ts";
import type { CircuitBreaker } from "./circuit_breaker.ts";

/** A last-resort probe and the breaker that let it go. */
export interface LastResort<T extends CircuitBreaker = CircuitBreaker> {
  /** One of those that were given. */
  readonly breaker: T;
  /** To be ended as any other. */
  readonly permit: BreakerPermit;
}

/**
 * Lets one probe go where nothing else would: when the breakers of all
 * candidates of a route are open or half open, that one is asked whose probe is
 * due soonest. So a route is never left for dead, however long its open times
 * have grown: each of its candidates is tried again once in its
 * `lastResortInterval` (U19). All must be on one clock.
 *
 * @returns `undefined` when no probe is due yet, or when one of them is closed,
 * which is then the one to use.
 *
 * @example The only candidate is down
 * ```ts
 * import { acquireLastResort, CircuitBreaker } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * let time = 0;
 * const breaker = new CircuitBreaker({
 *   failureThreshold: 1,
 *   recoveryTimeout: 60_000,
 *   lastResortInterval: 5_000,
 *   jitter: 0,
 *   now: () => time,
 * });
 * breaker.tryAcquire()?.failure("fault");
 * assertEquals(acquireLastResort([breaker]), undefined);
 *
 * time = 5_000;
 * assertEquals(breaker.tryAcquire(), undefined);
 * const resort = acquireLastResort([breaker]);
 * assert(resort);
 * resort.permit.success();
 * assertEquals(breaker.state, "closed");
 * ```
 */
export function acquireLastResort<T extends CircuitBreaker>(
  breakers: readonly T[],
): LastResort<T> | undefined {
  let soonest: T | undefined;
  let least = Infinity;
  for (const breaker of breakers) {
    if (breaker.state === "closed") return undefined;
    const due = breaker.probeDue ?? Infinity;
    if (due < least) {
      least = due;
      soonest = breaker;
    }
  }
  const permit = soonest?.tryLastResort();
  return soonest && permit && { breaker: soonest, permit };
}

/**
 * When the first probe of a route may go whose breakers are all open, for a
 * `Retry-After` that is true (U19).
 *
 * @returns A time on the breakers' clock, past where a probe may go at once;
 * `undefined` where nobody can say: one is closed, or all probes are under way.
 *
 * @example Half a minute from now
 * ```ts
 * import { CircuitBreaker, earliestProbe } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const now = () => 1_000;
 * const breaker = new CircuitBreaker({ failureThreshold: 1, jitter: 0, now });
 * breaker.tryAcquire()?.failure("fault");
 * assertEquals(earliestProbe([breaker]), 31_000);
 * ```
 */
export function earliestProbe(
  breakers: readonly CircuitBreaker[],
): number | undefined {
  let least = Infinity;
  for (const breaker of breakers) {
    if (breaker.state === "closed") return undefined;
    least = Math.min(least, breaker.probeDue ?? Infinity);
  }
  return least === Infinity ? undefined : least;
}
