import type { ClientDialect } from "../../dialect.ts";
import { checkGeminiRequest } from "./_pass_check.ts";
import { decodeGeminiRequest } from "./decode_request.ts";
import { encodeGeminiAnswer } from "./encode_answer.ts";
import { encodeGeminiError, encodeGeminiStreamError } from "./encode_error.ts";
import { GeminiStreamEncoder } from "./encode_stream.ts";

/**
 * Google's Gemini API as a dialect in which clients speak: what they ask of
 * `generateContent` is decoded, what models answer is encoded as they expect
 * it (wire rules D). The model, and whether a stream is wanted, stand in the
 * path: {@linkcode DecodeOptions} tells the decoder.
 *
 * @example The body of an error
 * ```ts
 * import { GatewayError } from "@llm-proxy/core";
 * import { geminiClient } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new GatewayError("not_found", "Model 'x' does not exist", {
 *   code: "model_not_found",
 * });
 * const body = JSON.parse(geminiClient.encodeError(error, "req_1"));
 * assertEquals(body.error.code, 404);
 * assertEquals(body.error.status, "NOT_FOUND");
 * ```
 */
export const geminiClient: ClientDialect = {
  name: "gemini",
  check: checkGeminiRequest,
  decodeRequest: decodeGeminiRequest,
  encodeAnswer: encodeGeminiAnswer,
  streamEncoder: (_options, losses) => new GeminiStreamEncoder(losses),
  encodeError: encodeGeminiError,
  encodeStreamError: encodeGeminiStreamError,
};
