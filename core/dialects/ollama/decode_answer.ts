import type { Answer } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidAnswer } from "../_invalid_answer.ts";
import { noteMissingCount, readFinish, readPiece } from "./_reader.ts";

const decoder = new TextDecoder();

/**
 * Reads a whole answer of `/api/chat` (I2–I4, I10).
 *
 * @throws {UpstreamError} when it is none, not whole, or tells an error.
 */
export function decodeOllamaAnswer(
  body: Uint8Array,
  losses?: LossReport,
): Answer {
  const { model, parts, done, reason, usage } = readPiece(decoder.decode(body));
  if (!done) throw invalidAnswer("is not whole");
  noteMissingCount(usage, losses);
  const hasCalls = parts.some(({ type }) => type === "tool_call");
  return {
    id: "",
    model,
    parts,
    finish: readFinish(reason, hasCalls),
    ...(usage && { usage }),
  };
}
