import type { Answer, AnswerPart, Usage } from "../../answer.ts";
import type { RefusalPart, TextPart } from "../../conversation.ts";
import type { LossReport } from "../../loss_report.ts";
import { citationJson } from "./_block_citations.ts";
import { markData, type MarkedKind } from "./_thought_marks.ts";
import { stopDetailsJson } from "./_stop_details.ts";
import { wireCallId } from "./_tool_ids.ts";
import { invalidInput, toolInputJson } from "../_tool_input.ts";
import { encodeStopReason } from "./finish.ts";
import { encodeUsage } from "./usage.ts";

const NO_USAGE: Usage = {
  input: 0,
  cached: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 0,
  reasoning: 0,
  total: 0,
};

/**
 * Writes a whole answer as a `message` (A13, A16, C25, C35, C36).
 *
 * Thought without a signature gets an empty one, since clients expect a text
 * there. Gemini's signatures of calls and texts stand in blocks of their own
 * (D9). A refusal's words explain its `stop_reason` (A26),
 * and are text where that is another one.
 *
 * @throws {UpstreamError} when a tool call's arguments are no JSON object,
 * unless the answer was cut, or when it ended with an error.
 */
export function encodeMessagesAnswer(
  answer: Answer,
  losses?: LossReport,
): string {
  const { parts, stopSequence } = answer;
  const stopReason = encodeStopReason(answer.finish, {
    hasToolCalls: parts.some(({ type }) => type === "tool_call"),
    hasRefusal: parts.some(({ type }) => type === "refusal"),
    stopSequence,
  });
  const blocks: string[] = [];
  let refusal = "";
  for (const part of parts) {
    if (part.type !== "refusal") addBlocks(blocks, part, answer, losses);
    else if (stopReason === "refusal") refusal += part.text;
    else addBlocks(blocks, refusalText(part, losses), answer, losses);
  }
  const matched = stopReason === "stop_sequence" ? stopSequence : undefined;
  return `{"id":${
    JSON.stringify(messageId(answer.id))
  },"type":"message","role":"assistant","model":${
    JSON.stringify(answer.model)
  },"content":[${blocks.join()}],"stop_reason":"${stopReason}","stop_sequence":${
    JSON.stringify(matched ?? null)
  },"stop_details":${stopDetailsJson(stopReason, refusal)},"usage":${
    usageJson(answer.usage)
  }}`;
}

/** An answer's id as clients know it: the provider's, behind `msg_`, or one of our own. */
export function messageId(id: string): string {
  if (id.startsWith("msg_")) return id;
  const rest = id.replace(/[^\w-]/g, "").slice(0, 128) ||
    crypto.randomUUID().replaceAll("-", "");
  return `msg_${rest}`;
}

/** Token counts as JSON; zeros where the provider told none, since clients count on numbers. */
export function usageJson(usage: Usage | undefined): string {
  return JSON.stringify(encodeUsage(usage ?? NO_USAGE));
}

/** Words of a refusal that is not why the answer ended: there is no other place for them. */
export function refusalText(
  { text }: Pick<RefusalPart, "text">,
  losses: LossReport | undefined,
): TextPart {
  if (text !== "") losses?.add("changed", "answer.refusal", "sent as text");
  return { type: "text", text };
}

/** Notes a picture: a message has no block for one that a model drew. */
export function reportImage(losses: LossReport | undefined): void {
  losses?.add("dropped", "answer.image", "anthropic");
}

/** A block that carries nothing but another provider's signature. */
export function markBlock(kind: MarkedKind, signature: string): string {
  return redactedBlock(markData({ kind, signature }));
}

/** Thought that only its provider can read. */
export function redactedBlock(data: string): string {
  return `{"type":"redacted_thinking","data":${JSON.stringify(data)}}`;
}

function addBlocks(
  blocks: string[],
  part: Exclude<AnswerPart, RefusalPart>,
  { finish }: Pick<Answer, "finish">,
  losses: LossReport | undefined,
): void {
  switch (part.type) {
    case "text":
      // Clients send blocks back, and the provider refuses empty ones (C45).
      if (part.text !== "") {
        const cited = part.citations !== undefined
          ? `,"citations":${JSON.stringify(part.citations.map(citationJson))}`
          : "";
        blocks.push(
          `{"type":"text","text":${JSON.stringify(part.text)}${cited}}`,
        );
      }
      if (part.signature !== undefined) {
        blocks.push(markBlock("text", part.signature));
      }
      break;
    case "reasoning": {
      const { text, signature = "", redacted } = part;
      if (redacted !== undefined) blocks.push(redactedBlock(redacted));
      else if (text !== "" || signature !== "") {
        blocks.push(
          `{"type":"thinking","thinking":${JSON.stringify(text)},"signature":${
            JSON.stringify(signature)
          }}`,
        );
      }
      break;
    }
    case "image":
      reportImage(losses);
      break;
    case "tool_call": {
      const input = toolInputJson(part.arguments);
      if (input === undefined) {
        if (finish !== "length") throw invalidInput();
        losses?.add("dropped", "answer.tool_use", "cut off");
        break;
      }
      if (part.signature !== undefined) {
        blocks.push(markBlock("call", part.signature));
      }
      blocks.push(
        `{"type":"tool_use","id":${
          JSON.stringify(wireCallId(part.id))
        },"name":${JSON.stringify(part.name)},"input":${input}}`,
      );
    }
  }
}
