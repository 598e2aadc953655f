/**
 * How much a model's thinking can be steered.
 *
 * - `none`: it has no thinking.
 * - `budget`: `thinking: {type: "enabled", budget_tokens}`.
 * - `both`: budgets and adaptive thinking with `output_config.effort` up to `max`, without `xhigh`.
 * - `adaptive`: adaptive thinking only, all efforts; thought is hidden unless asked for.
 */
type Thinking = "none" | "budget" | "both" | "adaptive";

/** What a family of models accepts and what has to be filled in for it. */
export interface ModelTraits {
  /** `max_tokens` where the caller names none (C1). */
  readonly maxTokens: number;
  readonly thinking: Thinking;
  /** How thinking is switched off; `omit`: it is off unless asked for; `never`: it can't be. */
  readonly off: "omit" | "disabled" | "between_tools" | "never";
  /** Which of `temperature`, `top_p`, `top_k` it takes: `one` means temperature or top_p. */
  readonly sampling: "all" | "one" | "none";
  /** Whether it takes the tool choices `any` and `tool`. */
  readonly forcedTools: boolean;
  /** Whether it knows `output_config.format` and strict tools. */
  readonly schemas: boolean;
  /** Whether it takes messages of role `system` in the conversation. */
  readonly systemTurns: boolean;
}

const CLAUDE_3: ModelTraits = {
  maxTokens: 4_096,
  thinking: "none",
  off: "omit",
  sampling: "all",
  forcedTools: true,
  schemas: false,
  systemTurns: false,
};
// These refuse a request whose input and max_tokens together pass the context
// window, so the fill-in stays well below their limit.
const CLAUDE_4: ModelTraits = {
  ...CLAUDE_3,
  maxTokens: 32_000,
  thinking: "budget",
};
const CLAUDE_4_1: ModelTraits = { ...CLAUDE_4, sampling: "one", schemas: true };
const CLAUDE_4_5: ModelTraits = { ...CLAUDE_4_1, maxTokens: 64_000 };
const CLAUDE_4_6: ModelTraits = { ...CLAUDE_4_5, thinking: "both" };
const CLAUDE_4_7: ModelTraits = {
  ...CLAUDE_4_6,
  thinking: "adaptive",
  sampling: "none",
};
const CLAUDE_4_8: ModelTraits = { ...CLAUDE_4_7, systemTurns: true };
const CLAUDE_5: ModelTraits = { ...CLAUDE_4_8, off: "disabled" };
const ALWAYS_THINKING: ModelTraits = { ...CLAUDE_5, off: "never" };
const UNFORCED: ModelTraits = { ...ALWAYS_THINKING, forcedTools: false };

/** Families by the start of the model's name; the longest one that fits counts. */
const FAMILIES: readonly (readonly [prefix: string, traits: ModelTraits])[] = ([
  ["claude-instant", CLAUDE_3],
  ["claude-2", CLAUDE_3],
  ["claude-3", CLAUDE_3],
  ["claude-3-5", { ...CLAUDE_3, maxTokens: 8_192 }],
  ["claude-3-7", CLAUDE_4],
  ["claude-sonnet-4", CLAUDE_4],
  ["claude-opus-4", CLAUDE_4],
  ["claude-opus-4-1", CLAUDE_4_1],
  ["claude-haiku-4-5", CLAUDE_4_5],
  ["claude-sonnet-4-5", CLAUDE_4_5],
  ["claude-opus-4-5", CLAUDE_4_5],
  ["claude-sonnet-4-6", CLAUDE_4_6],
  ["claude-opus-4-6", CLAUDE_4_6],
  ["claude-opus-4-7", CLAUDE_4_7],
  ["claude-opus-4-8", CLAUDE_4_8],
  ["claude-sonnet-5", CLAUDE_5],
  ["claude-opus-5", CLAUDE_5],
  ["claude-haiku-5-5", CLAUDE_5],
  ["claude-sonnet-5-5", { ...UNFORCED, off: "between_tools" }],
  ["claude-opus-5-5", UNFORCED],
  ["claude-fable-5", ALWAYS_THINKING],
  ["claude-fable-5-1", UNFORCED],
  ["claude-fable-5-2", UNFORCED],
  ["claude-mythos", { ...ALWAYS_THINKING, systemTurns: false }],
  ["claude-mythos-5", ALWAYS_THINKING],
  ["claude-mythos-5-1", UNFORCED],
  ["claude-mythos-5-2", UNFORCED],
  // A Claude that this table does not know is most likely a newer one.
  ["claude", { ...CLAUDE_5, systemTurns: false }],
] as [string, ModelTraits][]).sort(([a], [b]) => b.length - a.length);

/** Other makers' models behind the same dialect. */
const OTHERS: ModelTraits = {
  ...CLAUDE_4,
  maxTokens: 8_192,
  off: "disabled",
};

/** The providers ask for streams where an answer may take ten minutes, which is about this long. */
const UNSTREAMED_MAX_TOKENS = 21_333;

/**
 * The traits of a model by its name, which may carry a vendor before it and a
 * date or version behind it: `us.anthropic.claude-opus-4-6-v1:0`,
 * `claude-sonnet-4@20250514`.
 */
export function modelTraits(model: string): ModelTraits {
  const start = model.indexOf("claude");
  if (start < 0) return OTHERS;
  const name = model.slice(start, start + 64).toLowerCase().replaceAll(
    ".",
    "-",
  );
  for (const [prefix, traits] of FAMILIES) {
    // The name must end or break there, else "-5-2" would claim "-5-20260601".
    if (name.startsWith(prefix) && !isAlphanumeric(name.at(prefix.length))) {
      return traits;
    }
  }
  return OTHERS;
}

/**
 * `max_tokens` for a request whose caller names none (C1): 64,000 since Claude
 * 4.5, 32,000 for Claude 3.7 to 4.1, 8,192 for Claude 3.5 and for other makers'
 * models, 4,096 before; at most 21,333 where the answer is not streamed.
 */
export function defaultMaxTokens(traits: ModelTraits, stream: boolean): number {
  return stream
    ? traits.maxTokens
    : Math.min(traits.maxTokens, UNSTREAMED_MAX_TOKENS);
}

function isAlphanumeric(char: string | undefined): boolean {
  return char !== undefined && /[a-z0-9]/.test(char);
}
