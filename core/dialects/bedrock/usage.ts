import type { Usage } from "../../answer.ts";
import { detailsOf } from "../../_usage_details.ts";
import { asList, isObject } from "../_json.ts";
import { tierOf } from "../openai_chat/usage.ts";

/**
 * Token counts in our terms: the provider's input excludes what its cache read
 * and wrote, ours includes it (E19, N2). `undefined` where none are told.
 *
 * @param tier The `serviceTier` that stands beside them (N10).
 */
export function decodeUsage(
  usage: unknown,
  tier?: unknown,
): Usage | undefined {
  if (!isObject(usage)) return undefined;
  const cached = tokens(usage.cacheReadInputTokens);
  const cacheWrite = tokens(usage.cacheWriteInputTokens);
  const input = tokens(usage.inputTokens) + cached + cacheWrite;
  const output = tokens(usage.outputTokens);
  const hour = asList(usage.cacheDetails).filter(isObject)
    .filter(({ ttl }) => ttl === "1h")
    .reduce((sum, detail) => sum + tokens(detail.inputTokens), 0);
  return {
    input,
    cached,
    cacheWrite,
    cacheWrite1h: Math.min(hour, cacheWrite),
    output,
    reasoning: 0,
    total: input + output,
    ...detailsOf({ serviceTier: tierOf(isObject(tier) ? tier.type : tier) }),
  };
}

function tokens(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) > 0
    ? value as number
    : 0;
}
