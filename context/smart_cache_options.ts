import type { CacheLifetime, CacheStats } from "./cache_adapter.ts";
import type { StateKey, StateStore } from "./state_store.ts";

/** How a {@linkcode SmartCache} is made. */
export interface SmartCacheOptions {
  /** How many entries memory holds. @default {10_000} */
  readonly maxEntries?: number;
  /** How many bytes they may take, by estimate. @default {67_108_864} */
  readonly maxBytes?: number;
  /** Larger values are not stored, in bytes of JSON. @default {an eighth of maxBytes} */
  readonly maxEntryBytes?: number;
  /** How long an entry is fresh, in milliseconds. @default {300_000} */
  readonly ttlMs?: number;
  /** How long after that it may still be used, in milliseconds. @default {0} */
  readonly staleMs?: number;
  /**
   * From how many bytes of JSON on a value is compressed: it takes less memory,
   * and more time to be had.
   *
   * @default {Infinity}
   */
  readonly compressFromBytes?: number;
  /** What keeps entries beyond the life of the process. @default {nothing} */
  readonly store?: StateStore | undefined;
  /** What the keys begin with in the store: caches must not have the same. @default {["cache"]} */
  readonly prefix?: StateKey;
  /** How long the store is waited for, in milliseconds. @default {25} */
  readonly storeWithinMs?: number;
  /** How many bytes the store may hold of it, by estimate. @default {four times maxBytes} */
  readonly maxStoreBytes?: number;
  /** The clock, in milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/** How a {@linkcode SmartCache} has done. Counts are since it was made. */
export interface SmartCacheStats extends CacheStats {
  /** Those of the hits that were stale. */
  readonly staleHits: number;
  /** Those of the hits that came from the store. */
  readonly storeHits: number;
  /** How often something was loaded. */
  readonly loads: number;
  /** How often that failed. */
  readonly loadFailures: number;
  /** Entries that were too large. */
  readonly refused: number;
  /** How often the store was of no use. */
  readonly storeFailures: number;
}

/** What {@linkcode SmartCache.getOrSet} is told besides. */
export interface GetOrSetOptions extends CacheLifetime {
  /** Ends this caller's wait; the load goes on while others wait for it. */
  readonly signal?: AbortSignal | undefined;
  /**
   * How long a failure is remembered, in milliseconds: who asks meanwhile gets
   * it again.
   *
   * @default {0}
   */
  readonly negativeTtlMs?: number;
}

/** The options with nothing left out. */
export type SmartCacheSettings =
  & Required<Omit<SmartCacheOptions, "store">>
  & Pick<SmartCacheOptions, "store">;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} when a number is out of its range.
 */
export function smartCacheSettings(
  options: SmartCacheOptions,
): SmartCacheSettings {
  const maxBytes = options.maxBytes ?? 67_108_864;
  const settings = {
    maxEntries: 10_000,
    maxBytes,
    maxEntryBytes: Math.ceil(maxBytes / 8),
    ttlMs: 300_000,
    staleMs: 0,
    compressFromBytes: Infinity,
    prefix: ["cache"],
    storeWithinMs: 25,
    maxStoreBytes: 4 * maxBytes,
    now: Date.now,
    ...options,
    store: options.store,
  };
  const numbers = {
    maxEntries: 0,
    maxBytes: 0,
    maxEntryBytes: 0,
    ttlMs: 0,
    staleMs: 0,
    compressFromBytes: 0,
    storeWithinMs: 0,
    maxStoreBytes: 0,
  };
  for (const name of Object.keys(numbers) as (keyof typeof numbers)[]) {
    if (settings[name] >= 0) continue;
    throw new RangeError(
      `SmartCache: '${name}' must be 0 or more, not ${settings[name]}`,
    );
  }
  return settings;
}
