import { exactMember } from "../../_json_exact.ts";
import type { PassedTurns } from "../../passed_thought.ts";
import { asList, asText, isObject } from "../_json.ts";
import { thoughtItems } from "./_encode_items.ts";
import { openThought } from "./_thought_seal.ts";

/**
 * The items of a Responses request with the encrypted thought that its client
 * has lost, in front of the turn whose calls it led to, and without that of
 * another provider (B18, B19).
 */
export const responsesTurns: PassedTurns = {
  member: "input",
  restore(document, thoughts) {
    const items = asList(exactMember(document, "input"));
    const told: unknown[] = [];
    for (let at = 0; at < items.length;) {
      let end = at + 1;
      if (isTurn(items[at])) { while (isTurn(items[end])) end++; }
      const turn = items.slice(at, end);
      at = end;
      const kept = thoughts.first(turn.map(callId));
      if (kept === undefined) {
        told.push(...turn);
        continue;
      }
      const isProven = turn.some(hasProof);
      if (!kept.isOwn && isProven) {
        thoughts.strip("input.encrypted_content");
        told.push(...turn.filter((item) => !hasProof(item)));
        continue;
      }
      // What the provider keeps itself it finds by the id of the item.
      const isWhole = isProven ||
        turn.some(isThought) && document.value.store !== false;
      const lost = kept.isOwn && !isWhole ? thoughtItems(kept.parts) : [];
      if (lost.length === 0) told.push(...turn);
      else {
        thoughts.restored();
        told.push(...lost, ...turn.filter((item) => !isThought(item)));
      }
    }
    return told;
  },
  mayLack: ({ value }) =>
    !value.previous_response_id && !value.conversation &&
    asList(value.input).some(callId),
};

function callId(item: unknown): string | undefined {
  return isObject(item) && item.type === "function_call"
    ? asText(item.call_id) || undefined
    : undefined;
}

function isThought(item: unknown): boolean {
  return isObject(item) && item.type === "reasoning";
}

/** Whether an item is of what the model itself says in a turn. */
function isTurn(item: unknown): boolean {
  return isThought(item) || callId(item) !== undefined ||
    isObject(item) && item.role === "assistant";
}

function hasProof(item: unknown): boolean {
  return isObject(item) && isThought(item) &&
    asText(item.encrypted_content) !== "" &&
    openThought(item.encrypted_content) === undefined;
}
