import type { LimitStatus } from "../admission.ts";
import type { Limit } from "../rate_limit.ts";
import type { RateLimitLease } from "../rate_limit_lease.ts";
import { RateLimiter } from "../rate_limiter.ts";
import type { Availability, AvailabilityView } from "./availability.ts";
import type { Deployment } from "./deployment.ts";
import type { RouteRequest } from "./route_request.ts";

/** What {@linkcode ProviderLimits} goes by. */
export interface ProviderLimitsOptions {
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
}

/**
 * The limits of accounts at providers, so that a provider is not asked for what
 * it would refuse: each key is an account of its own. One that is full is
 * passed over until it has room (U17).
 *
 * @example One request a minute
 * ```ts
 * import { parseLimits, ProviderFactory } from "@llm-proxy/core";
 * import { createDeployment, ProviderLimits } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "openai", type: "openai" });
 * const deployment = createDeployment({ provider, model: "gpt-5" });
 * const limits = new ProviderLimits(new Map([["openai", parseLimits("1/minute")]]));
 * const request = { inputTokens: 100 };
 * const lease = limits.take(deployment, request);
 * assertEquals(limits.take(deployment, request), "full");
 * assertEquals(limits.isAvailable(deployment) === true, false);
 * if (lease !== "full") lease?.release();
 * factory.close();
 * ```
 */
export class ProviderLimits implements AvailabilityView {
  readonly #limiter: RateLimiter;
  readonly #now: () => number;
  #limits: ReadonlyMap<string, readonly Limit[]> = new Map();
  /** Until when accounts are full. */
  readonly #full = new Map<string, number>();

  /** Takes the limits by the names of the providers. */
  constructor(
    limits: ReadonlyMap<string, readonly Limit[]> = new Map(),
    options: ProviderLimitsOptions = {},
  ) {
    this.#now = options.now ?? (() => performance.now());
    this.#limiter = new RateLimiter({ now: this.#now });
    this.define(limits);
  }

  /** Takes limits in the place of others; what has been counted by limits of the same kinds goes on. */
  define(limits: ReadonlyMap<string, readonly Limit[]>): void {
    for (const name of this.#limits.keys()) {
      if (!limits.has(name)) this.#limiter.remove(name);
    }
    for (const [name, list] of limits) this.#limiter.define(name, list);
    this.#limits = limits;
    // What was full may have room now.
    this.#full.clear();
  }

  /** Whether the account has room, as far as is known. */
  isAvailable(deployment: Deployment): Availability {
    if (this.#full.size === 0) return true;
    const retryAt = this.#full.get(accountOf(deployment));
    if (retryAt === undefined || retryAt <= this.#now()) return true;
    return { reason: "the limit of its account is reached", retryAt };
  }

  /**
   * Takes what a request may come to.
   *
   * @param at The time, where it is known, on the clock of these limits.
   * @returns A lease that must be ended, nothing where the provider has no
   * limits, or `"full"`.
   */
  take(
    deployment: Deployment,
    request: Pick<RouteRequest, "inputTokens" | "outputTokens">,
    at?: number,
  ): RateLimitLease | "full" | undefined {
    const { name } = deployment.provider;
    if (!this.#limiter.has(name)) return undefined;
    const key = accountOf(deployment);
    const { inputTokens = 0, outputTokens = 0 } = request;
    const tokens = inputTokens + outputTokens;
    const admission = this.#limiter.take([{ limit: name, key, tokens }], at);
    if (admission.ok) {
      this.#full.delete(key);
      return admission.lease;
    }
    this.#noteFull(name, key);
    return "full";
  }

  /** What is left of the account's limits; empty where it has none. */
  left(
    deployment: Deployment,
  ): Pick<LimitStatus, "unit" | "limit" | "remaining">[] {
    const { name } = deployment.provider;
    if (!this.#limiter.has(name)) return [];
    return this.#limiter
      .status([{ limit: name, key: accountOf(deployment) }])
      .map(({ unit, limit, remaining }) => ({ unit, limit, remaining }));
  }

  /** An account is full where the least of requests does not fit: one that is large says nothing of others. */
  #noteFull(limit: string, key: string): void {
    const least = this.#limiter.refusal([{ limit, key, tokens: 1 }]);
    if (least === undefined || least.retryAfterMs === Infinity) return;
    this.#full.set(key, this.#now() + least.retryAfterMs);
  }
}

function accountOf({ provider, keyIndex }: Deployment): string {
  return `${provider.name}#${keyIndex}`;
}
