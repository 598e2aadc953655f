import type {
  CacheAdapter,
  CacheEntry,
  CacheLifetime,
} from "@llm-proxy/context";
import type { Logger } from "@llm-proxy/logging";
import type { Config } from "./config_types.ts";
import type { CacheConfig } from "./config_types_context.ts";
import { loadExport } from "./_load_export.ts";

/** How long somebody else's cache is waited for, in ms. */
const WAIT_MS = 100;
/** What a cache must be able to do. */
const METHODS = ["get", "set", "clear"] as const;

/** Why the cache that a config names can't be had, in one sentence; nothing where it can. */
export async function cacheFault(
  { module, class: name }: CacheConfig,
): Promise<string | undefined> {
  if (module === undefined || name === undefined) return undefined;
  try {
    await loadExport(module, name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Loads the cache that takes the place of the built-in one; its class is given
 * the `caching.response_cache` of the config. Where it fails, nothing was kept.
 *
 * @throws {TypeError} with one sentence for the operator.
 */
export async function loadCache(
  { cache: { module, class: name }, caching }: Pick<
    Config,
    "cache" | "caching"
  >,
  logger: Logger,
): Promise<CacheAdapter<unknown> | undefined> {
  if (module === undefined || name === undefined) return undefined;
  const loaded = await loadExport(module, name);
  let made: unknown;
  try {
    made = new loaded(caching.response_cache);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TypeError(
      `Cannot make a cache by cache.class: ${message.split("\n")[0]}`,
      { cause: error },
    );
  }
  for (const method of METHODS) {
    const has = (made as Partial<CacheAdapter<unknown>> | null)?.[method];
    if (typeof has === "function") continue;
    throw new TypeError(
      `Cannot cache by '${name}' of '${module}': it has no method '${method}'`,
    );
  }
  return new ForeignCache(made as CacheAdapter<unknown>, logger);
}

/** Somebody else's cache: it may fail or hang, and no request with it. */
class ForeignCache implements CacheAdapter<unknown> {
  readonly #cache: CacheAdapter<unknown>;
  readonly #logger: Logger;
  #hasFailed = false;

  constructor(cache: CacheAdapter<unknown>, logger: Logger) {
    this.#cache = cache;
    this.#logger = logger;
  }

  get stats(): CacheAdapter<unknown>["stats"] {
    const { entries = 0, bytes = 0, hits = 0, misses = 0 } =
      this.#cache.stats ?? {};
    return { entries, bytes, hits, misses };
  }

  async get(key: string): Promise<CacheEntry<unknown> | undefined> {
    const late = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => late.resolve(undefined), WAIT_MS);
    try {
      return await Promise.race([this.#cache.get(key), late.promise]);
    } catch (error) {
      this.#note(error);
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  set(key: string, value: unknown, lifetime?: CacheLifetime): void {
    try {
      // It may give back a promise all the same.
      Promise.resolve(this.#cache.set(key, value, lifetime))
        .catch((error) => this.#note(error));
    } catch (error) {
      this.#note(error);
    }
  }

  async clear(): Promise<void> {
    await this.#cache.clear();
  }

  async close(): Promise<void> {
    try {
      await this.#cache.close?.();
    } catch (error) {
      this.#note(error);
    }
  }

  /** One line is enough: what fails for one request fails for all. */
  #note(cause: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#logger.error("the cache fails", { cause });
  }
}
