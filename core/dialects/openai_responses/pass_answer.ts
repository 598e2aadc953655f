import { parseJsonText } from "../../parse_json_text.ts";
import type { TranslatedAnswer } from "../../dialect.ts";
import type { UpstreamError } from "../../errors.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { isJsonObject, type JsonObject } from "../openai_chat/_decode_node.ts";
import { decodeChatErrorObject } from "../openai_chat/decode_error.ts";
import { decodeResponsesFinish } from "./finish.ts";
import { decodeResponsesUsage } from "./usage.ts";

/** What {@linkcode passResponsesAnswer} may be told. */
export interface PassResponsesAnswerOptions {
  /** The model to name where the provider names none. @default {"unknown"} */
  readonly model?: string;
}

/** What is no UTF-8 becomes U+FFFD, a byte order mark goes. */
const decoder = new TextDecoder();

/**
 * Takes the answer of a provider that speaks Responses for a client of the
 * same dialect: its own text, once it is known to be a whole answer.
 *
 * @throws {UpstreamError} when the body is not one valid answer (U7), or tells
 * an error in spite of its status 200 (U11).
 */
export function passResponsesAnswer(
  body: Uint8Array,
  options: PassResponsesAnswerOptions = {},
): TranslatedAnswer {
  const text = decoder.decode(body);
  const value = readResponse(parseAnswer(text, "is no valid JSON"));
  const usage = decodeResponsesUsage(value.usage, value.service_tier);
  const { model } = value;
  return {
    body: text,
    ...(usage && { usage }),
    finish: decodeResponsesFinish(value),
    model: typeof model === "string" && model !== ""
      ? model
      : options.model ?? "unknown",
  };
}

/**
 * Checks that a parsed value is a response with output that has not failed.
 *
 * @throws {UpstreamError} otherwise.
 */
export function readResponse(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw invalidAnswer("is no JSON object");
  if (value.error || value.status === "failed") throw failureOf(value);
  if (!Array.isArray(value.output)) throw invalidAnswer("has no output");
  return value;
}

/** What a response says of its failure. */
export function failureOf({ error }: JsonObject): UpstreamError {
  return decodeChatErrorObject(
    error || "The provider ended its answer with an error",
  );
}

/** What an event of type `error` says, whose data may be anything. */
export function toStreamError(data: string): UpstreamError {
  try {
    return decodeChatErrorObject(parseJsonText(data));
  } catch {
    return decodeChatErrorObject(data);
  }
}
