/** What a cache has by a key. */
export interface CacheEntry<V> {
  /** What was stored; not to be changed. */
  readonly value: V;
  /** How long ago it was stored, in milliseconds. */
  readonly ageMs: number;
  /** Whether its time is over, and it may be used while a new one is got. */
  readonly isStale: boolean;
}

/** How long an entry lives. */
export interface CacheLifetime {
  /** How long it is fresh, in milliseconds. @default {the cache's} */
  readonly ttlMs?: number | undefined;
  /** How long after that it is stale, in milliseconds. @default {the cache's} */
  readonly staleMs?: number | undefined;
}

/** How a cache has done. Counts are since it was made. */
export interface CacheStats {
  /** How many entries memory holds. */
  readonly entries: number;
  /** How many bytes they take, by estimate. */
  readonly bytes: number;
  /** Looks that found an entry, stale ones included. */
  readonly hits: number;
  /** Looks that found none. */
  readonly misses: number;
}

/**
 * A cache, of which {@linkcode SmartCache} is one: what takes its place has
 * these methods, which must not throw, and keeps itself within bounds. Values
 * are what JSON can carry.
 *
 * @example One that keeps nothing
 * ```ts
 * import type { CacheAdapter } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * class NoCache implements CacheAdapter<unknown> {
 *   readonly stats = { entries: 0, bytes: 0, hits: 0, misses: 0 };
 *   get(): undefined {}
 *   set(): void {}
 *   clear(): Promise<void> {
 *     return Promise.resolve();
 *   }
 * }
 * assertEquals(new NoCache().get(), undefined);
 * ```
 */
export interface CacheAdapter<V> {
  /** How it has done. */
  readonly stats: CacheStats;
  /** Looks for an entry; a promise where memory does not have it, and it may be elsewhere. */
  get(
    key: string,
  ): CacheEntry<V> | undefined | Promise<CacheEntry<V> | undefined>;
  /** Stores an entry, or does not where it is too large. */
  set(key: string, value: V, lifetime?: CacheLifetime): void;
  /** Forgets everything. */
  clear(): Promise<void>;
  /** Frees memory until entries take no more bytes than this. @default {nothing is freed} */
  shrink?(bytes: number): void;
  /** Ends its work. @default {there is nothing to end} */
  close?(): Promise<void>;
}
