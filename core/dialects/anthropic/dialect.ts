import type { ProviderDialect } from "../../dialect.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { AnthropicStreamDecoder } from "./decode_stream.ts";
import { encodeRequest } from "./encode_request.ts";
import { decodeErrorAnswer } from "./errors.ts";

/** Anthropic's Messages API, as a provider speaks it. */
export const anthropicProvider: ProviderDialect = {
  name: "anthropic",
  encodeRequest,
  decodeAnswer,
  streamDecoder: (losses) => new AnthropicStreamDecoder(losses),
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};
