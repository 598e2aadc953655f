import type { ClientDialect } from "../../dialect.ts";
import { checkResponsesRequest } from "./_pass_check.ts";
import { decodeResponsesRequest } from "./decode_request.ts";
import { encodeResponsesAnswer } from "./encode_answer.ts";
import {
  encodeResponsesError,
  encodeResponsesStreamError,
} from "./encode_error.ts";
import { ResponsesStreamEncoder } from "./encode_stream.ts";

/** What is kept, and was found, is in the request by now. */
const KEPT = {};

/**
 * OpenAI's Responses as a dialect in which clients speak: what they ask is
 * decoded, what models answer is encoded as they expect it (wire rules B).
 *
 * @example A request as a conversation
 * ```ts
 * import { parseJsonDocument } from "@llm-proxy/core";
 * import { openAiResponsesClient } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const body = new TextEncoder().encode('{"model":"m","input":"hi"}');
 * assertEquals(
 *   openAiResponsesClient.decodeRequest(parseJsonDocument(body)).messages,
 *   [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
 * );
 * ```
 */
export const openAiResponsesClient: ClientDialect = {
  name: "openai_responses",
  check: checkResponsesRequest,
  decodeRequest: (document) => decodeResponsesRequest(document, KEPT),
  encodeAnswer: encodeResponsesAnswer,
  streamEncoder: (options, losses) =>
    new ResponsesStreamEncoder(options, losses),
  encodeError: encodeResponsesError,
  encodeStreamError: encodeResponsesStreamError,
};
