import type { CacheControl } from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import type { MutableJson } from "./_pass_json.ts";

/** Where in the request a part is and for whom it is encoded. */
export interface Site {
  /** The caller's field, for example `messages[0].content[1]`. */
  readonly param: string;
  readonly target: DialectTarget;
}

/**
 * The member for a breakpoint of the prompt cache (C18), unless the provider
 * refuses it. `list` is the caller's field that has the part.
 */
export function cacheMark(
  mark: CacheControl | undefined,
  { quirks, losses, provider }: DialectTarget,
  list: "messages" | "tools" = "messages",
): MutableJson {
  if (mark === undefined) return {};
  if (quirks.drop?.includes("cache_control")) {
    losses.add("dropped", `${list}.cache_control`, provider);
    return {};
  }
  return { cache_control: { type: "ephemeral", ...mark } };
}
