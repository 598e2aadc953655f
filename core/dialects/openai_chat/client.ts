import type { ClientDialect } from "../../dialect.ts";
import { checkChatRequest } from "./_pass_check.ts";
import { decodeChatRequest } from "./decode_request.ts";
import { encodeChatAnswer } from "./encode_answer.ts";
import { encodeChatError, encodeChatStreamError } from "./encode_error.ts";
import { ChatStreamEncoder } from "./encode_stream.ts";

/**
 * OpenAI's Chat Completions as a dialect in which clients speak: what they ask
 * is decoded, what models answer is encoded as they expect it (wire rules A).
 *
 * @example The body of an error
 * ```ts
 * import { GatewayError } from "@llm-proxy/core";
 * import { openAiChatClient } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new GatewayError("not_found", "The model 'x' does not exist", {
 *   code: "model_not_found",
 *   param: "model",
 * });
 * assertEquals(JSON.parse(openAiChatClient.encodeError(error, "req_1")), {
 *   error: {
 *     message: "The model 'x' does not exist",
 *     type: "invalid_request_error",
 *     param: "model",
 *     code: "model_not_found",
 *     request_id: "req_1",
 *   },
 * });
 * ```
 */
export const openAiChatClient: ClientDialect = {
  name: "openai_chat",
  check: checkChatRequest,
  decodeRequest: decodeChatRequest,
  encodeAnswer: encodeChatAnswer,
  streamEncoder: (options, losses) => new ChatStreamEncoder(options, losses),
  encodeError: encodeChatError,
  encodeStreamError: encodeChatStreamError,
};
