/**
 * Google's Gemini API: as clients speak it, as providers do, its counts of
 * tokens and its embeddings. For those at a provider of another dialect, that
 * has to be loaded.
 *
 * @example Embeddings of Cohere's
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { translateGeminiEmbeddings } from "@llm-proxy/core/dialects/gemini";
 * import { loadDialects } from "@llm-proxy/core/lazy";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "cohere", type: "cohere" });
 * const deployment = { provider, model: "embed-x" };
 * await loadDialects(deployment);
 * const body = `{"content":{"parts":[{"text":"hi"}]}}`;
 * const { request } = translateGeminiEmbeddings(
 *   parseJsonDocument(new TextEncoder().encode(body)),
 *   { deployment, losses: new LossReport(), isBatch: false },
 * );
 * assertEquals(request.path, "/embed");
 * factory.close();
 * ```
 *
 * @module
 */

export { GeminiArrayStream } from "./array_stream.ts";
export { geminiClient } from "./client.ts";
export { geminiCountClient } from "./count_tokens.ts";
export { geminiProvider } from "./dialect.ts";
export {
  translateGeminiEmbeddings,
  type TranslateGeminiEmbeddingsOptions,
} from "./translate_embeddings.ts";
