import type { FinishClass, Usage } from "@llm-proxy/core";
import type { ChatTranscript } from "@llm-proxy/core/dialects";

/** One of two answers to the same request. */
export interface AnswerSide {
  readonly transcript: ChatTranscript;
  finish?: FinishClass | undefined;
  usage?: Usage | undefined;
  /** From the beginning of its attempt, in ms. */
  firstContentMs?: number | undefined;
  durationMs: number;
  /** The code of what it failed with. */
  error?: string | undefined;
}

/** Both sides in the words of the log; whether they are the same only where the shadow has answered. */
export function compareAnswers(
  answer: AnswerSide,
  shadow: AnswerSide,
): Record<string, unknown> {
  const isAnswered = shadow.error === undefined;
  const [one, other] = [answer.transcript, shadow.transcript];
  const [tools, shadowTools] = [one.tools.join(), other.tools.join()];
  return {
    same_finish: isAnswered ? answer.finish === shadow.finish : undefined,
    same_text: isAnswered
      ? one.length === other.length && one.text === other.text
      : undefined,
    same_tools: isAnswered ? tools === shadowTools : undefined,
    error: shadow.error,
    finish: answer.finish,
    shadow_finish: shadow.finish,
    text_length: one.length,
    shadow_text_length: other.length,
    tools: tools || undefined,
    shadow_tools: shadowTools || undefined,
    input_tokens: answer.usage?.input,
    shadow_input_tokens: shadow.usage?.input,
    output_tokens: answer.usage?.output,
    shadow_output_tokens: shadow.usage?.output,
    first_content_ms: round(answer.firstContentMs),
    shadow_first_content_ms: round(shadow.firstContentMs),
    duration_ms: round(answer.durationMs),
    shadow_duration_ms: round(shadow.durationMs),
  };
}

function round(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10;
}
