import type { Conversation, Effort } from "../../conversation.ts";
import type { RequestNode } from "./_decode_node.ts";

/** All words for how hard to think. */
export const EFFORTS = [
  "none",
  "minimal",
  "low",
  "medium",
  "high",
  "xhigh",
  "max",
] as const satisfies readonly Effort[];

const KNOWN_IN_REASONING: ReadonlySet<string> = new Set([
  "effort",
  "max_tokens",
  "enabled",
]);
const KNOWN_IN_THINKING: ReadonlySet<string> = new Set([
  "type",
  "budget_tokens",
]);

/**
 * Reads how hard the model should think (A35, O6): OpenAI's
 * `reasoning_effort`, OpenRouter's `reasoning`, or Anthropic's `thinking`.
 * Where several are set the first of these wins, field by field; what says
 * otherwise is noted.
 */
export function decodeEffort(root: RequestNode): Conversation["reasoning"] {
  const word = root.choice("reasoning_effort", EFFORTS);
  const reasoning = decodeReasoningOption(root.node("reasoning"));
  const thinking = decodeThinkingOption(root.node("thinking"));
  const effort = word ?? reasoning?.effort ?? thinking?.effort;
  const budgetTokens = reasoning?.budgetTokens ?? thinking?.budgetTokens;
  if (reasoning?.effort && reasoning.effort !== effort) {
    root.note("reasoning.effort");
  }
  if (thinking?.effort === "none" && effort !== "none") root.note("thinking");
  if (effort === "none") {
    if (budgetTokens !== undefined) root.note("reasoning.max_tokens");
    return { effort };
  }
  if (budgetTokens !== undefined) {
    return { ...(effort && { effort }), budgetTokens };
  }
  if (effort) return { effort };
  // Switched on and no more: OpenRouter's default for that.
  return reasoning || thinking ? { effort: "medium" } : undefined;
}

function decodeReasoningOption(
  node: RequestNode | undefined,
): Conversation["reasoning"] {
  if (!node) return undefined;
  node.noteUnknown(KNOWN_IN_REASONING);
  const effort = node.choice("effort", EFFORTS);
  const budgetTokens = node.integer("max_tokens", 0);
  const enabled = node.boolean("enabled");
  if (enabled === false || budgetTokens === 0) return { effort: "none" };
  if (!effort && budgetTokens === undefined && !enabled) return undefined;
  return {
    ...(effort && { effort }),
    ...(budgetTokens !== undefined && { budgetTokens }),
  };
}

function decodeThinkingOption(
  node: RequestNode | undefined,
): Conversation["reasoning"] {
  if (!node) return undefined;
  node.noteUnknown(KNOWN_IN_THINKING);
  const type = node.choice("type", ["enabled", "disabled", "adaptive"]);
  if (!type) throw node.missing("type");
  if (type === "disabled") return { effort: "none" };
  // Anthropic's own effort where none is said.
  if (type === "adaptive") return { effort: "high" };
  const budgetTokens = node.integer("budget_tokens", 1);
  return budgetTokens === undefined ? {} : { budgetTokens };
}
