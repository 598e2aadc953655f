import type { GatewayError } from "../errors.ts";
import { cannotCarry } from "./_cannot_carry.ts";

const MAX_SHOWN = 64;

/** A caller's own word, no longer than an error should repeat it. */
export function shown(word: string): string {
  return word.length > MAX_SHOWN ? `${word.slice(0, MAX_SHOWN)}…` : word;
}

/** Two calls of one turn have the same id. `param` names the second. */
export function sameCallId(param: string, id: string): GatewayError {
  return cannotCarry(
    `${param}.id`,
    `tell two tool calls with the id '${shown(id)}' apart`,
    "invalid_value",
  );
}

/** A result answers none of the calls before it. `param` names its message. */
export function unmatchedResult(
  param: string,
  { id, isAnswered }: { readonly id: string; readonly isAnswered: boolean },
): GatewayError {
  const what = isAnswered
    ? "has a result already"
    : "is none of the preceding assistant turn";
  return cannotCarry(
    `${param}.tool_call_id`,
    `match a tool result: the call '${shown(id)}' ${what}`,
    "invalid_value",
  );
}

/** A call has no result. `param` names it. */
export function unansweredCall(param: string, id: string): GatewayError {
  return cannotCarry(
    param,
    `send a tool call without its result: '${shown(id)}'`,
    "invalid_value",
  );
}
