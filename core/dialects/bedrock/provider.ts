import type { ProviderDialect } from "../../dialect.ts";
import { eventStreamFraming } from "../../eventstream_parser.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { ConverseStreamDecoder } from "./decode_stream.ts";
import { encodeRequest } from "./encode_request.ts";
import { decodeErrorAnswer } from "./errors.ts";

/**
 * Amazon Bedrock's Converse API as a dialect in which providers speak (wire
 * rules E).
 *
 * @example What a throttled request means
 * ```ts
 * import { bedrockProvider } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const error = bedrockProvider.decodeError(
 *   429,
 *   { "x-amzn-errortype": "ThrottlingException" },
 *   new TextEncoder().encode(`{"message":"Too many requests, please wait"}`),
 * );
 * assertEquals(error.kind, "rate_limit");
 * ```
 */
export const bedrockProvider: ProviderDialect = {
  name: "bedrock",
  encodeRequest,
  decodeAnswer,
  streamDecoder: (losses) => new ConverseStreamDecoder(losses),
  framing: eventStreamFraming,
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};
