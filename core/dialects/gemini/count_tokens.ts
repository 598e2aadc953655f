import { exactMember } from "../../_json_exact.ts";
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
import { modelPath, modelResource } from "./_model_path.ts";
import { checkGeminiCount } from "./_pass_check.ts";
import { decodeGeminiRequest } from "./decode_request.ts";
import { encodeRequest } from "./encode_request.ts";
import { decodeErrorAnswer, decodeErrorObject } from "./errors.ts";
import { editsFor } from "./pass_request.ts";

const METHOD = ":countTokens";
/** The member that holds a whole request, as callers spell it. */
export const COUNT_REQUEST = [
  "generateContentRequest",
  "generate_content_request",
] as const;

const decoder = new TextDecoder();

/** Counts of tokens as Gemini clients ask for them. */
export const geminiCountClient: CountClient = {
  name: "gemini",
  check: checkGeminiCount,
  request: requestOf,
  decode: decodeCount,
  encode: (totalTokens) => JSON.stringify({ totalTokens }),
  pass: passCount,
};

/** Counts of tokens as the provider makes them (C37). */
export const geminiCount: CountDialect = {
  encodeCount(conversation, target) {
    const { body, headers } = encodeRequest(conversation, target);
    const model = JSON.stringify(modelResource(target.model));
    return {
      path: modelPath(target.model) + METHOD,
      headers,
      body: `{"generateContentRequest":{"model":${model},${body.slice(1)}}`,
    };
  },
  decodeCount: readCount,
  decodeError: (status, headers, body) =>
    decodeErrorAnswer({ status, headers, body }),
};

function decodeCount(
  document: JsonDocument,
  options: DecodeOptions = {},
): Conversation {
  checkGeminiCount(document);
  const value = requestOf(document);
  if (value === document.value) return decodeGeminiRequest(document, options);
  return decodeGeminiRequest({ ...document, value, spans: new Map() }, options);
}

function requestOf({ value }: JsonDocument): JsonDocument["value"] {
  return COUNT_REQUEST.map((name) => value[name]).find(isObject) ?? value;
}

function passCount(
  document: JsonDocument,
  target: DialectTarget,
): EncodedRequest {
  const edits = editsFor(document, target);
  const key = COUNT_REQUEST.find((name) => isObject(document.value[name]));
  if (key !== undefined) {
    const request = exactMember(document, key) as JsonDocument["value"];
    const model = modelResource(target.model);
    edits.set(key, JSON.stringify({ ...request, model }));
  }
  return {
    path: modelPath(target.model) + METHOD,
    headers: {},
    body: editJsonDocument(document, edits),
  };
}

/** Reads the provider's count. */
function readCount(body: Uint8Array): TokenCount {
  const text = decoder.decode(body);
  const value = parseAnswer(text, "is no valid JSON");
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  if (isObject(value.error)) throw decodeErrorObject(value);
  const { totalTokens: count } = value;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) {
    throw invalidAnswer("has no count of tokens");
  }
  return { body: text, inputTokens: count };
}
