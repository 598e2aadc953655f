import type { Conversation, Effort } from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import type { MutableJson } from "./_pass_json.ts";

/** Levels from the least to the greatest. */
const LEVELS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** What every model that has levels knows. */
const COMMON = ["none", "low", "medium", "high"] as const;

/**
 * The levels of OpenAI's models, by their names, the first that fits; what
 * comes later knows all.
 */
const MODEL_LEVELS: readonly (readonly [RegExp, readonly Effort[]])[] = [
  [/-deep-research/, ["medium"]],
  [/^o\d/, ["low", "medium", "high"]],
  [/^gpt-5-pro/, ["high"]],
  [/^gpt-5\.\d-pro/, ["medium", "high", "xhigh"]],
  [/^gpt-5(?:\.1)?-codex(?!-max)/, ["low", "medium", "high"]],
  [/^gpt-5[.\d]*-codex/, ["low", "medium", "high", "xhigh"]],
  [/^gpt-5(?!\.)/, ["minimal", "low", "medium", "high"]],
  [/^gpt-5\.1(?!\d)/, ["none", "low", "medium", "high"]],
  [/^gpt-5\.[2-5](?!\d)/, ["none", "low", "medium", "high", "xhigh"]],
];

/**
 * Encodes how hard the model should think (A35, O6): as `reasoning_effort`, or
 * as the provider's quirk says. A level that the model doesn't know becomes
 * the next one, which goes on the report; a budget becomes a level.
 */
export function encodeEffort(
  { reasoning = {} }: Conversation,
  target: DialectTarget,
): MutableJson {
  const { effort, budgetTokens } = reasoning;
  const { losses, quirks } = target;
  if (effort === undefined && budgetTokens === undefined) return {};
  if (quirks.effort === "reasoning") return openRouter(reasoning, target);
  if (!hasThought(target)) {
    if (effort !== "none") {
      const why = quirks.efforts === undefined
        ? "this model has no thinking"
        : "this model takes none";
      losses.add("dropped", "reasoning_effort", why);
    }
    return {};
  }
  if (effort === undefined) {
    losses.add("approximated", "reasoning.max_tokens", "effort, no budget");
  } else if (budgetTokens !== undefined) {
    losses.add("dropped", "reasoning.max_tokens", "the effort counts");
  }
  const asked = effort ?? levelOf(budgetTokens ?? 0);
  if (quirks.effort === "thinking") {
    if (asked === "none") return { thinking: { type: "disabled" } };
    return { thinking: { type: "enabled" }, reasoning_effort: asked };
  }
  return { reasoning_effort: nearest(asked, target) };
}

/**
 * Whether the model refuses sampling because it thinks: OpenAI's do, besides
 * those that only think when told to (A20).
 */
export function thinksAlways(
  { reasoning }: Conversation,
  { model, quirks }: DialectTarget,
): boolean {
  const { reasoningModels = [] } = quirks;
  if (!reasoningModels.some((prefix) => model.startsWith(prefix))) return false;
  if (model.includes("-chat")) return false;
  const { effort, budgetTokens } = reasoning ?? {};
  if (!/^gpt-5\./.test(model)) return true;
  return budgetTokens !== undefined ||
    effort !== undefined && effort !== "none";
}

/** Where it is known which models think, the others refuse to be told how. */
function hasThought({ model, quirks }: DialectTarget): boolean {
  const { efforts, reasoningModels } = quirks;
  if (efforts !== undefined) {
    return efforts.some(([word]) => model.includes(word));
  }
  return reasoningModels === undefined ||
    reasoningModels.some((prefix) => model.startsWith(prefix)) &&
      !model.includes("-chat");
}

/** Either a level or a budget: the provider takes one of both. */
function openRouter(
  { effort, budgetTokens }: NonNullable<Conversation["reasoning"]>,
  { losses }: DialectTarget,
): MutableJson {
  if (budgetTokens === undefined) {
    if (effort !== "max") return { reasoning: { effort } };
    losses.add("approximated", "reasoning_effort", "xhigh");
    return { reasoning: { effort: "xhigh" } };
  }
  if (effort !== undefined) {
    losses.add("dropped", "reasoning_effort", "the budget counts");
  }
  return { reasoning: { max_tokens: budgetTokens } };
}

function nearest(asked: Effort, { losses, model, quirks }: DialectTarget) {
  const { efforts, reasoningModels } = quirks;
  const levels = efforts?.find(([word]) => model.includes(word))?.[1] ??
    (reasoningModels === undefined
      ? COMMON
      : MODEL_LEVELS.find(([models]) => models.test(model))?.[1]);
  if (levels === undefined || levels.some((level) => level === asked)) {
    return asked;
  }
  const place = LEVELS.indexOf(asked);
  const level = levels.find((level) => LEVELS.indexOf(level) > place) ??
    levels.at(-1);
  if (level === "none") {
    // Who can only be told not to think, thinks as it sees fit.
    losses.add("dropped", "reasoning_effort", "this model takes none");
    return undefined;
  }
  losses.add("approximated", "reasoning_effort", `${level}`);
  return level;
}

/** The level that stands for a budget. */
function levelOf(budgetTokens: number): Effort {
  if (budgetTokens <= 2_048) return "low";
  return budgetTokens <= 8_192 ? "medium" : "high";
}
