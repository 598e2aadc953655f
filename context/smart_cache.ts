import { Buffer } from "node:buffer";
import type {
  CacheAdapter,
  CacheEntry,
  CacheLifetime,
} from "./cache_adapter.ts";
import { type CacheRow, pack, parseRow, unpack } from "./_cache_row.ts";
import { type FailureRow, MemoryTier, type ValueRow } from "./_memory_tier.ts";
import { SingleFlight } from "./single_flight.ts";
import {
  type GetOrSetOptions,
  type SmartCacheOptions,
  type SmartCacheSettings,
  smartCacheSettings,
  type SmartCacheStats,
} from "./smart_cache_options.ts";
import { StoreTier } from "./_store_tier.ts";

/** What an entry takes besides its key and value, in bytes. */
const OVERHEAD = 200;
const MAX_FAILURES = 1_000;
const encoder = new TextEncoder();

/**
 * A cache in memory, bounded by entries and by bytes, with a store behind it
 * where one is given. Entries have a time to live and, where wanted, a time in
 * which they are stale: told as such, and renewed in the background by
 * {@linkcode SmartCache.getOrSet}.
 *
 * The store is a help and no more: it is read where memory has nothing, for a
 * few milliseconds at most, written behind, and left alone while it fails.
 *
 * @example Loaded once, whoever asks
 * ```ts
 * import { SmartCache } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new SmartCache<string>({ ttlMs: 60_000, maxBytes: 1_000_000 });
 * const load = () => Promise.resolve("a long summary");
 * assertEquals((await cache.getOrSet("chat-1", load)).value, "a long summary");
 * assertEquals(cache.peek("chat-1")?.value, "a long summary");
 * assertEquals(cache.stats.loads, 1);
 * await cache.close();
 * ```
 */
