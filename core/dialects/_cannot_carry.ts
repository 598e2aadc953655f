import type { Message, Part } from "../conversation.ts";
import { GatewayError } from "../errors.ts";

/** A request that a dialect can't carry. `action` ends the sentence "Cannot …". */
export function cannotCarry(
  param: string,
  action: string,
  code = "unsupported_value",
): GatewayError {
  return new GatewayError("invalid_request", `Cannot ${action}`, {
    code,
    param,
  });
}

/** A part that its message's role can't have, or that the provider can't take at all. */
export function misplaced(
  part: Part,
  { param, role }: { readonly param: string; readonly role: Message["role"] },
): GatewayError {
  return cannotCarry(
    param,
    `send content of type '${part.type}' in a message of role '${role}' to this provider`,
  );
}
