import type { CacheControl } from "../../conversation.ts";
import type { RequestNode } from "./_decode_node.ts";

/**
 * Reads the cache breakpoint behind a part, message or tool (C18): OpenRouter's
 * `cache_control`, or OpenAI's own `prompt_cache_breakpoint`.
 */
export function decodeCacheControl(
  node: RequestNode,
): CacheControl | undefined {
  const control = node.node("cache_control");
  if (control) {
    control.choice("type", ["ephemeral"]);
    const ttl = control.choice("ttl", ["5m", "1h"]);
    return ttl ? { ttl } : {};
  }
  const breakpoint = node.node("prompt_cache_breakpoint");
  if (!breakpoint) return undefined;
  // OpenAI's lifetimes (30m, 12h) are none of the canonical ones: the provider's default.
  if (breakpoint.has("ttl")) breakpoint.note("ttl");
  return {};
}
