import { checkNumber } from "./_check_number.ts";
import type { Hold } from "./_limit_gate.ts";
import { LimitHub } from "./_limit_hub.ts";
import { shortKey } from "./_limit_key.ts";
import { LimitScope } from "./_limit_scope.ts";
import type { Admission, LimitAsk, LimitStatus, Refused } from "./admission.ts";
import { checkLimit, type Limit } from "./rate_limit.ts";
import { RateLimitLease } from "./rate_limit_lease.ts";
import type { SharedLimitOptions } from "./shared_limits.ts";

/** How a {@linkcode RateLimiter} is made. */
export interface RateLimiterOptions {
  /**
   * How many keys are kept for each name. Beyond that the least used of eight
   * is forgotten, and every new key then begins with what the forgotten one had
   * used: nobody gets more than the limit, newcomers may get less until the
   * window is over.
   *
   * @default {100_000}
   */
  readonly maxKeys?: number;
  /**
   * Has limits in common with other processes; those on what is under way at
   * once remain this process's own.
   *
   * @default {each limit is this process's own}
   */
  readonly shared?: SharedLimitOptions;
  /**
   * The clock, in milliseconds; where it goes back it is taken to stand still.
   *
   * @default {performance.now}
   */
  readonly now?: () => number;
}

/** How many keys of each name {@linkcode RateLimiter.sweep} looks at. */
const SWEPT = 1_000;

/**
 * Limits requests, tokens and what is under way at once, by whatever key: an
 * API key, a user, a team, a model, a route, a provider.
 *
 * Limits are defined by name, several to a name where they go by the same key.
 * A request asks for all of its limits together: either all admit it, or it is
 * refused and none has counted anything (L8). Memory is some 190 bytes for a
 * key with one limit, and none once nothing of it counts any more.
 *
 * @example A key's requests and tokens, and a provider's slots
 * ```ts
 * import { parseLimits, RateLimiter } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * let now = 0;
 * const limiter = new RateLimiter({ now: () => now });
 * limiter.define("key", parseLimits(["2/minute", "1000 tokens/minute"]));
 * limiter.define("provider", parseLimits("8 concurrent"));
 *
 * const asks = [
 *   { limit: "key", key: "team-a", tokens: 300 },
 *   { limit: "provider", key: "openai" },
 * ];
 * for (const tokens of [120, 250]) {
 *   const admission = limiter.take(asks);
 *   assert(admission.ok);
 *   admission.lease.settle({ tokens });
 * }
 *
 * now = 20_000;
 * const refusal = limiter.take(asks);
 * assert(!refusal.ok);
 * assertEquals(refusal.unit, "requests");
 * assertEquals(refusal.retryAfterMs, 40_000);
 * ```
 */
export class RateLimiter {
  readonly #scopes = new Map<string, LimitScope>();
  readonly #maxKeys: number;
  readonly #hub: LimitHub | undefined;
  readonly #clock: () => number;
  #latest = -Infinity;

