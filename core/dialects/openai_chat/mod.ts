/**
 * OpenAI's Chat Completions: as clients speak it, as providers do, and streams
 * of it that go on where they broke off. For these the provider's dialect has to
 * be loaded, and this one.
 *
 * @example An answer that goes on at Google
 * ```ts
 * import { LossReport, parseJsonDocument, ProviderFactory } from "@llm-proxy/core";
 * import { continueChat } from "@llm-proxy/core/dialects/openai-chat";
 * import { loadClient, loadDialects } from "@llm-proxy/core/lazy";
 * import { assertEquals } from "@std/assert";
 *
 * const factory = new ProviderFactory();
 * const provider = factory.create({ name: "gemini", type: "gemini" });
 * const deployment = { provider, model: "gemini-x" };
 * await Promise.all([loadClient("openai_chat"), loadDialects(deployment)]);
 * const ask = `{"model":"m","messages":[{"role":"user","content":"Count"}],"stream":true}`;
 * const { request } = continueChat(
 *   parseJsonDocument(new TextEncoder().encode(ask)),
 *   {
 *     deployment,
 *     stream: true,
 *     includeUsage: false,
 *     losses: new LossReport(),
 *     begun: {
 *       text: "One, two,",
 *       head: { id: "chatcmpl-1", created: 1700000000, model: "m" },
 *     },
 *   },
 * );
 * assertEquals(request.path, "/models/gemini-x:streamGenerateContent?alt=sse");
 * factory.close();
 * ```
 *
 * @module
 */

export { openAiChatClient } from "./client.ts";
export {
  type BegunAnswer,
  canContinueChat,
  continueChat,
  type ContinueOptions,
} from "./continue_chat.ts";
export { checkChatRequest } from "./pass_request.ts";
export { openAiChatProvider } from "./provider.ts";
export { type ChatHead, ChatTranscript } from "./transcript.ts";
