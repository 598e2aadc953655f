import type { CondenseStrategy } from "@llm-proxy/context";

/**
 * What replaces the built-in cache: an exported class of a module. Both keys
 * are given, or neither.
 *
 * @example The built-in cache
 * ```ts
 * import { type CacheConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const cache: CacheConfig = defaultConfig().cache;
 * assertEquals(cache.module, undefined);
 * ```
 */
export interface CacheConfig {
  /** The module to import. */
  readonly module?: string | undefined;
  /** Its export. */
  readonly class?: string | undefined;
}

/**
 * The sizes of the built-in caches.
 *
 * @example Without a config
 * ```ts
 * import { type CachingConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const caching: CachingConfig = defaultConfig().caching;
 * assertEquals(caching.response_cache.enabled, false);
 * ```
 */
export interface CachingConfig {
  /** Whole answers. */
  readonly response_cache: ResponseCacheConfig;
  /** Summaries of shortened conversations. */
  readonly summary_cache: CacheTierConfig;
}

/**
 * One built-in cache.
 *
 * @example The cache of summaries
 * ```ts
 * import { type CacheTierConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const tier: CacheTierConfig = defaultConfig().caching.summary_cache;
 * assertEquals(tier.ttl, 3600);
 * ```
 */
export interface CacheTierConfig {
  /** Whether it is used. @default {false for answers, true for summaries} */
  readonly enabled: boolean;
  /** Upper bound of its content, MiB. @default {64 for answers, 16 for summaries} */
  readonly max_size_mb: number;
  /** Seconds an entry lives. @default {300 for answers, 3600 for summaries} */
  readonly ttl: number;
  /** Whether entries are compressed. @default {false} */
  readonly compression: boolean;
}

/**
 * The cache of answers, which routes and keys may switch on and off as well.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type ResponseCacheConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const cache: ResponseCacheConfig = defaultConfig().caching.response_cache;
 * assertEquals(cache.shared, false);
 * ```
 */
export interface ResponseCacheConfig extends CacheTierConfig {
  /** Seconds after `ttl` in which an answer is still given, and renewed. @default {0} */
  readonly stale: number;
  /** Whether callers have their answers in common. @default {false} */
  readonly shared: boolean;
  /** Whether answers outlive the process. @default {false} */
  readonly persist: boolean;
}

/**
 * How long conversations are shortened.
 *
 * @example Without a config
 * ```ts
 * import { type CondensationConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const condensation: CondensationConfig = defaultConfig().condensation;
 * assertEquals(condensation.enabled, false);
 * ```
 */
export interface CondensationConfig {
  /** Whether conversations are shortened at all. @default {false} */
  readonly enabled: boolean;
  /** Tokens from which on they are. @default {100000} */
  readonly truncation_threshold: number;
  /** What is done, in this order, until there is room. @default {["truncate_tool_results", "remove_duplicates", "drop_oldest"]} */
  readonly strategies: readonly CondenseStrategy[];
  /** Tokens of a tool result that are kept. @default {2000} */
  readonly tool_result_max_tokens: number;
  /** The model that sums up. @default {none: turns are left out} */
  readonly summary_model?: string | undefined;
  /** Most tokens of a summary. @default {512} */
  readonly summary_max_tokens: number;
  /** Seconds that the summaries of a request may take. @default {10} */
  readonly summary_timeout: number;
  /** Summaries kept. @default {1000} */
  readonly cache_size: number;
  /** Seconds a summary is kept. @default {3600} */
  readonly cache_ttl: number;
  /** Texts in a provider's error that mean the context was too long; not patterns. */
  readonly error_patterns: readonly string[];
}

/**
 * How the process reacts to memory pressure.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type MemoryConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const memory: MemoryConfig = defaultConfig().memory;
 * assertEquals(memory.max_usage_percent, 95);
 * ```
 */
export interface MemoryConfig {
  /** Share of the limit from which on requests are refused. @default {95} */
  readonly max_usage_percent: number;
  /** Share of the limit from which on caches are emptied. @default {85} */
  readonly gc_threshold_percent: number;
  /** The memory limit, MiB. @default {the system's, as far as it tells one} */
  readonly limit_mb?: number | undefined;
  /** Seconds between two looks. @default {5} */
  readonly monitoring_interval: number;
}
