import type { Answer } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer, parseAnswer } from "../_invalid_answer.ts";
import type { JsonObject } from "../openai_chat/_decode_node.ts";
import { asText, readItem } from "./_output_parts.ts";
import { decodeResponsesFinish } from "./finish.ts";
import { readResponse } from "./pass_answer.ts";
import { decodeResponsesUsage } from "./usage.ts";

const decoder = new TextDecoder();

/**
 * Reads a whole response (B9–B14, N1). Items of hosted tools have no canonical
 * word and go on the report.
 *
 * @throws {UpstreamError} when the body is no whole answer or tells an error.
 */
export function decodeResponsesAnswer(
  body: Uint8Array,
  losses?: LossReport,
): Answer {
  const text = decoder.decode(body);
  const value = parseAnswer(text, "is no valid JSON");
  const response = readResponse(value);
  const output = response.output as readonly unknown[];
  const usage = decodeResponsesUsage(response.usage, response.service_tier);
  return {
    id: asText(response.id),
    model: asText(response.model),
    parts: output.flatMap((item) => readItem(item, losses)),
    finish: readFinish(response),
    ...(usage && { usage }),
  };
}

/** Why a response ended; one that has not is no answer. */
export function readFinish(
  response: JsonObject,
): ReturnType<typeof decodeResponsesFinish> {
  const { status } = response;
  if (status === "queued" || status === "in_progress") {
    throw invalidAnswer("has not ended");
  }
  return decodeResponsesFinish(response);
}
