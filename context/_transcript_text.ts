import type { CondensableMessage, CondensablePart } from "./condensable.ts";

/** A conversation as one text, for whoever is to sum it up. */
export function transcriptText(
  messages: readonly CondensableMessage[],
): string {
  return messages.map(({ role, parts }) =>
    `${role}: ${parts.map(partText).filter((it) => it !== "").join("\n")}`
  ).join("\n\n");
}

function partText(part: CondensablePart): string {
  switch (part.type) {
    case "text":
    case "refusal":
      return part.text ?? "";
    case "tool_call":
      return `[calls ${part.name ?? "a tool"} with ${part.arguments ?? "{}"}]`;
    case "tool_result":
      return `[is answered] ${(part.parts ?? []).map(partText).join("\n")}`;
    // Thought is nobody's business but the model's that had it.
    case "reasoning":
      return "";
    default:
      return `[${part.type}]`;
  }
}
