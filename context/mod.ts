/**
 * What an LLM gateway remembers: the catalogue of models.
 *
 * @example Who serves a model
 * ```ts
 * import { ModelCache } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const cache = new ModelCache({ ttl: 60_000 });
 * cache.add("acme", () => Promise.resolve([{ id: "acme-1" }]));
 * await cache.refresh("acme");
 * assertEquals(cache.find("acme-1"), ["acme"]);
 * cache.close();
 * ```
 *
 * @module
 */

export {
  ModelCache,
  type ModelCacheOptions,
  type ModelEntry,
  type ModelListing,
  type ModelLoader,
} from "./model_cache.ts";
