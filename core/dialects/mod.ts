/**
 * Dialects of language models' APIs, and translations from each to each. All
 * of them are loaded with this module; `@llm-proxy/core/lazy` has the same for
 * programs that should start sooner than that.
 *
 * @example From OpenAI's dialect to Anthropic's
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { translateChat } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "anthropic", type: "anthropic" });
 * const ask = `{"model":"x","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}`;
 * const { request } = translateChat(
 *   parseJsonDocument(new TextEncoder().encode(ask)),
 *   {
 *     deployment: { provider, model: "claude-x" },
 *     stream: false,
 *     includeUsage: false,
 *     losses: new LossReport(),
 *   },
 * );
 * assertEquals(request.path, "/messages");
 * factory.close();
 * ```
 *
 * @module
 */

import { CLIENTS, DIALECTS } from "../_dialect_table.ts";

await Promise.all([CLIENTS.loadAll(), DIALECTS.loadAll()]);

export { answerReader } from "../answer_reader.ts";
export type { CountClient, TokenCount } from "../count_dialect.ts";
export {
  countsTokens,
  type CountTranslation,
  type TranslateCountOptions,
  translateTokenCount,
} from "../translate_count.ts";
export {
  translateEmbeddings,
  type TranslateEmbeddingsOptions,
} from "../translate_embeddings.ts";
export {
  translateChat,
  translateConversation,
  type TranslateConversationOptions,
  type TranslateOptions,
  type Translation,
} from "../translation.ts";
export {
  anthropicClient,
  anthropicProvider,
  type CheckMessagesOptions,
  checkMessagesRequest,
  messagesCount,
  messagesErrorStatus,
} from "./anthropic/mod.ts";
export { bedrockProvider } from "./bedrock/provider.ts";
export { cohereProvider } from "./cohere/dialect.ts";
export {
  GeminiArrayStream,
  geminiClient,
  geminiCountClient,
  geminiProvider,
  translateGeminiEmbeddings,
  type TranslateGeminiEmbeddingsOptions,
} from "./gemini/mod.ts";
export { ollamaProvider } from "./ollama/dialect.ts";
export {
  type BegunAnswer,
  canContinueChat,
  type ChatHead,
  ChatTranscript,
  checkChatRequest,
  continueChat,
  type ContinueOptions,
  openAiChatClient,
  openAiChatProvider,
} from "./openai_chat/mod.ts";
export { openAiCompletionsClient } from "./openai_completions/client.ts";
export {
  checkResponsesRequest,
  decodeResponsesRequest,
  openAiResponsesClient,
  openAiResponsesProvider,
  responsesCountClient,
  type ResponsesState,
} from "./openai_responses/mod.ts";
