import type { Answer } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { invalidInput, toolInputJson } from "../_tool_input.ts";
import { callJson, partJsons } from "./_answer_parts.ts";
import { GroundingWriter } from "./_grounding_writer.ts";
import { ResponseWriter } from "./_response_writer.ts";

/**
 * Writes a whole answer as a `GenerateContentResponse` (D4, D9–D19).
 *
 * Thought is marked as such; proofs of other providers' thought are sealed in
 * `thoughtSignature`, which clients send back. A refusal becomes text.
 *
 * @throws {UpstreamError} when a tool call's arguments are no JSON object,
 * unless the answer was cut, or when it ended with an error.
 */
export function encodeGeminiAnswer(
  answer: Answer,
  losses?: LossReport,
): string {
  const parts: string[] = [];
  const sources = new GroundingWriter();
  for (const part of answer.parts) {
    if (part.type !== "tool_call") {
      if (part.type === "refusal") reportRefusal(losses);
      if (part.type === "text") sources.add(part.text, part.citations);
      parts.push(...partJsons(part));
      continue;
    }
    const args = toolInputJson(part.arguments);
    if (args !== undefined) parts.push(callJson({ ...part, args }));
    else if (answer.finish === "length") reportCutCall(losses);
    else throw invalidInput();
  }
  const writer = new ResponseWriter(answer);
  writer.count(answer.usage);
  const { finish } = answer;
  const { grounding } = sources;
  const isSilent = parts.length === 0;
  return writer.write({ parts, finish, grounding, isSilent });
}

/** Notes that a refusal becomes text. */
export function reportRefusal(losses: LossReport | undefined): void {
  losses?.add("changed", "answer.refusal", "sent as text");
}

/** Notes a call that was cut off within its arguments. */
export function reportCutCall(losses: LossReport | undefined): void {
  losses?.add("dropped", "answer.functionCall", "cut off");
}
