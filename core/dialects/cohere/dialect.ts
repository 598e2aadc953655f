import type { ProviderDialect } from "../../dialect.ts";
import { decodeCohereAnswer } from "./decode_answer.ts";
import { CohereStreamDecoder } from "./decode_stream.ts";
import { encodeCohereRequest } from "./encode_request.ts";
import { decodeCohereError } from "./errors.ts";

/**
 * Cohere's v2 API as a dialect in which providers speak (wire rules G).
 *
 * @example A request
 * ```ts
 * import { LossReport } from "@llm-proxy/core";
 * import { cohereProvider } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const { path, body } = cohereProvider.encodeRequest({
 *   model: "m",
 *   messages: [{ role: "user", parts: [{ type: "text", text: "Hi" }] }],
 *   sampling: { topP: 0.5 },
 *   stream: false,
 *   unmapped: [],
 * }, { provider: "cohere", model: "m", quirks: {}, losses: new LossReport() });
 * assertEquals(path, "/chat");
 * assertEquals(JSON.parse(body), {
 *   model: "m",
 *   messages: [{ role: "user", content: "Hi" }],
 *   p: 0.5,
 *   stream: false,
 * });
 * ```
 */
export const cohereProvider: ProviderDialect = {
  name: "cohere",
  encodeRequest: encodeCohereRequest,
  decodeAnswer: decodeCohereAnswer,
  streamDecoder: (losses) => new CohereStreamDecoder(losses),
  decodeError: decodeCohereError,
};
