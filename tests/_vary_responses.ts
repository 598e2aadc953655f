/**
 * Streams and answers of OpenAI's Responses in other forms that say the same.
 *
 * @module
 */

import { type Dice, renamer } from "./_dice.ts";

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

/** A stream's events in another form. */
export function varyResponseEvents(
  events: readonly Json[],
  dice: Dice,
): Json[] {
  const ids = renamer(dice);
  const splits = dice.toss();
  const joins = !splits && dice.toss();
  const isPadded = dice.toss();
  const interjects = dice.toss();
  const varied: Json[] = [];
  for (const event of structuredClone(events) as Json[]) {
    if (event.item) renameCall(event.item, ids);
    for (const item of event.response?.output ?? []) renameCall(item, ids);
    const last = varied.at(-1);
    if (interjects && varied.length > 0 && dice.toss(0.1)) {
      varied.push({ type: "response.new_event", output_index: 0, data: {} });
    }
    if (joins && isJoined(last, event)) {
      last.delta += event.delta;
    } else if (splits && isDelta(event) && event.delta.length > 1) {
      for (const delta of dice.cut(event.delta, dice.one([2, 3, 40]))) {
        varied.push({ ...event, delta });
      }
    } else varied.push(event);
  }
  for (const [index, event] of varied.entries()) {
    event.sequence_number = index;
    if (isDelta(event)) {
      delete event.obfuscation;
      if (isPadded) event.obfuscation = "x".repeat(index % 9);
    }
  }
  return varied;
}

function isDelta({ type = "", delta }: Json): boolean {
  return type.endsWith(".delta") && typeof delta === "string";
}

function isJoined(last: Json, event: Json): boolean {
  return last !== undefined && isDelta(last) && isDelta(event) &&
    last.type === event.type && last.item_id === event.item_id &&
    last.content_index === event.content_index &&
    last.summary_index === event.summary_index;
}

function renameCall(item: Json, ids: (id: string) => string): void {
  if (item.call_id) item.call_id = ids(item.call_id);
}

/** A whole response in another form. */
export function varyResponse(response: Json, dice: Dice): Json {
  const copy = structuredClone(response);
  const ids = renamer(dice);
  for (const item of copy.output) {
    renameCall(item, ids);
    if (item.type === "function_call" && item.arguments && dice.toss()) {
      item.arguments = JSON.stringify(JSON.parse(item.arguments), null, "\t");
    }
    if (item.type === "message" && dice.toss()) item.phase = "final_answer";
    if (item.type === "reasoning" && !item.content) item.content = null;
  }
  return copy;
}