export class SmartCache<V> implements CacheAdapter<V> {
  readonly #settings: SmartCacheSettings;
  readonly #memory: MemoryTier<ValueRow<V>>;
  readonly #store: StoreTier | undefined;
  readonly #failures: MemoryTier<FailureRow>;
  readonly #flights = new SingleFlight<CacheEntry<V>>();
  readonly #counts = {
    hits: 0,
    staleHits: 0,
    storeHits: 0,
    misses: 0,
    loads: 0,
    loadFailures: 0,
    refused: 0,
  };
  #generation = 0;

  /**
   * Makes an empty cache.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: SmartCacheOptions = {}) {
    const settings = smartCacheSettings(options);
    this.#settings = settings;
    this.#memory = new MemoryTier(settings);
    this.#failures = new MemoryTier({
      maxEntries: MAX_FAILURES,
      maxBytes: Infinity,
    });
    const { store, prefix, storeWithinMs: withinMs, now } = settings;
    this.#store = store && new StoreTier({
      store,
      prefix,
      withinMs,
      maxBytes: settings.maxStoreBytes,
      windowMs: settings.ttlMs + settings.staleMs,
      now,
    });
  }

  /** How the cache has done. */
  get stats(): SmartCacheStats {
    return {
      entries: this.#memory.size,
      bytes: this.#memory.bytes,
      ...this.#counts,
      storeFailures: this.#store?.failures ?? 0,
    };
  }

  /** Looks for an entry in memory, where it is not compressed; counts only what it finds. */
  peek(key: string): CacheEntry<V> | undefined {
    const now = this.#settings.now();
    const row = this.#memory.use(key, now);
    if (row === undefined || row.packed !== undefined) return undefined;
    return this.#found(row, row.value as V, now);
  }

  /** Looks for an entry in memory, and in the store for a short while. Never rejects. */
  get(
    key: string,
  ): CacheEntry<V> | undefined | Promise<CacheEntry<V> | undefined> {
    const entry = this.peek(key);
    if (entry !== undefined) return entry;
    const row = this.#memory.peek(key);
    if (row?.packed === undefined && this.#store === undefined) {
      this.#counts.misses++;
      return undefined;
    }
    return this.#seek(key, row?.packed);
  }

  /** Stores an entry in memory, and soon in the store. Too large ones are not stored. */
  set(key: string, value: V, lifetime: CacheLifetime = {}): void {
    const text = JSON.stringify(value);
    const { ttlMs, staleMs, now } = this.#settings;
    const at = now();
    // No longer than the store's room is reckoned for.
    const life = ttlMs + staleMs;
    const freshUntil = at + Math.min(lifetime.ttlMs ?? ttlMs, life);
    const stale = lifetime.staleMs ?? staleMs;
    const overAt = Math.min(freshUntil + stale, at + life);
    if (text === undefined || overAt <= at) return;
    const bytes = Buffer.byteLength(text);
    const times = { at, freshUntil, overAt };
    if (bytes > this.#settings.maxEntryBytes) {
      this.#counts.refused++;
      this.#memory.delete(key);
      return;
    }
    this.#put(key, { ...times, value, bytes });
    if (bytes >= this.#settings.compressFromBytes) {
      void this.#pack(key, encoder.encode(text), times);
    } else if (this.#store !== undefined) {
      const payload = encoder.encode(text);
      this.#store.write(key, { ...times, payload, isPacked: false });
    }
  }

  /**
   * Gives back an entry, or loads it: once for all who ask meanwhile. A stale
   * one is given back at once and loaded anew in the background.
   *
   * @param load Is given a signal that is aborted when nobody waits any more.
   * @throws {unknown} what `load` throws, or the reason of the caller's signal.
   */
  async getOrSet(
    key: string,
    load: (signal: AbortSignal) => Promise<V>,
    options: GetOrSetOptions = {},
  ): Promise<CacheEntry<V>> {
    const entry = this.peek(key) ?? await this.get(key);
    if (entry !== undefined && !entry.isStale) return entry;
    const failure = this.#failures.use(key, this.#settings.now());
    if (failure !== undefined && entry === undefined) throw failure.error;
    if (entry !== undefined) {
      // Whoever asked has an answer: what comes of this is for others.
      if (failure === undefined && !this.#flights.has(key)) {
        this.#load(key, load, { ...options, signal: undefined }).catch(
          () => {},
        );
      }
      return entry;
    }
    return await this.#load(key, load, options);
  }

  /** Forgets everything, in the store as well; what is loaded meanwhile is not stored. */
  async clear(): Promise<void> {
    this.#generation++;
    this.#memory.clear();
    this.#failures.clear();
    // A store that is out of reach has to be told another time.
    await this.#store?.clear();
  }

  /** Frees memory until entries take no more bytes than this. */
  shrink(bytes: number): void {
    this.#memory.shrink(bytes, this.#settings.now());
  }

  /** Writes to the store what waits. */
  async close(): Promise<void> {
    await this.#store?.close();
  }

  #put(key: string, row: ValueRow<V>): void {
    const bytes = row.bytes + key.length + OVERHEAD;
    if (!this.#memory.put(key, { ...row, bytes }, this.#settings.now())) {
      this.#counts.refused++;
    }
  }

  #found(
    { at, freshUntil }: Pick<ValueRow<V>, "at" | "freshUntil">,
    value: V,
    now: number,
  ): CacheEntry<V> {
    const isStale = freshUntil <= now;
    this.#counts.hits++;
    if (isStale) this.#counts.staleHits++;
    // A clock may be set back.
    return { value, ageMs: Math.max(0, now - at), isStale };
  }

  /** Looks where it takes time. */
  async #seek(
    key: string,
    packed: Uint8Array | undefined,
  ): Promise<CacheEntry<V> | undefined> {
    try {
      const row = this.#memory.peek(key);
      if (packed !== undefined && row !== undefined) {
        const value = parseRow<V>(await unpack(packed));
        return this.#found(row, value, this.#settings.now());
      }
      const generation = this.#generation;
      const stored = await this.#store?.read(key, (late) => {
        if (generation === this.#generation) void this.#adopt(key, late);
      });
      if (stored !== undefined && generation === this.#generation) {
        const now = this.#settings.now();
        const value = stored.overAt > now
          ? await this.#adopt(key, stored)
          : undefined;
        if (value !== undefined) {
          this.#counts.storeHits++;
          return this.#found(stored, value, now);
        }
      }
    } catch {
      // What cannot be read is not there.
    }
    this.#counts.misses++;
    return undefined;
  }

  /** Has in memory what the store had. */
  async #adopt(key: string, row: CacheRow): Promise<V | undefined> {
    const { isPacked, payload, at, freshUntil, overAt } = row;
    try {
      const value = parseRow<V>(isPacked ? await unpack(payload) : payload);
      const times = { at, freshUntil, overAt, bytes: payload.length };
      this.#put(
        key,
        isPacked ? { ...times, packed: payload } : {
          ...times,
          value,
        },
      );
      return value;
    } catch {
      return undefined;
    }
  }

  /** Puts the compressed value in the place of the other. */
  async #pack(
    key: string,
    bytes: Uint8Array,
    times: Pick<ValueRow<V>, "at" | "freshUntil" | "overAt">,
  ): Promise<void> {
    const packed = await pack(bytes);
    const row = this.#memory.peek(key);
    if (row?.at !== times.at || row.packed !== undefined) return;
    this.#put(key, { ...times, packed, bytes: packed.length });
    this.#store?.write(key, { ...times, payload: packed, isPacked: true });
  }

  async #load(
    key: string,
    load: (signal: AbortSignal) => Promise<V>,
    { signal, negativeTtlMs = 0, ...lifetime }: GetOrSetOptions,
  ): Promise<CacheEntry<V>> {
    return await this.#flights.run(key, async (flight) => {
      const generation = this.#generation;
      this.#counts.loads++;
      try {
        const value = await load(flight);
        if (generation === this.#generation) this.set(key, value, lifetime);
        return { value, ageMs: 0, isStale: false };
      } catch (error) {
        this.#counts.loadFailures++;
        if (negativeTtlMs > 0 && !flight.aborted) {
          const now = this.#settings.now();
          const overAt = now + negativeTtlMs;
          this.#failures.put(key, { error, overAt, bytes: 0 }, now);
        }
        throw error;
      }
    }, { signal });
  }
}
