import { readUsage, type TranslatedAnswer } from "@llm-proxy/core";
import type { Translation } from "@llm-proxy/core/dialects";
import type { AttemptTrace } from "./attempt_trace.ts";

/**
 * Reads a whole answer, and notes what it came to: one that is of no use is
 * billed all the same.
 *
 * @throws {UpstreamError} when it is no answer.
 */
export function readWhole(
  translation: Pick<Translation, "answer">,
  { body, trace }: { readonly body: Uint8Array; readonly trace: AttemptTrace },
): TranslatedAnswer {
  let answer: TranslatedAnswer;
  try {
    answer = translation.answer(body);
  } catch (error) {
    trace.usage = readUsage(trace.candidate.provider.dialect, body);
    throw error;
  }
  trace.usage = answer.usage;
  if (answer.usage === undefined) trace.letters = answer.body.length;
  return answer;
}
