import type { CacheControl } from "../../conversation.ts";
import type { RequestNode } from "../openai_chat/_decode_node.ts";

/** Reads the cache breakpoint behind a block or a tool (C17), as a member to spread. */
export function decodeCacheControl(
  node: RequestNode,
): { readonly cacheControl?: CacheControl } {
  const control = node.node("cache_control");
  if (!control) return {};
  control.choice("type", ["ephemeral"]);
  const ttl = control.choice("ttl", ["5m", "1h"]);
  return { cacheControl: ttl ? { ttl } : {} };
}
