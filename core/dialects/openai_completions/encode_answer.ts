import type { Answer } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { reportStopSequence } from "../openai_chat/encode_answer.ts";
import { encodeChatFinish } from "../openai_chat/finish.ts";
import { encodeChatUsage } from "../openai_chat/usage.ts";

/** Writes a whole answer as a `text_completion`: its words; thought has no place here and goes on the report. */
export function encodeCompletionsAnswer(
  answer: Answer,
  losses?: LossReport,
): string {
  reportStopSequence(answer.stopSequence, losses);
  let text = "";
  for (const part of answer.parts) {
    if (part.type === "text" && part.citations) reportCitations(losses);
    if (part.type === "text" || part.type === "refusal") text += part.text;
    else reportPart(part.type, losses);
  }
  return JSON.stringify({
    id: completionId(answer.id),
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model: answer.model,
    choices: [{
      text,
      index: 0,
      logprobs: null,
      finish_reason: encodeChatFinish(answer.finish, false),
    }],
    ...(answer.usage && { usage: encodeChatUsage(answer.usage) }),
  });
}

/** The answer's id, or one of its own. */
export function completionId(id: string): string {
  return id || `cmpl-${crypto.randomUUID().replaceAll("-", "")}`;
}

/** Notes the sources of a text, for which a completion has no place. */
export function reportCitations(losses: LossReport | undefined): void {
  losses?.add("dropped", "answer.citations", "openai_completions");
}

/** Notes a part that a completion can't hold. */
export function reportPart(
  kind: "reasoning" | "tool_call" | "image",
  losses: LossReport | undefined,
): void {
  losses?.add("dropped", `answer.${kind}`, "openai_completions");
}
