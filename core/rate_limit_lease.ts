import type { Hold } from "./_limit_gate.ts";

const NOTHING: readonly undefined[] = [];

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
  /** What was set aside later on, in the places of what it was added to. */
  #more: readonly (Hold | undefined)[] = NOTHING;
  readonly #now: (at?: number) => number;

  /** Made by `RateLimiter.take` alone. */
  constructor(holds: readonly unknown[], now: (at?: number) => number) {
    this.#holds = holds as readonly Hold[];
    this.#now = now;
  }

  /** Whether it was settled or released. */
  get ended(): boolean {
    return this.#holds === undefined;
  }

  /**
   * Sets aside more tokens, for a request that turns out to be larger than was
   * thought: so many in all. Nobody is refused for it, but those who come next
   * find so much less. Does nothing where as many are set aside, or it has ended.
   *
   * @throws {RangeError} when the number cannot be.
   */
  raise({ tokens }: RateLimitUsage): void {
    if (!(tokens >= 0 && tokens < Infinity)) {
      throw new RangeError(
        `Cannot reserve '${tokens}' tokens: the number must be 0 or more`,
      );
    }
    this.#more = this.#holds?.map((hold, i) => {
      const { gate, amount } = hold;
      const before = this.#more[i];
      const extra = Math.ceil(tokens) - amount;
      if (before || gate.unit !== "tokens" || extra <= 0) return before;
      const more: Hold = { ...hold, amount: extra, row: -1 };
      gate.take(more, this.#now());
      return more;
    }) ?? NOTHING;
  }

  /**
   * Ends it with what the request really used: frees its slots and, in each
   * token limit, gives back or charges the difference to what was reserved,
   * however long ago that was. A number that cannot be is taken as unknown.
   *
   * @param at The time, where it is known, on the limiter's clock.
   */
  settle({ tokens }: RateLimitUsage, at?: number): void {
    const isKnown = Number.isFinite(tokens) && tokens >= 0;
    this.#end(isKnown ? Math.ceil(tokens) : undefined, at);
  }

  /**
   * Ends it without knowing what was used: frees its slots, and what was
   * reserved counts as used. Does nothing once it has ended.
   *
   * @param at The time, where it is known, on the limiter's clock.
   */
  release(at?: number): void {
    this.#end(undefined, at);
  }

  /**
   * Undoes it, for a request that is refused elsewhere before anything was done
   * for it: nothing of it has counted. Does nothing once it has ended.
   *
   * @param at The time, where it is known, on the limiter's clock.
   */
  cancel(at?: number): void {
    const holds = this.#holds;
    if (holds === undefined) return;
    this.#holds = undefined;
    const now = this.#now(at);
    for (const [i, hold] of holds.entries()) {
      hold.gate.end(hold, 0, now);
      const more = this.#more[i];
      more?.gate.end(more, 0, now);
    }
  }

  /** The same as {@linkcode RateLimitLease.release}, for `using`. */
  [Symbol.dispose](): void {
    this.#end(undefined);
  }

  #end(tokens: number | undefined, at?: number): void {
    const holds = this.#holds;
    if (holds === undefined) return;
    this.#holds = undefined;
    const now = this.#now(at);
    for (let i = 0; i < holds.length; i++) {
      const hold = holds[i] as Hold;
      const { gate, amount } = hold;
      const used = gate.unit === "tokens" ? tokens : undefined;
      const more = this.#more[i];
      if (more === undefined || used === undefined) {
        gate.end(hold, used, now);
        continue;
      }
      gate.end(hold, Math.min(used, amount), now);
      gate.end(more, Math.max(0, used - amount), now);
    }
  }
}
