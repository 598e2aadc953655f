import type { ProviderDialect } from "../../dialect.ts";
import { decodeChatAnswer } from "./decode_answer.ts";
import { decodeChatError } from "./decode_error.ts";
import { ChatStreamDecoder } from "./decode_stream.ts";
import { encodeChatRequest } from "./encode_request.ts";

/**
 * OpenAI's Chat Completions as a dialect in which providers speak, OpenAI and
 * all that are compatible (wire rules A, J). Clients of the same dialect don't
 * need it: their bytes pass.
 *
 * @example A request
 * ```ts
 * import { LossReport } from "@llm-proxy/core";
 * import { openAiChatProvider } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const { body } = openAiChatProvider.encodeRequest({
 *   model: "m",
 *   messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
 *   maxOutputTokens: 9,
 *   sampling: {},
 *   stream: false,
 *   unmapped: [],
 * }, {
 *   provider: "groq",
 *   model: "m",
 *   quirks: { rename: { max_completion_tokens: "max_tokens" } },
 *   losses: new LossReport(),
 * });
 * assertEquals(JSON.parse(body), {
 *   model: "m",
 *   messages: [{ role: "user", content: "Hi" }],
 *   max_tokens: 9,
 * });
 * ```
 */
export const openAiChatProvider: ProviderDialect = {
  name: "openai_chat",
  encodeRequest: encodeChatRequest,
  decodeAnswer: decodeChatAnswer,
  streamDecoder: (losses, quirks) => new ChatStreamDecoder(losses, quirks),
  decodeError: decodeChatError,
};
