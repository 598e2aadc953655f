import {
  type CacheAdapter,
  SemanticIndex,
  SingleFlight,
  SmartCache,
  type StateStore,
} from "@llm-proxy/context";
import { isDeepStrictEqual } from "node:util";
import type { HeldEvents, KeptAnswer } from "./answer_flight.ts";
import { CachePolicies } from "./_cache_policies.ts";
import type { Config } from "./config_types.ts";

const MIB = 1024 * 1024;
/** Smaller values are not worth being compressed, in bytes. */
const COMPRESS_FROM = 2_048;
/** How much all answers on their way hold for those who follow them, in UTF-16 units. */
const MAX_HELD = 32 * 1024 * 1024;

/** What the built-in cache is made by. */
type Bounds = Config["caching"]["response_cache"] & {
  readonly ttlMs: number;
  readonly staleMs: number;
};

/** What is kept of answers, whatever becomes of the config. */
export class KeptAnswers {
  /** Where they are. */
  readonly cache: CacheAdapter<KeptAnswer>;
  /** What is held of those on their way. */
  readonly held: HeldEvents = { size: 0, max: MAX_HELD };
  /** Questions by their meaning; it takes nothing until there are any. */
  readonly semantic: SemanticIndex = new SemanticIndex();
  /** The vectors that are being made. */
  readonly vectors: SingleFlight<readonly number[] | undefined> =
    new SingleFlight();
  readonly #bounds: Bounds;
  #generation = 0;

  constructor(
    bounds: Bounds,
    { state, cache }: {
      readonly state: StateStore;
      /** What takes the place of the built-in one. */
      readonly cache?: CacheAdapter<unknown> | undefined;
    },
  ) {
    const { max_size_mb: size, compression, persist, ttlMs, staleMs } = bounds;
    this.#bounds = bounds;
    this.cache = (cache as CacheAdapter<KeptAnswer> | undefined) ??
      new SmartCache<KeptAnswer>({
        ttlMs,
        staleMs,
        maxBytes: size * MIB,
        maxEntries: 1_000_000,
        compressFromBytes: compression ? COMPRESS_FROM : Infinity,
        store: persist ? state : undefined,
        prefix: ["cache", "response"],
      });
  }

  /** What is kept by a config: what was kept before, if its bounds are the same; nothing where nobody wants it. */
  static of(
    config: Config,
    { before, ...options }: {
      readonly before: KeptAnswers | undefined;
      readonly state: StateStore;
      readonly cache?: CacheAdapter<unknown> | undefined;
    },
  ): KeptAnswers | undefined {
    const policies = new CachePolicies(config);
    if (!policies.isOn) return undefined;
    const bounds = { ...config.caching.response_cache, ...policies.longest };
    const isSame = before !== undefined &&
      isDeepStrictEqual(before.#bounds, bounds);
    if (isSame) return before;
    before?.semantic.close();
    return new KeptAnswers(bounds, options);
  }

  /** Raised whenever all are forgotten: what was asked for before must not be kept. */
  get generation(): number {
    return this.#generation;
  }

  /** How many bytes of memory it takes, answers on their way included. */
  get bytes(): number {
    return this.cache.stats.bytes + this.held.size;
  }

  /** How many it may take. */
  get maxBytes(): number {
    return this.#bounds.max_size_mb * MIB + this.held.max;
  }

  /** Frees memory, until a share of what is kept is left. */
  shrink(share: number): void {
    this.cache.shrink?.(this.cache.stats.bytes * share);
  }

  /** Forgets every answer. */
  async clear(): Promise<void> {
    this.#generation++;
    this.semantic.close();
    await this.cache.clear();
  }

  /** Writes what is to outlive it. */
  async close(): Promise<void> {
    this.semantic.close();
    await this.cache.close?.();
  }
}
