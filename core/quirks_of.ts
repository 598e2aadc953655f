import type { Quirks } from "./dialect.ts";
import type { Destination } from "./routing/route.ts";

/**
 * How a model departs from its provider's dialect.
 *
 * @example A model that is not like the others there
 * ```ts
 * import { ProviderFactory, quirksOf } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({
 *   name: "openai",
 *   type: "openai",
 *   modelQuirks: new Map([["gpt-5", { wireApi: "responses" }]]),
 * });
 * assertEquals(quirksOf({ provider, model: "gpt-5" }).wireApi, "responses");
 * assertEquals(quirksOf({ provider, model: "gpt-4.1" }).wireApi, undefined);
 * factory.close();
 * ```
 */
export function quirksOf({ provider, model }: Destination): Quirks {
  return provider.modelQuirks?.get(model) ?? provider.quirks;
}
