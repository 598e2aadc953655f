import {
  type ModelTraits as ClaudeTraits,
  modelTraits as claudeTraits,
} from "../anthropic/_models.ts";

/** What a family of models on Bedrock takes. */
export interface ModelTraits {
  /** What of the Messages API's rules holds for it: sampling, thinking, limits. */
  readonly claude: ClaudeTraits;
  /** Whether it is a Claude, whose native fields are Anthropic's. */
  readonly isClaude: boolean;
  /** Whether signed thought goes back to it. */
  readonly takesThought: boolean;
  /** Where it takes cache points. */
  readonly cachePoints: "everywhere" | "content" | "nowhere";
  /** Whether it takes the `status` of a tool result. */
  readonly resultStatus: boolean;
  /** Whether it takes a JSON Schema of its answer. */
  readonly schemas: boolean;
  /** How it is told how hard to think. */
  readonly effort: "claude" | "reasoning_config" | "reasoning_effort" | "none";
  /** The path of its native `top_k`, if it has one. */
  readonly topK: "top_k" | "inferenceConfig.topK" | undefined;
}

const UNKNOWN: ModelTraits = {
  claude: { ...claudeTraits(""), thinking: "none", off: "omit" },
  isClaude: false,
  takesThought: false,
  cachePoints: "nowhere",
  resultStatus: false,
  schemas: false,
  effort: "none",
  topK: undefined,
};

/** What an ARN leads to is not known; what it has signed it can read. */
const PROFILE: ModelTraits = { ...UNKNOWN, takesThought: true };

const NOVA: ModelTraits = {
  ...UNKNOWN,
  cachePoints: "content",
  resultStatus: true,
  topK: "inferenceConfig.topK",
};

const OPEN: ModelTraits = { ...UNKNOWN, schemas: true };

/** Families by what stands in the name of a model. */
const FAMILIES: readonly (readonly [name: RegExp, traits: ModelTraits])[] = [
  [/amazon\.nova-2/, { ...NOVA, effort: "reasoning_config" }],
  [/amazon\.nova/, NOVA],
  [/openai\.gpt-oss/, { ...OPEN, effort: "reasoning_effort" }],
  [
    /qwen\.qwen3|deepseek\.v3|moonshot|minimax|mistral\.(?!mi[sx]tral-)|google\.gemma|nvidia\.nemotron/,
    OPEN,
  ],
];

/**
 * The traits of a model by its id, with or without a region before it. An ARN
 * of an application inference profile does not tell its model: what only some
 * models take is not sent there, and is put on the loss report.
 */
export function modelTraits(model: string): ModelTraits {
  const name = model.toLowerCase();
  if (name.includes("claude")) {
    const claude = claudeTraits(name);
    return {
      claude,
      isClaude: true,
      takesThought: true,
      cachePoints: "everywhere",
      resultStatus: true,
      schemas: claude.schemas,
      effort: "claude",
      topK: "top_k",
    };
  }
  return FAMILIES.find(([family]) => family.test(name))?.[1] ??
    (name.startsWith("arn:") ? PROFILE : UNKNOWN);
}
