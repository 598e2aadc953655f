/**
 * The translations of `@llm-proxy/core/dialects` for programs that load a
 * dialect when somebody first speaks it. Each function here throws a
 * `TypeError` where a dialect that it needs was not loaded by
 * {@linkcode loadClient} or {@linkcode loadDialects}.
 *
 * @example A provider's dialect, loaded at its first use
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import {
 *   clientDialect,
 *   loadClient,
 *   loadDialects,
 *   translateConversation,
 * } from "@llm-proxy/core/lazy";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "cohere", type: "cohere" });
 * const deployment = { provider, model: "command-x" };
 * await Promise.all([loadClient("openai_chat"), loadDialects(deployment)]);
 * const ask = `{"model":"x","messages":[{"role":"user","content":"hi"}]}`;
 * const { request } = translateConversation(
 *   parseJsonDocument(new TextEncoder().encode(ask)),
 *   {
 *     client: clientDialect("openai_chat"),
 *     deployment,
 *     stream: false,
 *     includeUsage: false,
 *     losses: new LossReport(),
 *   },
 * );
 * assertEquals(request.path, "/chat");
 * factory.close();
 * ```
 *
 * @module
 */

export type { ClientName } from "../_dialect_table.ts";
export { answerReader } from "../answer_reader.ts";
export { translateEmbeddings } from "../translate_embeddings.ts";
export { NOT_COUNTED } from "../count_dialect.ts";
export { countsTokens, translateTokenCount } from "../translate_count.ts";
export { translateConversation } from "../translation.ts";
export { clientDialect, loadClient, loadDialects } from "./load_dialects.ts";
