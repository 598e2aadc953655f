import type { Answer } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { collectParts } from "../_collect_parts.ts";
import { readErrorBody } from "./_decode_error_body.ts";
import { parseChatAnswer } from "./_parse_answer.ts";
import { isName } from "./_pass_json.ts";
import { ChatAnswerReader } from "./_read_answer.ts";
import { decodeChatErrorObject } from "./decode_error.ts";

/** What is no UTF-8 becomes U+FFFD, a byte order mark goes. */
const decoder = new TextDecoder();

/**
 * Reads a whole answer (A13, A15, A16, A26, H1, J17, J20–J25). Thought comes
 * first, then words, then tool calls. What has no word, such as logprobs and
 * citations, goes on the loss report.
 *
 * @throws {UpstreamError} when the body is not one whole, valid answer (U7), or
 * tells an error in spite of its status 200 (U11, J2).
 */
export function decodeChatAnswer(
  body: Uint8Array,
  losses?: LossReport,
): Answer {
  const answer = parseChatAnswer(decoder.decode(body), "");
  const { choices, id, model } = answer;
  if (!Array.isArray(choices) || choices.length === 0) {
    throw readErrorBody(answer).message === undefined
      ? invalidAnswer("has no choices")
      : decodeChatErrorObject(answer);
  }
  const reader = new ChatAnswerReader(losses);
  const events = [...reader.take(answer, "message"), ...reader.finish()];
  const { usage } = reader;
  const last = events.at(-1);
  return {
    id: isName(id) ? id : "",
    model: isName(model) ? model : "",
    parts: collectParts(events),
    finish: last?.type === "finish" ? last.finish : "stop",
    ...(usage !== undefined && { usage }),
  };
}
