import type { TranslatedAnswer } from "../../dialect.ts";
import type { ThoughtCollector } from "../../_thought_collector.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import { asText, isObject } from "../_json.ts";
import { AnswerReader } from "./_answer_reader.ts";
import { decodeErrorObject } from "./errors.ts";

/** What {@linkcode passGeminiAnswer} may be told. */
export interface PassGeminiAnswerOptions {
  /** The model to note where the provider names none. @default {"unknown"} */
  readonly model?: string;
  /** Keeps the proofs of thought of a stream. @default {none are kept} */
  readonly thought?: ThoughtCollector | undefined;
}

/** What is no UTF-8 becomes U+FFFD, a byte order mark goes. */
const decoder = new TextDecoder();

/**
 * Takes the answer of a provider for a client of the same dialect: its own
 * text, once it is known to be a whole answer.
 *
 * @throws {UpstreamError} when the body is no whole answer, or tells an error
 * in spite of its status 200 (U7, U11).
 */
export function passGeminiAnswer(
  body: Uint8Array,
  options: PassGeminiAnswerOptions = {},
): TranslatedAnswer {
  const text = decoder.decode(body);
  const response = parseAnswer(text, "is no valid JSON");
  if (Array.isArray(response)) throw decodeErrorObject(response);
  if (!isObject(response)) throw invalidAnswer("is no JSON object");
  const reader = new AnswerReader();
  reader.take(response);
  reader.close();
  const { finish, usage } = reader;
  if (finish === undefined) throw invalidAnswer("does not say why it ended");
  return {
    body: text,
    ...(usage && { usage }),
    finish,
    model: asText(response.modelVersion) || (options.model ?? "unknown"),
  };
}
