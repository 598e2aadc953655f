import { parseJsonText } from "../../parse_json_text.ts";
import type { Conversation } from "../../conversation.ts";
import type {
  CountClient,
  CountDialect,
  TokenCount,
} from "../../count_dialect.ts";
import type {
  DecodeOptions,
  DialectTarget,
  EncodedRequest,
} from "../../dialect.ts";
import { editJsonDocument, type JsonDocument } from "../../json_document.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isObject } from "../_json.ts";
import { checkMessagesRequest } from "./_pass_check.ts";
import { passHeaders } from "./_pass_headers.ts";
import { decodeMessagesRequest } from "./decode_request.ts";
import { encodeRequest } from "./encode_request.ts";
import { decodeErrorAnswer, decodeErrorObject } from "./errors.ts";
import { editsFor } from "./pass_request.ts";

/** What of a request counts; the provider refuses all else. */
const COUNTED: ReadonlySet<string> = new Set([
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "thinking",
  "output_config",
]);

const decoder = new TextDecoder();

/**
 * Decodes a request to count tokens (C37): a Messages request whose
 * `max_tokens` need not be there.
 *
 * @throws {GatewayError} 400 naming the field at fault in `param`.
 */
export function decodeCountRequest(
  document: JsonDocument,
  options: DecodeOptions = {},
): Conversation {
  return decodeMessagesRequest(document, { ...options, isCount: true });
}

/** Writes a request to count tokens for a provider of the same dialect, with the smallest edit. */
export function passCountRequest(
  document: JsonDocument,
  target: DialectTarget,
  options: DecodeOptions = {},
): EncodedRequest {
  return {
    path: "/messages/count_tokens",
    headers: passHeaders(options.header, target.losses),
    body: editJsonDocument(document, editsFor(document, target)),
  };
}

/**
 * Takes the count of a provider for a client of the same dialect.
 *
 * @throws {UpstreamError} when the body tells no count.
 */
export function passCountAnswer(body: Uint8Array): TokenCount {
  const text = decoder.decode(body);
  const value = parseAnswer(text, "is no valid JSON");
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  if (value.type === "error" || isObject(value.error)) {
    throw decodeErrorObject(value);
  }
  const { input_tokens: count } = value;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw invalidAnswer("has no count of tokens");
  }
  return { body: text, inputTokens: count };
}

/** Writes a count of tokens as the answer to such a request. */
export function encodeTokenCount(inputTokens: number): string {
  return JSON.stringify({ input_tokens: inputTokens });
}

/** Counts of tokens as Messages clients ask for them. */
export const messagesCount: CountClient = {
  name: "anthropic",
  check: (document) => checkMessagesRequest(document, { isCount: true }),
  request: ({ value }) => value,
  decode: decodeCountRequest,
  encode: encodeTokenCount,
  pass: passCountRequest,
};

/** Counts of tokens as the provider makes them (C37). */
export const anthropicCount: CountDialect = {
  encodeCount(conversation, target) {
    const request = encodeRequest({ ...conversation, stream: false }, target);
    const members = Object.entries(
      parseJsonText(request.body) as object,
    );
    const counted = members.filter(([name]) => COUNTED.has(name));
    return {
      ...request,
      path: "/messages/count_tokens",
      body: JSON.stringify(Object.fromEntries(counted)),
    };
  },
  decodeCount: passCountAnswer,
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};
