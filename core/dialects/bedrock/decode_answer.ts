import { jsonErrorCause } from "../../_json_error.ts";
import { parseExactJson } from "../../_json_exact.ts";
import type { Answer, AnswerPart } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { decodeAnswer as decodeMessage } from "../anthropic/decode_answer.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { decodeBlock } from "./_answer_block.ts";
import { decodeException, isErrorBody } from "./errors.ts";
import { finishClass } from "./finish.ts";
import { decodeUsage } from "./usage.ts";

const decoder = new TextDecoder();

/**
 * Reads a whole answer of Converse. It names neither itself nor its model: both
 * are `""`. What the vocabulary has no word for is left out and put on the
 * report. A Claude's own message, as InvokeModel has it, is read for what it is
 * (M20).
 *
 * @throws {UpstreamError} when the body is no answer: cut, no JSON, an error in
 * spite of its status (E3, U7, U11).
 */
export function decodeAnswer(body: Uint8Array, losses?: LossReport): Answer {
  const response = parseBody(body);
  if (isErrorBody(response)) throw decodeException("", response);
  if (response.type === "message") return decodeMessage(body, losses);
  const { output, stopReason } = response;
  const message = isObject(output) ? output.message : undefined;
  if (!isObject(message) || !Array.isArray(message.content)) {
    throw invalidAnswer("has no content");
  }
  if (typeof stopReason !== "string") {
    throw invalidAnswer("does not say why it ended");
  }
  const parts = message.content.filter(isObject)
    .map((block) => decodeBlock(block, losses))
    .filter((part): part is AnswerPart => part !== undefined);
  const hasToolCalls = parts.some(({ type }) => type === "tool_call");
  const usage = decodeUsage(response.usage, response.serviceTier);
  return {
    id: "",
    model: "",
    parts,
    finish: finishClass(stopReason, hasToolCalls, losses),
    ...stopSequenceOf(response.additionalModelResponseFields),
    ...(usage !== undefined && { usage }),
  };
}

/** The stop sequence that matched, which a Claude is asked to tell. */
export function stopSequenceOf(
  fields: unknown,
): { readonly stopSequence?: string } {
  const sequence = isObject(fields) ? asText(fields.stop_sequence) : "";
  return sequence === "" ? {} : { stopSequence: sequence };
}

function parseBody(body: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = parseExactJson(decoder.decode(body));
  } catch (error) {
    throw invalidAnswer("is no valid JSON", jsonErrorCause(error));
  }
  if (!isObject(value)) throw invalidAnswer("is no JSON object");
  return value;
}
