import type { ProviderDialect } from "../../dialect.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";
import { encodeRequest } from "./encode_request.ts";
import { decodeErrorAnswer } from "./errors.ts";

/**
 * Google's Gemini API as a dialect in which providers speak, Vertex AI's form of
 * it included (wire rules D).
 *
 * @example What a bad key means
 * ```ts
 * import { geminiProvider } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const body = `{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT"}}`;
 * const error = geminiProvider.decodeError(400, {}, new TextEncoder().encode(body));
 * assertEquals(error.kind, "authentication");
 * ```
 */
export const geminiProvider: ProviderDialect = {
  name: "gemini",
  encodeRequest,
  decodeAnswer,
  streamDecoder: (losses) => new GeminiStreamDecoder(losses),
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};
