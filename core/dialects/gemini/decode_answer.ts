import type { Answer } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { AnswerReader } from "./_answer_reader.ts";
import { collectParts } from "../_collect_parts.ts";
import { asText } from "../_json.ts";
import { parseGeminiAnswer } from "./_parse_answer.ts";

const decoder = new TextDecoder();

/**
 * Reads a whole answer (D4, D9–D19). A prompt that was blocked is an answer
 * without content, of the finish class `filter` (D16). Sources go with the text
 * (D32), pictures are parts (D30); what has no word goes on the loss report.
 *
 * @throws {UpstreamError} when the body is no answer: cut, no JSON, `null`,
 * without a candidate, an error in spite of its status (U7, U11, K19).
 */
export function decodeAnswer(body: Uint8Array, losses?: LossReport): Answer {
  const response = parseGeminiAnswer(decoder.decode(body));
  const reader = new AnswerReader(losses);
  const parts = collectParts([...reader.take(response), ...reader.close()]);
  const { finish, usage } = reader;
  if (finish === undefined) {
    throw invalidAnswer("does not say why it ended");
  }
  return {
    id: asText(response.responseId),
    model: asText(response.modelVersion),
    parts,
    finish,
    ...(usage !== undefined && { usage }),
  };
}
