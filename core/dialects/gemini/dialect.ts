import type { ProviderDialect } from "../../dialect.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";
import { encodeRequest } from "./encode_request.ts";
import { decodeErrorAnswer } from "./errors.ts";

/** Google's Gemini API, as the provider and Vertex AI speak it (wire rules D). */
export const geminiProvider: ProviderDialect = {
  name: "gemini",
  encodeRequest,
  decodeAnswer,
  streamDecoder: (losses) => new GeminiStreamDecoder(losses),
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};
