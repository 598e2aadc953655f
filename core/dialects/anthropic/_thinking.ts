import type { Conversation, Effort } from "../../conversation.ts";
import type { Encoding } from "./_encoding.ts";

/** How thinking is asked for. */
export interface EncodedThinking {
  /** JSON for `thinking`. */
  readonly thinking?: string;
  /** `output_config.effort`. */
  readonly effort?: string;
  /** Whether this request asks the model to think. */
  readonly isOn: boolean;
}

/** What decides on thinking besides the conversation. */
export interface ThinkingOptions {
  readonly encoding: Encoding;
  readonly maxTokens: number;
  /** A tool call is required, which manual thinking excludes (C14). */
  readonly isForced: boolean;
  /** Manual thinking wants a tool loop's last turn to begin with signed thought (C12). */
  readonly loopWithoutThought: boolean;
}

const OFF: EncodedThinking = { isOn: false };
const MIN_BUDGET = 1_024;
/** Tokens of thought for each effort, where a model takes budgets only. */
const BUDGETS: Readonly<Record<Exclude<Effort, "none">, number>> = {
  minimal: MIN_BUDGET,
  low: 2_048,
  medium: 8_192,
  high: 16_384,
  xhigh: 32_768,
  max: 32_768,
};
/** The part of `max_tokens` that a budget made from an effort may take: the rest is for the answer. */
const BUDGET_SHARE = 0.8;

/** Encodes how hard the model should think (A35, C14–C16, O6). */
export function encodeThinking(
  { reasoning }: Conversation,
  options: ThinkingOptions,
): EncodedThinking {
  const { encoding } = options;
  const { losses, traits } = encoding;
  const { effort, budgetTokens } = reasoning ?? {};
  if (effort === "none") return switchOff(encoding);
  if (effort === undefined && budgetTokens === undefined) return OFF;
  if (traits.thinking === "none") {
    losses.add("dropped", "reasoning_effort", "this model has no thinking");
    return OFF;
  }
  if (
    traits.thinking === "adaptive" ||
    (traits.thinking === "both" && effort !== undefined)
  ) {
    return adaptive(effort, budgetTokens, encoding);
  }
  const obstacle = options.isForced
    ? "excluded by a required tool call"
    : options.loopWithoutThought
    ? "the tool loop has no signed thought"
    : options.maxTokens <= MIN_BUDGET
    ? `max_tokens is not over ${MIN_BUDGET}`
    : undefined;
  if (obstacle === undefined) {
    return manual(effort, budgetTokens, options);
  }
  losses.add("dropped", "reasoning_effort", obstacle);
  return OFF;
}

function switchOff({ traits, losses }: Encoding): EncodedThinking {
  switch (traits.off) {
    case "omit":
      return OFF;
    case "disabled":
      return { ...OFF, thinking: `{"type":"disabled"}` };
    case "between_tools":
      losses.add("approximated", "reasoning_effort", "between_tools");
      return { ...OFF, thinking: `{"type":"between_tools"}` };
    case "never":
      losses.add("approximated", "reasoning_effort", "always thinks: low");
      return { effort: "low", isOn: true };
  }
}

function adaptive(
  effort: Effort | undefined,
  budgetTokens: number | undefined,
  { losses, traits }: Encoding,
): EncodedThinking {
  if (budgetTokens !== undefined) {
    losses.add("approximated", "reasoning.max_tokens", "effort, no budget");
  }
  const asked = effort ?? effortOf(budgetTokens ?? 0);
  const isOld = traits.thinking === "both";
  const level = asked === "minimal"
    ? "low"
    : asked === "xhigh" && isOld
    ? "high"
    : asked;
  if (level !== asked) {
    losses.add("approximated", "reasoning_effort", level);
  }
  // Since 4.7 thought is hidden unless asked for, and a hidden one looks like a stall.
  const display = isOld ? "" : `,"display":"summarized"`;
  const thinking = `{"type":"adaptive"${display}}`;
  return { thinking, effort: level, isOn: true };
}

function manual(
  effort: Effort | undefined,
  budgetTokens: number | undefined,
  { encoding: { losses }, maxTokens }: ThinkingOptions,
): EncodedThinking {
  let budget: number;
  if (budgetTokens !== undefined) {
    if (effort !== undefined) {
      losses.add("dropped", "reasoning_effort", "the budget counts");
    }
    budget = Math.max(MIN_BUDGET, Math.min(budgetTokens, maxTokens - 1));
    if (budget !== budgetTokens) {
      losses.add("changed", "reasoning.max_tokens", `${budget}`);
    }
  } else {
    const wanted = BUDGETS[effort === "none" ? "low" : effort ?? "medium"];
    const room = Math.floor(maxTokens * BUDGET_SHARE);
    budget = Math.max(MIN_BUDGET, Math.min(wanted, room));
    losses.add("approximated", "reasoning_effort", `${budget} tokens`);
  }
  const thinking = `{"type":"enabled","budget_tokens":${budget}}`;
  return { thinking, isOn: true };
}

/** The least effort whose budget is not smaller. */
function effortOf(budgetTokens: number): Effort {
  if (budgetTokens <= BUDGETS.low) return "low";
  if (budgetTokens <= BUDGETS.medium) return "medium";
  return budgetTokens <= BUDGETS.high ? "high" : "xhigh";
}
