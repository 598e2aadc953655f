import type { ReasoningPart } from "../../conversation.ts";
import type { RequestNode } from "./_decode_node.ts";

/**
 * Reads the thought in an assistant turn of the history (C12, C13, J4): from
 * OpenRouter's `reasoning_details`, LiteLLM's `thinking_blocks`, or the plain
 * text of `reasoning_content` or `reasoning`. What carries a signature wins,
 * for only that can be sent back to the model that thought it.
 */
export function decodeReasoning(message: RequestNode): ReasoningPart[] {
  const details = decodeDetails(message);
  if (details.some(isProven)) return details;
  const blocks = decodeBlocks(message);
  if (blocks.some(isProven)) return blocks;
  const text = message.string("reasoning_content") ||
    message.string("reasoning");
  if (text) return [{ type: "reasoning", text }];
  return details.length > 0 ? details : blocks;
}

function isProven(part: ReasoningPart): boolean {
  return part.signature !== undefined || part.redacted !== undefined;
}

/** Whether a detail's proof is one of Anthropic's, which is OpenRouter's default. */
function isProofUsable(detail: RequestNode): boolean {
  const format = detail.string("format");
  return !format || format === "unknown" || format.startsWith("anthropic");
}

function decodeDetails(message: RequestNode): ReasoningPart[] {
  const parts: ReasoningPart[] = [];
  let lastIndex: unknown;
  for (const detail of message.nodes("reasoning_details") ?? []) {
    const part = decodeDetail(detail);
    if (!part) continue;
    const index = detail.raw("index");
    const last = parts.at(-1);
    // Clients that collect a stream's details hold one part in many pieces.
    if (
      last && index === lastIndex && !isProven(last) &&
      part.redacted === undefined && (index !== undefined || part.text === "")
    ) {
      parts[parts.length - 1] = { ...part, text: last.text + part.text };
    } else parts.push(part);
    lastIndex = index;
  }
  return parts.filter((part) => part.text !== "" || isProven(part));
}

function decodeDetail(detail: RequestNode): ReasoningPart | undefined {
  switch (detail.string("type")) {
    case "reasoning.text": {
      const text = detail.string("text") ?? "";
      const signature = detail.string("signature");
      if (!signature) return { type: "reasoning", text };
      if (isProofUsable(detail)) return { type: "reasoning", text, signature };
      detail.note("signature");
      return { type: "reasoning", text };
    }
    case "reasoning.summary":
      return { type: "reasoning", text: detail.string("summary") ?? "" };
    case "reasoning.encrypted": {
      const redacted = detail.string("data");
      if (redacted && isProofUsable(detail)) {
        return { type: "reasoning", text: "", redacted };
      }
      // Only the family of models that encrypted it could read it.
      detail.note("data");
      return undefined;
    }
    default:
      detail.note("type");
      return undefined;
  }
}

function decodeBlocks(message: RequestNode): ReasoningPart[] {
  const parts: ReasoningPart[] = [];
  for (const block of message.nodes("thinking_blocks") ?? []) {
    const type = block.choice("type", ["thinking", "redacted_thinking"]);
    if (type === "redacted_thinking") {
      parts.push({
        type: "reasoning",
        text: "",
        redacted: block.name("data"),
      });
      continue;
    }
    const text = block.string("thinking") ?? "";
    const signature = block.string("signature");
    if (signature) parts.push({ type: "reasoning", text, signature });
    else if (text) parts.push({ type: "reasoning", text });
  }
  return parts;
}
