import type { ProviderDialect } from "../../dialect.ts";
import { decodeChatError } from "../openai_chat/decode_error.ts";
import { decodeResponsesAnswer } from "./decode_answer.ts";
import { ResponsesStreamDecoder } from "./decode_stream.ts";
import { encodeResponsesRequest } from "./encode_request.ts";

/**
 * OpenAI's Responses as a dialect in which providers speak (wire rules B).
 * Clients of the same dialect don't need it: their bytes pass.
 *
 * @example A request
 * ```ts
 * import { LossReport } from "@llm-proxy/core";
 * import { openAiResponsesProvider } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const { path, body } = openAiResponsesProvider.encodeRequest({
 *   model: "m",
 *   messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
 *   sampling: {},
 *   stream: false,
 *   unmapped: [],
 * }, { provider: "openai", model: "m", quirks: {}, losses: new LossReport() });
 * assertEquals(path, "/responses");
 * assertEquals(JSON.parse(body), {
 *   model: "m",
 *   input: [{ role: "user", content: "Hi" }],
 *   store: false,
 * });
 * ```
 */
export const openAiResponsesProvider: ProviderDialect = {
  name: "openai_responses",
  encodeRequest: encodeResponsesRequest,
  decodeAnswer: decodeResponsesAnswer,
  streamDecoder: (losses) => new ResponsesStreamDecoder(losses),
  decodeError: decodeChatError,
};
