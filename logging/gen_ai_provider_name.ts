/** Names of provider types that the conventions spell differently. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["azure_openai", "azure.ai.openai"],
  ["bedrock", "aws.bedrock"],
  ["gemini", "gcp.gemini"],
  ["google", "gcp.gemini"],
  ["grok", "x_ai"],
  ["mistral", "mistral_ai"],
  ["moonshot", "moonshot_ai"],
  ["vertex", "gcp.vertex_ai"],
  ["xai", "x_ai"],
]);

/**
 * The name of a provider type in OpenTelemetry's conventions for generative
 * AI: the value of `gen_ai.provider.name`.
 *
 * @param type A provider type of the config, for example `azure_openai`.
 * @returns The conventions' name; the type itself where they have none.
 *
 * @example Usage
 * ```ts
 * import { genAiProviderName } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(genAiProviderName("azure_openai"), "azure.ai.openai");
 * assertEquals(genAiProviderName("openai"), "openai");
 * ```
 */
export function genAiProviderName(type: string): string {
  return NAMES.get(type) ?? type;
}
