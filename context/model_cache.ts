import { inTime } from "./_in_time.ts";
import { ModelShelf } from "./_model_shelf.ts";
import type { StateStore } from "./state_store.ts";

/** One model as its provider lists it. */
export interface ModelEntry {
  /** The model as the provider names it. */
  readonly id: string;
  /** Seconds since 1970, where the provider tells. */
  readonly created?: number;
  /** Who made it, where the provider tells. */
  readonly ownedBy?: string;
  /** The most tokens of request and answer together, where the provider tells. */
  readonly contextWindow?: number;
  /** The most tokens of an answer, where the provider tells. */
  readonly maxOutput?: number;
  /** What it can do, by the names of abilities; what is left out is unknown. */
  readonly capabilities?: Readonly<Partial<Record<string, boolean>>>;
}

/** Asks one provider for its models; the signal ends the question. */
export type ModelLoader = (
  signal: AbortSignal,
) => Promise<readonly ModelEntry[]>;

/** What a provider was last known to list. */
export interface ModelListing {
  /** The models, in the provider's order. */
  readonly models: readonly ModelEntry[];
  /** When it was read, in ms since 1970. */
  readonly readAt: number;
  /** The provider listed more than is kept. */
  readonly truncated: boolean;
}

/** How a {@linkcode ModelCache} keeps what it knows; times in milliseconds. */
export interface ModelCacheOptions {
  /** How long a listing counts as fresh. @default {3_600_000} */
  readonly ttl?: number;
  /** How long a provider that failed is left alone. @default {30_000} */
  readonly failureTtl?: number;
  /** How long a provider may take to list. @default {5_000} */
  readonly loadTimeout?: number;
  /** How many models are kept of one provider; further ones are cut. @default {10_000} */
  readonly maxModels?: number;
  /** How many providers there may be. @default {1_000} */
  readonly maxProviders?: number;
  /** What keeps listings beyond the life of the process, for a week. @default {nothing} */
  readonly store?: StateStore | undefined;
  /** The clock, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Is told of each load that failed; the one who asked never is. */
  readonly onFailure?: (provider: string, error: unknown) => void;
}

/** What {@linkcode ModelCache.add} may be told. */
export interface ModelSourceOptions {
  /**
   * Where the provider is: what was stored of another place is not used.
   *
   * @default {""}
   */
  readonly address?: string;
}

/** How long a listing that is no longer fresh waits for the next one, in ms. */
const STALE_MS = 500;

interface Source {
  readonly load: ModelLoader;
  readonly address: string;
  /** Settled once the store was asked. */
  recalling?: Promise<void>;
  listing?: ModelListing;
  /** When the last load failed; absent after one that did not. */
  failedAt?: number;
  loading?: Promise<ModelListing | undefined>;
}

/**
 * The catalogue of the models that providers list.
 *
 * Each provider is asked at most once at a time and once per lifetime of its
 * listing. While it is down its last listing is served, and it is left alone
 * for a while. With a store the listing of an earlier process is used while it
 * is fresh, and as long as the provider is down. Nothing here decides access: a model that no provider lists may
 * still be asked for.
 *
 * @example Two providers
 * ```ts
 * import { ModelCache } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new ModelCache();
 * cache.add("acme", () => Promise.resolve([{ id: "acme-1" }]));
 * cache.add("down", () => Promise.reject(new Error("refused")));
 *
 * assertEquals((await cache.list("acme"))?.models, [{ id: "acme-1" }]);
 * assertEquals(await cache.list("down"), undefined);
 * assertEquals(cache.find("acme-1"), ["acme"]);
 * cache.close();
 * ```
 */
export class ModelCache {
  readonly #sources = new Map<string, Source>();
  /** Which providers list a model, by its id. */
  readonly #index = new Map<string, string[]>();
  readonly #controller = new AbortController();
  readonly #ttl: number;
  readonly #failureTtl: number;
  readonly #loadTimeout: number;
  readonly #maxModels: number;
  readonly #maxProviders: number;
  readonly #onFailure: (provider: string, error: unknown) => void;
  readonly #shelf: ModelShelf | undefined;
  readonly #now: () => number;

  /** Makes an empty catalogue; see {@linkcode ModelCacheOptions}. */
  constructor(options: ModelCacheOptions = {}) {
    this.#ttl = options.ttl ?? 3_600_000;
    this.#failureTtl = options.failureTtl ?? 30_000;
    this.#loadTimeout = options.loadTimeout ?? 5_000;
    this.#maxModels = options.maxModels ?? 10_000;
    this.#maxProviders = options.maxProviders ?? 1_000;
    this.#onFailure = options.onFailure ?? (() => {});
    this.#shelf = options.store && new ModelShelf(options.store);
    this.#now = options.now ?? Date.now;
  }

  /**
   * Adds a provider, or replaces how it is asked; what it listed before is
   * forgotten. It is not asked yet.
   *
   * @throws {RangeError} when there are too many providers.
   */
  add(
    provider: string,
    load: ModelLoader,
    { address = "" }: ModelSourceOptions = {},
  ): void {
    const full = this.#sources.size >= this.#maxProviders;
    if (full && !this.#sources.has(provider)) {
      throw new RangeError(
        `Cannot add provider "${provider}": there are ${this.#maxProviders} already`,
      );
    }
    this.#sources.set(provider, { load, address });
    this.#reindex();
  }

