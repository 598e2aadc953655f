/** One model as its provider lists it. */
export interface ModelEntry {
  /** The model as the provider names it. */
  readonly id: string;
  /** Seconds since 1970, where the provider tells. */
  readonly created?: number;
  readonly ownedBy?: string;
}

/** Asks one provider for its models. */
export type ModelLoader = (
  signal: AbortSignal,
) => Promise<readonly ModelEntry[]>;

/** What a provider was last known to list. */
export interface ModelListing {
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
  /** The clock, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

interface Source {
  readonly load: ModelLoader;
  listing?: ModelListing;
  failedAt?: number;
  loading?: Promise<ModelListing | undefined>;
}

/**
 * The catalogue of the models that providers list.
 *
 * Each provider is asked at most once at a time and once per lifetime of its
 * listing. While it is down its last listing is served, and it is left alone
 * for a while. Nothing here decides access: a model that no provider lists may
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
  readonly #now: () => number;

  /** Makes an empty catalogue; see {@linkcode ModelCacheOptions}. */
  constructor(options: ModelCacheOptions = {}) {
    this.#ttl = options.ttl ?? 3_600_000;
    this.#failureTtl = options.failureTtl ?? 30_000;
    this.#loadTimeout = options.loadTimeout ?? 5_000;
    this.#maxModels = options.maxModels ?? 10_000;
    this.#now = options.now ?? Date.now;
  }

  /** Adds a provider, or replaces how it is asked. It is not asked yet. */
  add(provider: string, load: ModelLoader): void {
    this.#sources.set(provider, { load });
    this.#reindex();
  }

  /**
   * What a provider lists: from memory while fresh, else asked for. A provider
   * that fails gives its last listing, or `undefined` when there was none.
   */
  list(provider: string): Promise<ModelListing | undefined> {
    const source = this.#sources.get(provider);
    const { listing, failedAt } = source ?? {};
    const now = this.#now();
    const rested = failedAt === undefined || now - failedAt >= this.#failureTtl;
    const fresh = listing !== undefined && now - listing.readAt < this.#ttl;
    if (source === undefined || fresh || !rested) {
      return Promise.resolve(listing);
    }
    return this.refresh(provider);
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
    source.loading ??= this.#load(source).finally(() => {
      delete source.loading;
    });
    return source.loading;
  }

  /** Ends every load that is under way and starts no more. */
  close(): void {
    this.#controller.abort(new DOMException("closed", "AbortError"));
  }

  async #load(source: Source): Promise<ModelListing | undefined> {
    const deadline = new AbortController();
    const end = (): void => deadline.abort(this.#controller.signal.reason);
    const timer = setTimeout(end, this.#loadTimeout);
    this.#controller.signal.addEventListener("abort", end);
    try {
      this.#controller.signal.throwIfAborted();
      const models = await beforeAbort(
        source.load(deadline.signal),
        deadline.signal,
      );
      source.listing = {
        models: models.slice(0, this.#maxModels),
        readAt: this.#now(),
        truncated: models.length > this.#maxModels,
      };
      delete source.failedAt;
      this.#reindex();
    } catch {
      // A provider that is down is no fault of the one who asks: its last
      // listing, if any, goes on being served.
      source.failedAt = this.#now();
    } finally {
      clearTimeout(timer);
      this.#controller.signal.removeEventListener("abort", end);
    }
    return source.listing;
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
