import type { ProviderType } from "./provider_types.ts";

/** Most compatible servers know the older name of the output limit only (A19). */
const OLD_LIMIT = { rename: { max_completion_tokens: "max_tokens" } } as const;
/** Proofs of thought that clients echo, which only the model that gave them can read. */
const PROOFS = ["extra_content", "messages[].reasoning_details"] as const;
/** What clients echo of a thinking model's turn, and a provider without use for it may refuse. */
export const NO_ECHOES = [
  ...PROOFS,
  "messages[].reasoning_content",
  "messages[].reasoning",
] as const;
/** Models that think between tool calls want to read their thought again, in one field (J6). */
const THINKING = {
  effort: "thinking",
  thought: "reasoning_content",
  missingThought: " ",
  drop: [...PROOFS, "messages[].reasoning"],
} as const;
/** Those of them that answer prompt cache marks with a 4xx (C18). */
const UNMARKED_THINKING = {
  ...THINKING,
  drop: [...THINKING.drop, "cache_control"],
} as const;
/** Services that tell and take thought in OpenRouter's details (J4). */
const DETAILED = {
  effort: "reasoning",
  thought: "reasoning_details",
  drop: ["extra_content"],
} as const;
/** How hard most models think that are told at all. */
const LEVELS = ["low", "medium", "high"] as const;
/** Thought that is on or off. */
const SWITCH = ["none", "high"] as const;
/** Grok thinks as it sees fit, but for these. */
const GROK = {
  efforts: [
    ["grok-3-mini", ["low", "high"]],
    ["grok-4.3", ["none", ...LEVELS]],
    ["grok-latest", ["none", ...LEVELS]],
  ],
} as const;
/** Local servers and proxies that are no more than compatible. */
const PLAIN = { ...OLD_LIMIT, noDeveloperRole: true } as const;

