import type { Conversation, Effort } from "../../conversation.ts";
import type { Encoding } from "./_encoding.ts";
import type { Thinking, ThinkingLevel } from "./_models.ts";

type Levels = Thinking & { readonly by: "level" };
type Budget = Thinking & { readonly by: "budget" };

/** Levels by effort. */
const LEVELS: Readonly<Record<Effort, ThinkingLevel>> = {
  none: "MINIMAL",
  minimal: "MINIMAL",
  low: "LOW",
  medium: "MEDIUM",
  high: "HIGH",
  xhigh: "HIGH",
  max: "HIGH",
};
/** From the least, as far as each model has them. */
const ORDER: readonly ThinkingLevel[] = ["MINIMAL", "LOW", "MEDIUM", "HIGH"];
/** Tokens of thought by effort, as the provider's own OpenAI-compatible endpoint has them. */
const BUDGETS: Readonly<Record<Exclude<Effort, "none">, number>> = {
  minimal: 1_024,
  low: 1_024,
  medium: 8_192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};
/** The part of the output limit that a budget made from an effort may take: the rest is for the answer. */
const BUDGET_SHARE = 0.8;

/** Encodes how hard the model should think, as members of `generationConfig` (A35, D23, O6). */
export function encodeThinking(
  { reasoning, maxOutputTokens }: Conversation,
  { losses, traits }: Encoding,
): readonly string[] {
  const { thinking } = traits;
  const { effort, budgetTokens } = reasoning ?? {};
  if (effort === undefined && budgetTokens === undefined) return [];
  const isOff = effort === "none";
  if (thinking.by === "nothing") {
    if (!isOff) {
      losses.add("dropped", "reasoning_effort", "this model has no thinking");
    }
    return [];
  }
  const [member, loss] = thinking.by === "level"
    ? levelOf(thinking, { effort, budgetTokens })
    : isOff
    ? offBudget(thinking)
    : budgetTokens !== undefined
    ? clampedBudget(thinking, budgetTokens)
    : budgetOf(thinking, effort ?? "medium", maxOutputTokens);
  if (loss !== undefined) {
    const field = budgetTokens === undefined || isOff
      ? "reasoning_effort"
      : "reasoning.max_tokens";
    losses.add("approximated", field, loss);
  }
  // Thought is hidden unless asked for.
  const shown = isOff ? "" : `,"includeThoughts":true`;
  return [`"thinkingConfig":{${member}${shown}}`];
}

type Choice = readonly [member: string, loss?: string];

/** The level itself, else the next one above that the model has, else its highest. */
function levelOf(
  { levels }: Levels,
  { effort, budgetTokens }: {
    readonly effort: Effort | undefined;
    readonly budgetTokens: number | undefined;
  },
): Choice {
  const asked = effort ?? effortOf(budgetTokens ?? 0);
  const above = ORDER.slice(ORDER.indexOf(LEVELS[asked]));
  const level = above.find((one) => levels.includes(one)) ?? levels.at(-1)!;
  const member = `"thinkingLevel":"${level}"`;
  if (asked === "none") return [member, `always thinks: ${level}`];
  const isExact = budgetTokens === undefined && asked === level.toLowerCase();
  return isExact ? [member] : [member, level];
}

function offBudget({ stoppable, min }: Budget): Choice {
  return stoppable
    ? [`"thinkingBudget":0`]
    : [`"thinkingBudget":${min}`, `always thinks: ${min} tokens`];
}

function clampedBudget({ stoppable, min, max }: Budget, asked: number): Choice {
  const least = stoppable && asked <= 0 ? 0 : min;
  const budget = Math.max(least, Math.min(asked, max));
  const member = `"thinkingBudget":${budget}`;
  return budget === asked ? [member] : [member, `${budget} tokens`];
}

function budgetOf(
  { min, max }: Budget,
  effort: Exclude<Effort, "none">,
  maxOutputTokens = Infinity,
): Choice {
  const room = Math.floor(maxOutputTokens * BUDGET_SHARE);
  const budget = Math.max(min, Math.min(BUDGETS[effort], max, room));
  return [`"thinkingBudget":${budget}`, `${budget} tokens`];
}

/** The least effort whose budget is not smaller. */
function effortOf(budgetTokens: number): Effort {
  if (budgetTokens <= BUDGETS.low) return "low";
  return budgetTokens <= BUDGETS.medium ? "medium" : "high";
}
