import type { Usage } from "../../answer.ts";
import { isJsonObject } from "../openai_chat/_decode_node.ts";
import { decodeChatUsage } from "../openai_chat/usage.ts";

/**
 * Reads the `usage` of a Responses answer: chat's counts under other names (N1).
 *
 * @param tier The service tier that the response names (N10).
 * @returns `undefined` where there are no counts.
 */
export function decodeResponsesUsage(
  value: unknown,
  tier?: unknown,
): Usage | undefined {
  if (!isJsonObject(value)) return undefined;
  return decodeChatUsage({
    input_tokens: value.input_tokens,
    output_tokens: value.output_tokens,
    total_tokens: value.total_tokens,
    prompt_tokens_details: value.input_tokens_details,
    completion_tokens_details: value.output_tokens_details,
    cost: value.cost,
  }, tier);
}

/** Writes `usage` with every count, 0 where nothing is known of it (B10). */
export function encodeResponsesUsage(usage: Usage): Record<string, unknown> {
  return {
    input_tokens: usage.input,
    input_tokens_details: {
      cached_tokens: usage.cached,
      cache_write_tokens: usage.cacheWrite,
    },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.total,
  };
}
