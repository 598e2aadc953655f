/**
 * The limits of one account at a provider; at least one is given. A string
 * such as `600/minute` in the file is read as requests, per minute.
 *
 * @example A limit given as a string
 * ```ts
 * import { parseConfig, type ProviderRateLimit } from "@llm-proxy/api";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const result = parseConfig("providers: [{type: mock, rate_limit: 10/second}]", {
 *   file: "config.yaml",
 *   env: () => undefined,
 * });
 * assert(result.ok);
 * const limit: ProviderRateLimit | undefined = result.config.providers[0]?.rate_limit;
 * assertEquals(limit?.requests_per_minute, 600);
 * ```
 */
export interface ProviderRateLimit {
  /** Requests in a minute; a fraction where the limit was per hour or day. */
  readonly requests_per_minute?: number | undefined;
  /** Tokens in a minute, both ways. */
  readonly tokens_per_minute?: number | undefined;
}

/**
 * Limits on callers. A limit reads `100/minute`; the units are `second`,
 * `minute`, `hour` and `day`.
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
  /** Whether callers are limited. @default {false} */
  readonly enabled: boolean;
  /** For every route without a limit of its own. @default {"100/minute"} */
  readonly default: string;
  /** Route to limit, for example `/v1/chat/completions`. @default {{}} */
  readonly routes: Readonly<Record<string, string>>;
}

/**
 * When a failing provider is left alone, and for how long.
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
  /** Seconds until it is tried again. @default {30} */
  readonly recovery_timeout: number;
  /** Requests let through while it is tried. @default {1} */
  readonly half_open_max_calls: number;
}
