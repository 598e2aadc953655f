import type { CacheControl, Message, Part } from "../../conversation.ts";
import type { DialectTarget } from "../../dialect.ts";
import type { GatewayError } from "../../errors.ts";
import { invalidRequest } from "./_decode_node.ts";
import type { MutableJson } from "./_pass_json.ts";

/** Where in the request a part is and for whom it is encoded. */
export interface Site {
  /** The caller's field, for example `messages[0].content[1]`. */
  readonly param: string;
  readonly target: DialectTarget;
}

/** A request that this dialect can't carry. `action` ends the sentence "Cannot …". */
export function cannotCarry(
  param: string,
  action: string,
  code = "unsupported_value",
): GatewayError {
  return invalidRequest(`Cannot ${action}`, { code, param });
}

/** A part that its message's role can't have. */
export function misplaced(
  part: Part,
  { param, role }: { readonly param: string; readonly role: Message["role"] },
): GatewayError {
  return cannotCarry(
    param,
    `send content of type '${part.type}' in a message of role '${role}' to this provider`,
  );
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