/** Providers that speak OpenAI's dialect with quirks of their own: rows of data (wire rules G to J). */
export const COMPATIBLE_PROVIDERS:
  readonly (readonly [string, ProviderType])[] = [
    ["openrouter", {
      dialect: "openai_chat",
      endpoints: ["completions", "embeddings", "rerank"],
      baseUrl: "https://openrouter.ai/api/v1",
      keyEnv: ["OPENROUTER_API_KEY"],
      quirks: DETAILED,
    }],
    ["vercel", {
      dialect: "openai_chat",
      endpoints: ["embeddings"],
      baseUrl: "https://ai-gateway.vercel.sh/v1",
      keyEnv: ["AI_GATEWAY_API_KEY", "VERCEL_AI_GATEWAY_API_KEY"],
      quirks: DETAILED,
    }],
    ["perplexity", {
      dialect: "openai_chat",
      endpoints: ["embeddings"],
      baseUrl: "https://api.perplexity.ai",
      keyEnv: ["PERPLEXITY_API_KEY"],
      quirks: { ...PLAIN, streamEnd: "finish" },
    }],
    ["xai", {
      dialect: "openai_chat",
      endpoints: [
        "completions",
        "images",
        "image_edits",
        "files",
        "realtime",
      ],
      baseUrl: "https://api.x.ai/v1",
      keyEnv: ["XAI_API_KEY"],
      quirks: GROK,
    }],
    ["grok", {
      dialect: "openai_chat",
      endpoints: [
        "completions",
        "images",
        "image_edits",
        "files",
        "realtime",
      ],
      baseUrl: "https://api.x.ai/v1",
      keyEnv: ["XAI_API_KEY"],
      quirks: GROK,
    }],
    ["groq", {
      dialect: "openai_chat",
      endpoints: [
        "speech",
        "transcriptions",
        "translations",
        "files",
        "batches",
      ],
      baseUrl: "https://api.groq.com/openai/v1",
      keyEnv: ["GROQ_API_KEY"],
      quirks: {
        textResults: true,
        efforts: [["gpt-oss", LEVELS], ["qwen", ["none"]]],
        drop: [
          "cache_control",
          "top_k",
          "logit_bias",
          "logprobs",
          "top_logprobs",
          "messages[].name",
          ...NO_ECHOES,
        ],
      },
    }],
    ["deepseek", {
      dialect: "openai_chat",
      endpoints: [],
      baseUrl: "https://api.deepseek.com",
      keyEnv: ["DEEPSEEK_API_KEY"],
      quirks: { ...PLAIN, ...THINKING, noJsonSchema: true, textResults: true },
    }],
    ["mistral", {
      dialect: "openai_chat",
      endpoints: [
        "embeddings",
        "speech",
        "transcriptions",
        "moderations",
        "files",
      ],
      baseUrl: "https://api.mistral.ai/v1",
      keyEnv: ["MISTRAL_API_KEY"],
      // H9, H10: Mistral answers 422 to a field that it does not know.
      quirks: {
        rename: { max_completion_tokens: "max_tokens", seed: "random_seed" },
        drop: [
          "user",
          "logit_bias",
          "store",
          "metadata",
          "service_tier",
          "safety_identifier",
          "prompt_cache_key",
          "verbosity",
          "logprobs",
          "top_k",
          "top_logprobs",
          "cache_control",
          "messages[].reasoning",
          ...NO_ECHOES,
        ],
        noDeveloperRole: true,
        noStreamOptions: true,
        efforts: [["mistral-small", SWITCH], ["mistral-medium", SWITCH]],
        callIdLength: 9,
        answersTools: true,
      },
    }],
    ["together", {
      dialect: "openai_chat",
      endpoints: [
        "completions",
        "embeddings",
        "images",
        "speech",
        "transcriptions",
        "translations",
        "rerank",
        "files",
        "batches",
      ],
      baseUrl: "https://api.together.xyz/v1",
      keyEnv: ["TOGETHER_API_KEY"],
      quirks: PLAIN,
    }],
    ["fireworks", {
      dialect: "openai_chat",
      endpoints: ["completions", "embeddings", "rerank"],
      baseUrl: "https://api.fireworks.ai/inference/v1",
      keyEnv: ["FIREWORKS_API_KEY"],
      quirks: PLAIN,
    }],
    ["cerebras", {
      dialect: "openai_chat",
      endpoints: ["completions", "files", "batches"],
      baseUrl: "https://api.cerebras.ai/v1",
      keyEnv: ["CEREBRAS_API_KEY"],
      quirks: {
        textResults: true,
        efforts: [["gpt-oss", LEVELS], ["glm", ["none"]]],
        drop: [
          "cache_control",
          "top_k",
          "frequency_penalty",
          "logit_bias",
          "presence_penalty",
          ...NO_ECHOES,
        ],
        noDeveloperRole: true,
      },
    }],
    ["huggingface", {
      dialect: "openai_chat",
      endpoints: [],
      baseUrl: "https://router.huggingface.co/v1",
      keyEnv: ["HF_TOKEN"],
      quirks: PLAIN,
    }],
    ["nvidia", {
      dialect: "openai_chat",
      endpoints: ["completions", "embeddings"],
      baseUrl: "https://integrate.api.nvidia.com/v1",
      keyEnv: ["NVIDIA_API_KEY"],
      quirks: PLAIN,
    }],
    ["zai", {
      dialect: "openai_chat",
      endpoints: ["images"],
      baseUrl: "https://api.z.ai/api/paas/v4",
      keyEnv: ["ZAI_API_KEY"],
      quirks: { ...PLAIN, ...UNMARKED_THINKING },
    }],
    ["moonshot", {
      dialect: "openai_chat",
      endpoints: ["files", "batches"],
      baseUrl: "https://api.moonshot.ai/v1",
      keyEnv: ["MOONSHOT_API_KEY"],
      quirks: { ...PLAIN, ...UNMARKED_THINKING },
    }],
    ["blackbox", {
      dialect: "openai_chat",
      endpoints: ["embeddings", "images"],
      baseUrl: "https://api.blackbox.ai",
      keyEnv: ["BLACKBOX_API_KEY"],
      quirks: PLAIN,
    }],
    ["vllm", {
      dialect: "openai_chat",
      endpoints: [
        "completions",
        "embeddings",
        "transcriptions",
        "translations",
        "rerank",
      ],
      quirks: OLD_LIMIT,
    }],
    ["llamacpp", {
      dialect: "openai_chat",
      endpoints: ["completions", "embeddings", "rerank"],
      baseUrl: "http://127.0.0.1:8080/v1",
      quirks: OLD_LIMIT,
    }],
    ["lmstudio", {
      dialect: "openai_chat",
      endpoints: ["completions", "embeddings"],
      baseUrl: "http://127.0.0.1:1234/v1",
      quirks: PLAIN,
    }],
  ];
