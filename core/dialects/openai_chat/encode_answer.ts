import type { Answer, DrawnPart } from "../../answer.ts";
import type { Citation } from "../../citation.ts";
import type { ReasoningPart } from "../../conversation.ts";
import { annotationOf } from "../_citations.ts";
import { encodeThoughtSignature } from "./_thought_signature.ts";
import type { LossReport } from "../../loss_report.ts";
import { PartOrder } from "../_part_order.ts";
import { encodeChatFinish } from "./finish.ts";
import { encodeChatUsage } from "./usage.ts";

/**
 * Writes a whole answer as a `chat.completion` (A13, A15, A16, A26, C13).
 *
 * Thought is shown as `reasoning_content`; what of it is signed or encrypted
 * stands in `reasoning_details` as well, which clients echo. The order among
 * thought, words and calls, and the stop sequence that matched (O3), have no
 * place here and go on the report.
 */
export function encodeChatAnswer(answer: Answer, losses?: LossReport): string {
  reportStopSequence(answer.stopSequence, losses);
  const message = encodeMessage(answer.parts, losses);
  const hasToolCalls = message.tool_calls !== undefined;
  return JSON.stringify({
    id: answer.id || generateChatId(),
    object: "chat.completion",
    created: Math.floor(Date.now() / 1000),
    model: answer.model,
    choices: [{
      index: 0,
      message,
      logprobs: null,
      finish_reason: encodeChatFinish(answer.finish, hasToolCalls),
    }],
    ...(answer.usage && { usage: encodeChatUsage(answer.usage) }),
  });
}

/** An id for an answer to which the provider gave none. */
export function generateChatId(): string {
  return `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`;
}

/** One entry of `reasoning_details`, in OpenRouter's shape. */
export function encodeReasoningDetail(
  part: Omit<ReasoningPart, "type">,
  index: number,
): Record<string, unknown> {
  if (part.redacted !== undefined) {
    return { type: "reasoning.encrypted", data: part.redacted, index };
  }
  return {
    type: "reasoning.text",
    text: part.text,
    ...(part.signature !== undefined && { signature: part.signature }),
    index,
  };
}

/** A picture as OpenRouter shows it (D30): OpenAI's own answers have none. */
export function encodeImage(
  { data, mediaType }: Omit<DrawnPart, "type">,
  index: number,
): Record<string, unknown> {
  const url = `data:${mediaType};base64,${data}`;
  return { type: "image_url", image_url: { url }, index };
}

/** The sources of a text as annotations (D32, G12); `text` tells its length and its place. */
export function encodeAnnotations(
  citations: readonly Citation[] | undefined,
  text: { readonly length: number; readonly offset: number },
): Record<string, unknown>[] {
  return (citations ?? []).map((citation) => ({
    type: "url_citation",
    url_citation: annotationOf(citation, text),
  }));
}

/** Notes a matched stop sequence: a chat answer has no field for it (O3). */
export function reportStopSequence(
  stopSequence: string | undefined,
  losses: LossReport | undefined,
): void {
  if (stopSequence === undefined) return;
  losses?.add("dropped", "answer.stop_sequence", "openai_chat");
}

function encodeMessage(
  parts: Answer["parts"],
  losses: LossReport | undefined,
): Record<string, unknown> {
  const order = new PartOrder(losses);
  const text: string[] = [];
  const annotations: Record<string, unknown>[] = [];
  let said = 0;
  let signature: string | undefined;
  const refusal: string[] = [];
  const images: Record<string, unknown>[] = [];
  const reasoning: ReasoningPart[] = [];
  const calls: Record<string, unknown>[] = [];
  for (const part of parts) {
    order.add(part.type);
    switch (part.type) {
      case "text":
        text.push(part.text);
        annotations.push(...encodeAnnotations(part.citations, {
          length: part.text.length,
          offset: said,
        }));
        said += part.text.length;
        signature = part.signature ?? signature;
        break;
      case "refusal":
        refusal.push(part.text);
        break;
      case "image":
        images.push(encodeImage(part, images.length));
        break;
      case "reasoning":
        reasoning.push(part);
        break;
      case "tool_call":
        calls.push({
          id: part.id,
          type: "function",
          function: {
            name: part.name,
            arguments: part.arguments.trim() === "" ? "{}" : part.arguments,
          },
          ...encodeThoughtSignature(part.signature),
        });
    }
  }
  const isWordless = text.length === 0 &&
    calls.length + refusal.length + images.length > 0;
  return {
    role: "assistant",
    content: isWordless ? null : text.join(""),
    refusal: refusal.length > 0 ? refusal.join("") : null,
    ...(annotations.length > 0 && { annotations }),
    ...encodeReasoning(reasoning),
    ...(images.length > 0 && { images }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...encodeThoughtSignature(signature),
  };
}

function encodeReasoning(
  parts: readonly ReasoningPart[],
): Record<string, unknown> {
  const text = parts.map((part) => part.text).join("");
  const isProven = parts.some((part) =>
    part.signature !== undefined || part.redacted !== undefined
  );
  return {
    ...(text !== "" && { reasoning_content: text }),
    ...(isProven && { reasoning_details: parts.map(encodeReasoningDetail) }),
  };
}