  /** Forgets a provider and what it listed. */
  remove(provider: string): void {
    if (this.#sources.delete(provider)) this.#reindex();
  }

  /**
   * What a provider lists: from memory while fresh, else asked for. A provider
   * that fails, or takes long, gives its last listing; one that fails, and there
   * was none, `undefined`.
   */
  async list(provider: string): Promise<ModelListing | undefined> {
    const source = this.#sources.get(provider);
    if (source === undefined) return undefined;
    if (source.listing === undefined && this.#shelf !== undefined) {
      await this.#recall(provider, source);
    }
    const { listing, failedAt } = source;
    const fresh = this.#isWithin(this.#ttl, listing?.readAt);
    if (fresh || this.#isWithin(this.#failureTtl, failedAt)) return listing;
    const refreshed = this.refresh(provider);
    if (listing === undefined) return await refreshed;
    // One that hangs makes nobody wait who can have what it listed before.
    return await inTime(refreshed, { ms: STALE_MS, late: () => listing });
  }

  /** What memory holds of a provider, however old; nobody is asked. */
  peek(provider: string): ModelListing | undefined {
    return this.#sources.get(provider)?.listing;
  }

  /** The providers known to list a model; nobody is asked. */
  find(model: string): readonly string[] {
    return this.#index.get(model) ?? [];
  }

  /** Asks a provider now, unless that is under way already. */
  refresh(provider: string): Promise<ModelListing | undefined> {
    const source = this.#sources.get(provider);
    if (source === undefined) return Promise.resolve(undefined);
    source.loading ??= this.#load(provider, source).finally(() => {
      delete source.loading;
    });
    return source.loading;
  }

  /** Ends every load that is under way and starts no more. */
  close(): void {
    this.#controller.abort(
      new DOMException("The model cache is closed", "AbortError"),
    );
  }

  /** A time in the future, after the clock was set back, is not within. */
  #isWithin(span: number, since: number | undefined): boolean {
    if (since === undefined) return false;
    const age = this.#now() - since;
    return age >= 0 && age < span;
  }

  async #load(
    provider: string,
    source: Source,
  ): Promise<ModelListing | undefined> {
    try {
      const models = (await this.#ask(source.load)).filter(isModel);
      source.listing = {
        models: models.slice(0, this.#maxModels),
        readAt: this.#now(),
        truncated: models.length > this.#maxModels,
      };
      delete source.failedAt;
      this.#reindex();
      const { address, listing } = source;
      this.#shelf?.keep(provider, { address, listing, now: this.#now() });
    } catch (error) {
      // A provider that is down is no fault of the one who asks: its last
      // listing, if any, goes on being served.
      source.failedAt = this.#now();
      this.#onFailure(provider, error);
      if (source.listing === undefined) await this.#recall(provider, source);
    }
    return source.listing;
  }

  /** Has what an earlier process was told; it is asked for once. */
  #recall(provider: string, source: Source): Promise<void> | undefined {
    const shelf = this.#shelf;
    if (shelf === undefined) return undefined;
    return source.recalling ??= shelf.recall(provider, source).then((it) => {
      if (it === undefined || source.listing !== undefined) return;
      const models = it.models.filter(isModel).slice(0, this.#maxModels);
      source.listing = { ...it, models };
      this.#reindex();
    }).catch(() => {});
  }

  /** One question, ended by its deadline or by the cache's close. */
  async #ask(load: ModelLoader): Promise<readonly ModelEntry[]> {
    const closing = this.#controller.signal;
    closing.throwIfAborted();
    const controller = new AbortController();
    const onClose = (): void => controller.abort(closing.reason);
    const timer = setTimeout(() => {
      const message = `No list of models within ${this.#loadTimeout} ms`;
      controller.abort(new DOMException(message, "TimeoutError"));
    }, this.#loadTimeout);
    closing.addEventListener("abort", onClose);
    try {
      return await beforeAbort(load(controller.signal), controller.signal);
    } finally {
      clearTimeout(timer);
      closing.removeEventListener("abort", onClose);
    }
  }

  #reindex(): void {
    this.#index.clear();
    for (const [provider, { listing }] of this.#sources) {
      for (const { id } of listing?.models ?? []) {
        const providers = this.#index.get(id);
        if (providers === undefined) this.#index.set(id, [provider]);
        else if (!providers.includes(provider)) providers.push(provider);
      }
    }
  }
}

/** What a loader made of a foreign list may hold anything. */
function isModel(entry: ModelEntry | null | undefined): boolean {
  return typeof entry?.id === "string" && entry.id !== "";
}

/** Rejects when the signal is aborted, even if the loader does not care. */
function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason);
    signal.addEventListener("abort", end, { once: true });
    work.then(resolve, reject).finally(() =>
      signal.removeEventListener("abort", end)
    );
  });
}
