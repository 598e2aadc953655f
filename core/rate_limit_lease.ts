import type { Hold } from "./_limit_gate.ts";

/** What an admitted request came to. */
export interface RateLimitUsage {
  /** Tokens, both ways; 0 gives back all that was reserved. */
  readonly tokens: number;
}

/**
 * What one admitted request holds of its limits. It ends once, whoever ends it
 * first, so `release()` belongs in the `finally` of every request (L9).
 *
 * @example Reserved, then settled
 * ```ts
 * import { parseLimit, RateLimiter } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const limiter = new RateLimiter();
 * limiter.define("tokens", parseLimit("1000 tokens/minute"));
 * const asks = [{ limit: "tokens", key: "team-a", amount: 800 }];
 * const admission = limiter.take(asks);
 * assert(admission.ok);
 * try {
 *   admission.lease.settle({ tokens: 150 });
 * } finally {
 *   admission.lease.release();
 * }
 * assertEquals(limiter.status(asks)[0]?.remaining, 850);
 * ```
 */
export class RateLimitLease {
  #holds: readonly Hold[] | undefined;
  readonly #now: () => number;

  /** Made by `RateLimiter.take` alone. */
  constructor(holds: readonly unknown[], now: () => number) {
    this.#holds = holds as readonly Hold[];
    this.#now = now;
  }

  /** Whether it was settled or released. */
  get ended(): boolean {
    return this.#holds === undefined;
  }

  /**
   * Ends it with what the request really used: frees its slots and, in each
   * token limit, gives back or charges the difference to what was reserved,
   * however long ago that was. A number that cannot be is taken as unknown.
   */
  settle({ tokens }: RateLimitUsage): void {
    const isKnown = Number.isFinite(tokens) && tokens >= 0;
    this.#end(isKnown ? Math.ceil(tokens) : undefined);
  }

  /**
   * Ends it without knowing what was used: frees its slots, and what was
   * reserved counts as used. Does nothing once it has ended.
   */
  release(): void {
    this.#end(undefined);
  }

  /** The same as {@linkcode RateLimitLease.release}, for `using`. */
  [Symbol.dispose](): void {
    this.#end(undefined);
  }

  #end(tokens: number | undefined): void {
    const holds = this.#holds;
    if (holds === undefined) return;
    this.#holds = undefined;
    const now = this.#now();
    for (const hold of holds) {
      const { gate } = hold;
      gate.end(hold, gate.unit === "tokens" ? tokens : undefined, now);
    }
  }
}
