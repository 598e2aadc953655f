import type { Quirks } from "./dialect.ts";
import { MockTransport } from "./mock/mock_transport.ts";
import type { DialectName } from "./provider.ts";
import type { ProviderSettings } from "./provider_factory.ts";
import type { Transport } from "./upstream.ts";

/** How a provider type wants its credential. */
export type CredentialHeader =
  | "authorization"
  | "x-api-key"
  | "api-key"
  | "x-goog-api-key";

/** One row of the table of provider types: everything that sets it apart. */
export interface ProviderType {
  /** The dialect in which it speaks. */
  readonly dialect: DialectName;
  /** Without a trailing slash. Absent: the config must give one. */
  readonly baseUrl?: string;
  /**
   * The environment variables in which the key is looked for when the config
   * names none, the usual one first. Absent: none is needed.
   */
  readonly keyEnv?: readonly [usual: string, ...others: string[]];
  /** The header of its credential. @default {"authorization"} */
  readonly credential?: CredentialHeader;
  /** How it departs from its dialect. @default {{}} */
  readonly quirks?: Quirks;
  /**
   * How it is reached; called at the first request of each provider.
   *
   * @default {an HttpClient with the settings' pool}
   */
  readonly transport?: (settings: ProviderSettings) => Transport;
}

/** Most compatible servers know the older name of the output limit only (A19). */
const OLD_LIMIT = { rename: { max_completion_tokens: "max_tokens" } } as const;
/** Prompt cache marks that the provider answers with a 4xx (C18). */
const NO_CACHE_MARKS = { drop: ["cache_control"] } as const;
/** What clients echo of a thinking model's turn, and a provider without use for it may refuse. */
const NO_ECHOES = [
  "extra_content",
  "messages[].reasoning_content",
  "messages[].reasoning_details",
] as const;
/** Models that think between tool calls want to read their thought again (J6). */
const THINKING = {
  effort: "thinking",
  thought: "reasoning_content",
  missingThought: " ",
} as const;
/** What Azure and OpenAI itself have in common. */
const OPENAI = {
  reasoningModels: ["o1", "o3", "o4", "gpt-5"],
  drop: NO_ECHOES,
} as const;
/** Local servers and proxies that are no more than compatible. */
const PLAIN = { ...OLD_LIMIT, noDeveloperRole: true } as const;

/**
 * The provider types, by name. A provider that is OpenAI-compatible is a row
 * of data (wire rules J), never a file of code.
 *
 * @example Where a type is reached by default
 * ```ts
 * import { providerTypes } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(providerTypes.get("anthropic")?.baseUrl, "https://api.anthropic.com/v1");
 * ```
 */
export const providerTypes: ReadonlyMap<string, ProviderType> = new Map<
  string,
  ProviderType