  /**
   * Begins without limits.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: RateLimiterOptions = {}) {
    const { maxKeys = 100_000, shared, now } = options;
    const rule = { least: 1, whole: true };
    this.#maxKeys = checkNumber("RateLimiter: 'maxKeys'", maxKeys, rule);
    this.#hub = shared && new LimitHub(shared);
    this.#clock = now ?? (() => performance.now());
  }

  /** How many keys have a state, those of shared limits aside. */
  get size(): number {
    let sum = 0;
    for (const scope of this.#scopes.values()) sum += scope.size;
    return sum;
  }

  /**
   * Defines limits by a name, or changes them. As long as the kinds, windows
   * and order of the limits stay, what has been counted goes on counting; else
   * only what is under way does.
   *
   * @throws {RangeError} when a number makes no sense.
   */
  define(name: string, limits: Limit | readonly Limit[]): void {
    const list = isOne(limits) ? [limits] : limits;
    for (const limit of list) checkLimit(limit);
    const known = this.#scopes.get(name);
    if (known?.adopt(list)) return;
    const options = { name, maxKeys: this.#maxKeys, hub: this.#hub };
    this.#scopes.set(name, new LimitScope(list, options, known));
  }

  /** Forgets a name and what was counted by it. */
  remove(name: string): void {
    this.#scopes.get(name)?.close();
    this.#scopes.delete(name);
  }

  /** Whether limits are defined by a name. */
  has(name: string): boolean {
    return this.#scopes.has(name);
  }

  /**
   * Takes from all limits that are asked for, or from none. The order of the
   * asks says nothing; what is asked for twice counts twice.
   *
   * @param at The time, where it is known, on the limiter's clock.
   * @returns A lease, which must be ended; or the limit that lets the request
   * wait longest, and for how long.
   * @throws {RangeError} when a limit is not defined, or tokens are no number.
   */
  take(asks: readonly LimitAsk[], at?: number): Admission {
    const now = this.#now(at);
    const holds = this.#holds(asks);
    const refused = findRefusal(holds, now);
    if (refused !== undefined) return refused;
    for (const hold of holds) hold.gate.take(hold, now);
    for (const { limit } of asks) this.#scopes.get(limit)?.tidy(now);
    return { ok: true, lease: new RateLimitLease(holds, this.#now) };
  }

  /**
   * What {@linkcode RateLimiter.take} would refuse these asks with. Takes nothing.
   *
   * @returns `undefined` where it would admit them.
   * @throws {RangeError} as `take` does.
   */
  refusal(asks: readonly LimitAsk[]): Refused | undefined {
    return findRefusal(this.#holds(asks), this.#now());
  }

  /**
   * Asks the store for what these limits will need, where they are shared and
   * this process has nothing of them: as soon as it is known who comes, so that
   * there is more than credit to take from. Nothing is taken yet.
   *
   * @returns Resolves when the store has answered, or was given up. There is no
   * need to wait for it.
   * @throws {RangeError} when a limit is not defined, or tokens are no number.
   */
  prepare(asks: readonly LimitAsk[]): Promise<void> {
    if (this.#hub === undefined) return Promise.resolve();
    const answers = asks.flatMap(({ limit, key, tokens = 0 }) =>
      this.#scope(limit).prepare(shortKey(key), checkTokens(tokens))
    );
    return Promise.all(answers).then(() => {});
  }

  /**
   * How the limits stand that a request asks for: one status for each, in
   * order. Takes nothing.
   *
   * @throws {RangeError} when a limit is not defined.
   */
  status(asks: readonly LimitAsk[]): LimitStatus[] {
    const now = this.#now();
    const statuses: LimitStatus[] = [];
    for (const { limit, key } of asks) {
      this.#scope(limit).states(statuses, key, now);
    }
    return statuses;
  }

  /**
   * Frees some of the keys of which nothing counts any more. `take` does so in
   * passing; a timer may where memory is to go back while nothing comes.
   */
  sweep(): void {
    const now = this.#now();
    for (const scope of this.#scopes.values()) scope.sweep(now, SWEPT);
  }

  /** Gives back to the store what is leased. Limits that are not shared need no end. */
  async close(): Promise<void> {
    await this.#hub?.close();
  }

  #holds(asks: readonly LimitAsk[]): Hold[] {
    const [only] = asks;
    if (only !== undefined && asks.length === 1) {
      const { limit, key, tokens = 0 } = only;
      return this.#scope(limit).holds(shortKey(key), checkTokens(tokens));
    }
    const holds: Hold[] = [];
    for (const { limit, key, tokens = 0 } of asks) {
      this.#scope(limit).hold(holds, shortKey(key), checkTokens(tokens));
    }
    return holds;
  }

  #scope(name: string): LimitScope {
    const scope = this.#scopes.get(name);
    if (scope !== undefined) return scope;
    throw new RangeError(`Cannot take from limit '${name}': it is not defined`);
  }

  readonly #now = (at: number = this.#clock()): number => {
    this.#latest = Math.max(this.#latest, at);
    return this.#latest;
  };
}

function isOne(limits: Limit | readonly Limit[]): limits is Limit {
  return !Array.isArray(limits);
}

function checkTokens(tokens: number): number {
  if (tokens >= 0 && tokens < Infinity) return Math.ceil(tokens);
  throw new RangeError(
    `Cannot reserve '${tokens}' tokens: the number must be 0 or more`,
  );
}

/** Decides between limits that let wait equally long, whatever the order of the asks. */
function isBefore(a: Hold, b: Hold): boolean {
  return a.name < b.name || a.name === b.name && a.key < b.key;
}

/** The hold that has to wait longest; nothing where all fit. */
function findRefusal(
  holds: readonly Hold[],
  now: number,
): Refused | undefined {
  let longest = 0;
  let last: Hold | undefined;
  for (const hold of holds) {
    const wait = hold.gate.wait(hold, now);
    if (wait === 0 || wait < longest) continue;
    if (last !== undefined && wait === longest && !isBefore(hold, last)) {
      continue;
    }
    longest = wait;
    last = hold;
  }
  if (last === undefined) return undefined;
  const { name, key, gate } = last;
  return {
    ok: false,
    limit: name,
    key,
    unit: gate.unit,
    retryAfterMs: longest,
  };
}
