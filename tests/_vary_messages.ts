/**
 * Streams and answers of Anthropic's Messages in other forms that say the same.
 *
 * @module
 */

import { type Dice, renamer } from "./_dice.ts";

// deno-lint-ignore no-explicit-any -- looked at freely
type Json = any;

/** What the pieces of each kind of delta are called. */
const PIECES = new Map([
  ["text_delta", "text"],
  ["thinking_delta", "thinking"],
  ["input_json_delta", "partial_json"],
]);

/** A stream's events in another form. */
export function varyMessageEvents(events: readonly Json[], dice: Dice): Json[] {
  const ids = renamer(dice);
  const splits = dice.toss();
  const joins = !splits && dice.toss();
  const interjects = dice.toss();
  const isEarly = dice.toss(0.3);
  const copies: Json[] = structuredClone(events) as Json[];
  const varied: Json[] = [];
  for (const event of copies) {
    if (event.type === "content_block_start") {
      const { content_block: block } = event;
      if (block.type === "tool_use") block.id = ids(block.id);
    }
    if (event.type === "message_delta" && isEarly) {
      // What was counted at the start may be told again at the end.
      const [{ message: { usage } }] = copies;
      event.usage = { ...usage, ...event.usage };
    }
    const last = varied.at(-1);
    if (joins && isJoined(last, event)) {
      const name = PIECES.get(event.delta.type)!;
      last.delta[name] += event.delta[name];
    } else varied.push(...splits ? splitDelta(event, dice) : [event]);
  }
  return interjects ? interject(varied, dice) : varied;
}

function isJoined(last: Json, event: Json): boolean {
  return last?.type === "content_block_delta" && last.type === event.type &&
    last.index === event.index && last.delta.type === event.delta.type &&
    PIECES.has(event.delta.type);
}

function splitDelta(event: Json, dice: Dice): Json[] {
  const name = PIECES.get(event.delta?.type);
  const whole = name && event.delta[name];
  if (!whole || whole.length < 2) return [event];
  return dice.cut(whole, dice.one([2, 3, 40])).map((piece) => ({
    ...event,
    delta: { ...event.delta, [name]: piece },
  }));
}

/** Puts events that say nothing between. */
function interject(events: readonly Json[], dice: Dice): Json[] {
  let open: Json;
  return events.flatMap((event, index) => {
    if (event.type === "content_block_start") open = event;
    if (event.type === "content_block_stop") open = undefined;
    if (index === 0 || !dice.toss(0.2)) return [event];
    const nothing = [
      { type: "ping" },
      { type: "new_event", index: 0, data: { a: [1] } },
    ];
    const empty: Json = {
      text: { type: "text_delta", text: "" },
      thinking: { type: "thinking_delta", thinking: "" },
      tool_use: { type: "input_json_delta", partial_json: "" },
    };
    const delta = empty[open?.content_block.type];
    if (delta && event !== open) {
      const { index } = open;
      nothing.push({ type: "content_block_delta", index, delta } as Json);
    }
    return [dice.one(nothing), event];
  });
}

/** A whole message in another form. */
export function varyMessage(message: Json, dice: Dice): Json {
  const copy = structuredClone(message);
  const ids = renamer(dice);
  for (const block of copy.content) {
    if (block.type === "tool_use") block.id = ids(block.id);
    if (block.type === "text" && dice.toss()) block.citations = null;
  }
  if (dice.toss(0.3)) copy.container = null;
  if (dice.toss(0.3)) copy.context_management = { applied_edits: [] };
  if (dice.toss(0.3)) {
    copy.usage.server_tool_use = dice.one([null, { web_search_requests: 0 }]);
  }
  return copy;
}
