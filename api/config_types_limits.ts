import type { LimitRecord } from "@llm-proxy/core";

/**
 * The limits of one account at a provider, as `parseLimits` of
 * `@llm-proxy/core` reads them: a text, several texts, or numbers by name.
 *
 * @example A limit given as a string
 * ```ts
 * import { parseConfig, type ProviderRateLimit } from "@llm-proxy/api";
 * import { parseLimits } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig("providers: [{type: mock, rate_limit: 10/day}]", {
 *   file: "config.yaml",
 *   env: () => undefined,
 * });
 * assert(result.ok);
 * const limit: ProviderRateLimit | undefined = result.config.providers[0]?.rate_limit;
 * assertEquals(limit, "10/day");
 * assertEquals(parseLimits(limit ?? [])[0]?.windowMs, 86_400_000);
 * ```
 */
export type ProviderRateLimit = string | readonly string[] | LimitRecord;

/**
 * Limits on callers. A limit reads `100/minute`, `5000 tokens/hour`,
 * `10/second burst 20` or `8 concurrent`; several stand in a list. The units
 * are `second`, `minute`, `hour` and `day`.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type RateLimitConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const limits: RateLimitConfig = defaultConfig().rate_limit;
 * assertEquals(limits.default, "100/minute");
 * ```
 */
export interface RateLimitConfig {
  /** Whether callers are limited. @default {true where the section is there} */
  readonly enabled: boolean;
  /** For every route without a limit of its own. @default {"100/minute"} */
  readonly default: string | readonly string[];
  /** Route to limit, for example `/v1/chat/completions`. @default {{}} */
  readonly routes: Readonly<Record<string, string | readonly string[]>>;
  /** Limits of each team, user or model, over all routes. @default {[]} */
  readonly rules: readonly LimitRuleConfig[];
}

/**
 * Limits of each team, user, model or whatever it is, over all routes.
 *
 * @example Of each team
 * ```ts
 * import type { LimitRuleConfig } from "@llm-proxy/api";
 *
 * const rule: LimitRuleConfig = {
 *   name: "teams",
 *   per: "team",
 *   of: "*",
 *   limits: ["1000/minute", "50 concurrent"],
 * };
 * ```
 */
export interface LimitRuleConfig {
  /** What refusals and metrics call it. */
  readonly name: string;
  /** Whose requests it counts together. */
  readonly per: "all" | "organisation" | "team" | "user" | "key" | "model";
  /** For whom it is: a name, in which `*` stands for any characters. @default {"*"} */
  readonly of: string;
  /** A limit, or a list of several. */
  readonly limits: string | readonly string[];
}

/**
 * When a failing deployment is left alone, and for how long.
 *
 * @example Without a config
 * ```ts
 * import { type CircuitBreakerConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const breaker: CircuitBreakerConfig = defaultConfig().circuit_breaker;
 * assertEquals(breaker.failure_threshold, 5);
 * ```
 */
export interface CircuitBreakerConfig {
  /** Failures in a row that open the circuit. @default {5} */
  readonly failure_threshold: number;
  /** The share of attempts within `window`, up to 1, that opens it as well. @default {0.5} */
  readonly failure_ratio: number;
  /** Seconds that an attempt counts for the shares. @default {10} */
  readonly window: number;
  /** How many attempts the window must hold before a share means anything. @default {20} */
  readonly min_samples: number;
  /** Seconds after which a first byte is slow. @default {none is} */
  readonly slow_first_byte?: number | undefined;
  /** The share of slow first bytes within `window` that opens the circuit. @default {0.5} */
  readonly slow_ratio: number;
  /** Seconds until it is tried again. @default {30} */
  readonly recovery_timeout: number;
  /** Requests let through while it is tried. @default {1} */
  readonly half_open_max_calls: number;
}

/**
 * How many attempts a request may have, whatever its route.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type RetryConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const retry: RetryConfig = defaultConfig().retry;
 * assertEquals(retry.max_attempts, 3);
 * ```
 */
export interface RetryConfig {
  /** Attempts of a request in all: first ones, retries and fallbacks. @default {3} */
  readonly max_attempts: number;
  /** How many further attempts there may be for each request, on average: a share. @default {0.1} */
  readonly budget: number;
}
