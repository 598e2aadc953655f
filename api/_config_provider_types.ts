import type { ProviderTypeName } from "./config_types_provider.ts";

/** The provider types that a config may name. */
export const PROVIDER_TYPES = [
  "openai",
  "anthropic",
  "gemini",
  "bedrock",
  "vertex",
  "mock",
  "azure_openai",
  "cohere",
  "perplexity",
  "grok",
  "xai",
  "blackbox",
  "openrouter",
  "vercel",
  "groq",
  "deepseek",
  "mistral",
  "together",
  "fireworks",
  "cerebras",
  "huggingface",
  "nvidia",
  "zai",
  "moonshot",
  "ollama",
  "vllm",
  "llamacpp",
  "lmstudio",
  "openai_compatible",
] as const satisfies readonly ProviderTypeName[];

/** The types without an address of their own: `base_url` must be given. */
export const TYPES_WITHOUT_ADDRESS: ReadonlySet<string> = new Set([
  "azure_openai",
  "vllm",
  "openai_compatible",
]);
