import { exactMember } from "../../_json_exact.ts";
import type { ReasoningPart } from "../../conversation.ts";
import type { JsonDocument } from "../../json_document.ts";
import type { PassedTurns } from "../../passed_thought.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";
import { isUnsignedThought, readMark } from "./_thought_marks.ts";

/**
 * The turns of a Messages request with the thought that its client has lost,
 * and without what another family of models has signed (C12).
 */
export const messagesTurns: PassedTurns = {
  member: "messages",
  restore(document, thoughts) {
    const { thinking } = document.value;
    // Where nothing is thought nothing is missing.
    const isOff = isObject(thinking) && thinking.type === "disabled";
    const messages = asList(exactMember(document, "messages"));
    return messages.flatMap((message): unknown[] => {
      if (!isObject(message) || message.role !== "assistant") return [message];
      const content = asList(message.content);
      const kept = thoughts.first(content.map(callId));
      if (kept === undefined) return [message];
      const isProven = content.some(hasProof);
      if (!kept.isOwn) {
        if (!isProven) return [message];
        thoughts.strip("messages.thinking");
        return [{ ...message, content: content.filter((it) => !hasProof(it)) }];
      }
      if (isProven || isOff || kept.parts.length === 0) return [message];
      thoughts.restored();
      const rest = content.filter((block) => !isUnsignedThought(block));
      return [{ ...message, content: [...kept.parts.map(blockOf), ...rest] }];
    });
  },
  mayLack: ({ value }: JsonDocument) =>
    asList(value.messages).some((message) =>
      isObject(message) && asList(message.content).some(callId)
    ),
};

function callId(block: unknown): string | undefined {
  return isObject(block) && block.type === "tool_use"
    ? asText(block.id) || undefined
    : undefined;
}

/** Whether a block is thought that a provider of this dialect has signed. */
function hasProof(block: unknown): boolean {
  if (!isObject(block)) return false;
  return block.type === "thinking" && asText(block.signature) !== "" ||
    block.type === "redacted_thinking" &&
      readMark(asText(block.data)) === undefined;
}

function blockOf({ text, signature, redacted }: ReasoningPart): JsonObject {
  return redacted === undefined
    ? { type: "thinking", thinking: text, signature: signature ?? "" }
    : { type: "redacted_thinking", data: redacted };
}
