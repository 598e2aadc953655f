import { type ClientName, CLIENTS } from "../_dialect_table.ts";
import type { ClientDialect } from "../dialect.ts";
import { loadDialectsOf } from "../_load_dialects.ts";
import type { Destination } from "../routing/route.ts";

/**
 * Has loaded what a translation for a deployment needs of the dialects in which
 * it is asked.
 *
 * @returns `undefined` where all is there already: then nothing is to be waited
 * for.
 *
 * @example Before a translation
 * ```ts
 * import { ProviderFactory } from "@llm-proxy/core";
 * import { loadDialects } from "@llm-proxy/core/lazy";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "gemini", type: "gemini" });
 * const deployment = { provider, model: "gemini-x" };
 * await loadDialects(deployment);
 * assertEquals(loadDialects(deployment), undefined);
 * factory.close();
 * ```
 */
export function loadDialects(
  deployment: Destination,
): Promise<void> | undefined {
  return loadDialectsOf(deployment);
}

/**
 * Has a dialect of clients loaded.
 *
 * @returns `undefined` where it is there already.
 *
 * @example Anthropic's
 * ```ts
 * import { loadClient } from "@llm-proxy/core/lazy";
 * import { assertEquals } from "@std/assert";
 *
 * await loadClient("anthropic");
 * assertEquals(loadClient("anthropic"), undefined);
 * ```
 */
export function loadClient(name: ClientName): Promise<void> | undefined {
  return CLIENTS.load(name);
}

/**
 * A dialect of clients that is loaded.
 *
 * @throws {TypeError} where {@linkcode loadClient} has not loaded it.
 *
 * @example OpenAI's
 * ```ts
 * import { clientDialect, loadClient } from "@llm-proxy/core/lazy";
 * import { assertEquals } from "@std/assert";
 *
 * await loadClient("openai_chat");
 * assertEquals(clientDialect("openai_chat").name, "openai_chat");
 * ```
 */
export function clientDialect(name: ClientName): ClientDialect {
  return CLIENTS.get(name).client;
}
