import type { ClientDialect } from "../../dialect.ts";
import { checkMessagesRequest } from "./_pass_check.ts";
import { decodeMessagesRequest } from "./decode_request.ts";
import { encodeMessagesAnswer } from "./encode_answer.ts";
import {
  encodeMessagesError,
  encodeMessagesStreamError,
  messagesErrorStatus,
} from "./encode_error.ts";
import { MessagesStreamEncoder } from "./encode_stream.ts";

/**
 * Anthropic's Messages API as a dialect in which clients speak: what they ask
 * is decoded, what models answer is encoded as they expect it (wire rules C).
 *
 * @example The body of an error
 * ```ts
 * import { GatewayError } from "@llm-proxy/core";
 * import { anthropicClient } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new GatewayError("not_found", "Model 'x' does not exist", {
 *   code: "model_not_found",
 *   param: "model",
 * });
 * assertEquals(JSON.parse(anthropicClient.encodeError(error, "req_1")), {
 *   type: "error",
 *   error: {
 *     type: "not_found_error",
 *     message: "model: Model 'x' does not exist",
 *     details: { error_code: "model_not_found", param: "model" },
 *   },
 *   request_id: "req_1",
 * });
 * ```
 */
export const anthropicClient: ClientDialect = {
  name: "anthropic",
  check: (document) => checkMessagesRequest(document),
  decodeRequest: decodeMessagesRequest,
  encodeAnswer: encodeMessagesAnswer,
  streamEncoder: (_options, losses) => new MessagesStreamEncoder(losses),
  encodeError: encodeMessagesError,
  errorStatus: messagesErrorStatus,
  encodeStreamError: encodeMessagesStreamError,
};
