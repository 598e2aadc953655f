import { parseJsonText } from "./parse_json_text.ts";
import type { Usage } from "./answer.ts";
import { UsageTally as AnthropicUsage } from "./dialects/anthropic/usage.ts";
import { UsageTally as GeminiUsage } from "./dialects/gemini/usage.ts";
import { decodeChatUsage } from "./dialects/openai_chat/usage.ts";
import type { DialectName } from "./provider.ts";

/**
 * Reads nothing but the token counts of a provider's whole answer: for answers
 * that cannot be used, and are billed all the same.
 *
 * @returns `undefined` where there are none.
 *
 * @example An answer without a choice
 * ```ts
 * import { readUsage } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const body = `{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}`;
 * const usage = readUsage("openai_chat", new TextEncoder().encode(body));
 * assertEquals(usage?.total, 11);
 * ```
 */
export function readUsage(
  dialect: DialectName,
  body: Uint8Array,
): Usage | undefined {
  let value: unknown;
  try {
    value = parseJsonText(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { usage, usageMetadata, service_tier: tier } = value as Record<
    string,
    unknown
  >;
  if (dialect === "anthropic" || dialect === "gemini") {
    const tally = dialect === "anthropic"
      ? new AnthropicUsage()
      : new GeminiUsage();
    tally.add(dialect === "anthropic" ? usage : usageMetadata);
    return tally.usage;
  }
  return decodeChatUsage(usage, tier);
}
