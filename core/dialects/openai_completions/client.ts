import type { ClientDialect } from "../../dialect.ts";
import {
  encodeChatError,
  encodeChatStreamError,
} from "../openai_chat/encode_error.ts";
import {
  checkCompletionsRequest,
  decodeCompletionsRequest,
} from "./decode_request.ts";
import { encodeCompletionsAnswer } from "./encode_answer.ts";
import { CompletionsStreamEncoder } from "./encode_stream.ts";

/**
 * OpenAI's legacy Completions as a dialect in which clients speak. A prompt
 * becomes one turn of the user where the model's provider knows conversations
 * only; what that loses is told.
 *
 * @example A prompt as a turn
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { openAiCompletionsClient } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const ask = new TextEncoder().encode('{"model":"m","prompt":"Once"}');
 * const { messages } = openAiCompletionsClient.decodeRequest(parseJsonDocument(ask));
 * assertEquals(messages, [{ role: "user", parts: [{ type: "text", text: "Once" }] }]);
 * ```
 */
export const openAiCompletionsClient: ClientDialect = {
  name: "openai_completions",
  check: checkCompletionsRequest,
  decodeRequest: decodeCompletionsRequest,
  encodeAnswer: encodeCompletionsAnswer,
  streamEncoder: (options, losses) =>
    new CompletionsStreamEncoder(options, losses),
  encodeError: encodeChatError,
  encodeStreamError: encodeChatStreamError,
};
