import type { ProviderDialect } from "../../dialect.ts";
import { ndjsonFraming } from "../../ndjson_framing.ts";
import { decodeOllamaAnswer } from "./decode_answer.ts";
import { OllamaStreamDecoder } from "./decode_stream.ts";
import { encodeOllamaRequest } from "./encode_request.ts";
import { decodeOllamaError } from "./errors.ts";

/**
 * Ollama's own API as a dialect in which providers speak (wire rules I).
 *
 * @example A request
 * ```ts
 * import { LossReport } from "@llm-proxy/core";
 * import { ollamaProvider } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const { body } = ollamaProvider.encodeRequest({
 *   model: "m",
 *   messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
 *   maxOutputTokens: 9,
 *   sampling: {},
 *   stream: false,
 *   unmapped: [],
 * }, { provider: "ollama", model: "m", quirks: {}, losses: new LossReport() });
 * assertEquals(JSON.parse(body), {
 *   model: "m",
 *   messages: [{ role: "user", content: "Hi" }],
 *   options: { num_predict: 9 },
 *   stream: false,
 * });
 * ```
 */
export const ollamaProvider: ProviderDialect = {
  name: "ollama",
  encodeRequest: encodeOllamaRequest,
  decodeAnswer: decodeOllamaAnswer,
  streamDecoder: (losses) => new OllamaStreamDecoder(losses),
  framing: ndjsonFraming,
  decodeError: decodeOllamaError,
};
