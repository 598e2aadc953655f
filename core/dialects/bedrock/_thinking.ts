import type { Conversation, Effort } from "../../conversation.ts";
import {
  encodeThinking as encodeClaudeThinking,
  type ThinkingOptions as ClaudeOptions,
} from "../anthropic/_thinking.ts";
import type { Encoding } from "./_encoding.ts";

/** How thinking is asked for. */
export interface EncodedThinking {
  /** Members of `additionalModelRequestFields`, as JSON. */
  readonly members: readonly string[];
  /** `outputConfig.effort`. */
  readonly effort?: string;
  /** Whether this request asks the model to think. */
  readonly isOn: boolean;
}

/** What decides on thinking besides the conversation. */
export interface ThinkingOptions extends Omit<ClaudeOptions, "encoding"> {
  readonly encoding: Encoding;
}

const OFF: EncodedThinking = { members: [], isOn: false };

/** What the models of three efforts get for each. */
const THREE: Readonly<Record<Exclude<Effort, "none">, string>> = {
  minimal: "low",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "high",
  max: "high",
};

/** Encodes how hard the model should think, in the native fields of its family (A35, E17, O6). */
export function encodeThinking(
  conversation: Conversation,
  options: ThinkingOptions,
): EncodedThinking {
  const { encoding } = options;
  const { losses, traits } = encoding;
  if (traits.effort === "claude") {
    const { thinking, effort, isOn } = encodeClaudeThinking(conversation, {
      ...options,
      encoding: { ...encoding, traits: traits.claude },
    });
    const members = thinking === undefined ? [] : [`"thinking":${thinking}`];
    return { members, isOn, ...(effort !== undefined && { effort }) };
  }
  const { effort, budgetTokens } = conversation.reasoning ?? {};
  if (effort === undefined && budgetTokens === undefined) return OFF;
  if (traits.effort === "none") {
    // Nothing is lost where there is nothing to switch off.
    if (effort !== "none") {
      losses.add("dropped", "reasoning_effort", "not known of this model");
    }
    return OFF;
  }
  if (budgetTokens !== undefined) {
    losses.add("approximated", "reasoning.max_tokens", "effort, no budget");
  }
  const asked = effort ?? "medium";
  if (asked === "none") {
    if (traits.effort === "reasoning_config") return OFF;
    losses.add("approximated", "reasoning_effort", "always thinks: low");
  }
  const level = THREE[asked === "none" ? "low" : asked];
  if (level !== asked && asked !== "none") {
    losses.add("approximated", "reasoning_effort", level);
  }
  return {
    members: [
      traits.effort === "reasoning_effort"
        ? `"reasoning_effort":"${level}"`
        : `"reasoningConfig":{"type":"enabled","maxReasoningEffort":"${level}"}`,
    ],
    isOn: false,
  };
}