>([
  ["mock", {
    dialect: "openai_chat",
    baseUrl: "mock://mock",
    transport: () => new MockTransport(),
  }],
  ["openai", {
    dialect: "openai_chat",
    baseUrl: "https://api.openai.com/v1",
    keyEnv: ["OPENAI_API_KEY"],
    quirks: { ...OPENAI, responses: true },
  }],
  ["anthropic", {
    dialect: "anthropic",
    baseUrl: "https://api.anthropic.com/v1",
    keyEnv: ["ANTHROPIC_API_KEY"],
    credential: "x-api-key",
  }],
  ["gemini", {
    dialect: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    keyEnv: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    // D24: never in the address, which ends in logs.
    credential: "x-goog-api-key",
  }],
  ["openai_compatible", { dialect: "openai_chat" }],
  ["azure_openai", {
    dialect: "openai_chat",
    keyEnv: ["AZURE_OPENAI_API_KEY"],
    credential: "api-key",
    quirks: OPENAI,
  }],
  ["openrouter", {
    dialect: "openai_chat",
    baseUrl: "https://openrouter.ai/api/v1",
    keyEnv: ["OPENROUTER_API_KEY"],
    quirks: { effort: "reasoning", thought: "reasoning_details" },
  }],
  ["perplexity", {
    dialect: "openai_chat",
    baseUrl: "https://api.perplexity.ai",
    keyEnv: ["PERPLEXITY_API_KEY"],
    quirks: { ...PLAIN, streamEnd: "finish" },
  }],
  ["xai", {
    dialect: "openai_chat",
    baseUrl: "https://api.x.ai/v1",
    keyEnv: ["XAI_API_KEY"],
  }],
  ["grok", {
    dialect: "openai_chat",
    baseUrl: "https://api.x.ai/v1",
    keyEnv: ["XAI_API_KEY"],
  }],
  ["groq", {
    dialect: "openai_chat",
    baseUrl: "https://api.groq.com/openai/v1",
    keyEnv: ["GROQ_API_KEY"],
    quirks: {
      drop: [
        "cache_control",
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
    baseUrl: "https://api.deepseek.com",
    keyEnv: ["DEEPSEEK_API_KEY"],
    quirks: { ...PLAIN, ...THINKING, noJsonSchema: true },
  }],
  ["mistral", {
    dialect: "openai_chat",
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
        "top_logprobs",
        "cache_control",
        "messages[].reasoning",
        ...NO_ECHOES,
      ],
      noDeveloperRole: true,
      noStreamOptions: true,
      callIdLength: 9,
    },
  }],
  ["cohere", {
    dialect: "openai_chat",
    baseUrl: "https://api.cohere.ai/compatibility/v1",
    keyEnv: ["COHERE_API_KEY", "CO_API_KEY"],
    quirks: PLAIN,
  }],
  ["together", {
    dialect: "openai_chat",
    baseUrl: "https://api.together.xyz/v1",
    keyEnv: ["TOGETHER_API_KEY"],
    quirks: PLAIN,
  }],
  ["fireworks", {
    dialect: "openai_chat",
    baseUrl: "https://api.fireworks.ai/inference/v1",
    keyEnv: ["FIREWORKS_API_KEY"],
    quirks: PLAIN,
  }],
  ["cerebras", {
    dialect: "openai_chat",
    baseUrl: "https://api.cerebras.ai/v1",
    keyEnv: ["CEREBRAS_API_KEY"],
    quirks: {
      drop: [
        "cache_control",
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
    baseUrl: "https://router.huggingface.co/v1",
    keyEnv: ["HF_TOKEN"],
    quirks: PLAIN,
  }],
  ["nvidia", {
    dialect: "openai_chat",
    baseUrl: "https://integrate.api.nvidia.com/v1",
    keyEnv: ["NVIDIA_API_KEY"],
    quirks: PLAIN,
  }],
  ["zai", {
    dialect: "openai_chat",
    baseUrl: "https://api.z.ai/api/paas/v4",
    keyEnv: ["ZAI_API_KEY"],
    quirks: { ...PLAIN, ...NO_CACHE_MARKS, ...THINKING },
  }],
  ["moonshot", {
    dialect: "openai_chat",
    baseUrl: "https://api.moonshot.ai/v1",
    keyEnv: ["MOONSHOT_API_KEY"],
    quirks: { ...PLAIN, ...NO_CACHE_MARKS, ...THINKING },
  }],
  ["blackbox", {
    dialect: "openai_chat",
    baseUrl: "https://api.blackbox.ai",
    keyEnv: ["BLACKBOX_API_KEY"],
    quirks: PLAIN,
  }],
  ["ollama", {
    dialect: "openai_chat",
    baseUrl: "http://127.0.0.1:11434/v1",
    quirks: PLAIN,
  }],
  ["vllm", { dialect: "openai_chat", quirks: OLD_LIMIT }],
  ["llamacpp", {
    dialect: "openai_chat",
    baseUrl: "http://127.0.0.1:8080/v1",
    quirks: OLD_LIMIT,
  }],
  ["lmstudio", {
    dialect: "openai_chat",
    baseUrl: "http://127.0.0.1:1234/v1",
    quirks: PLAIN,
  }],
]);
