import { assert, assertEquals } from "@std/assert";
import { type Wire, wireEvents } from "./_test_events.ts";

const TERMINAL = /^response\.(?:completed|incomplete|failed)$/;
/** Deltas of pieces, by the event that opens the piece, and the member that has it whole. */
const PIECES: readonly (readonly [
  delta: string,
  opened: string | undefined,
  whole: string,
])[] = [
  ["output_text", "content_part", "text"],
  ["refusal", "content_part", "refusal"],
  ["function_call_arguments", undefined, "arguments"],
  ["reasoning_summary_text", "reasoning_summary_part", "text"],
];

interface Item {
  readonly id: string;
  readonly [key: string]: unknown;
}

/**
 * Checks what holds of every whole stream of a response: its numbers (B1, B3),
 * its first and last events (B2), the order of each item's (B4, B6, B8), that
 * deltas add up to what is whole (B5), and that items are where the last event
 * has them (B7, B9).
 */
export function checkStream(body: string): readonly Wire[] {
  const events = wireEvents(body);
  const names = events.map(({ type }) => type);
  assertEquals(names.slice(0, 2), ["response.created", "response.in_progress"]);
  assertEquals(names.filter((name) => TERMINAL.test(name)), [names.at(-1)!]);
  const { output } = events.at(-1)?.response as { output: Item[] };
  const open = new Set<string>();
  const texts = new Map<string, string>();
  let added = 0;
  for (const event of events) {
    const name = event.type.replace(/^response\./, "");
    const index = event.output_index;
    if (typeof index !== "number") continue;
    const item = event.item as Item | undefined;
    const id = event.item_id ?? item?.id;
    assertEquals(id, output[index]?.id, "B7");
    if (name === "output_item.added") {
      assertEquals(index, added++);
      open.add(`${index}`);
    }
    assert(open.has(`${index}`), `${name} outside of its item`);
    if (name === "output_item.done") {
      open.delete(`${index}`);
      if (item?.type !== "reasoning") assertEquals(item, output[index], "B9");
    }
    const piece = `${index}.${
      event.content_index ?? event.summary_index ?? ""
    }`;
    if (/part\.added$/.test(name)) open.add(`${piece} ${name.slice(0, -6)}`);
    if (/part\.done$/.test(name)) {
      assert(open.delete(`${piece} ${name.slice(0, -5)}`));
    }
    for (const [delta, opened, whole] of PIECES) {
      const key = `${piece} ${delta}`;
      if (name !== `${delta}.delta` && name !== `${delta}.done`) continue;
      assert(!opened || open.has(`${piece} ${opened}`), `${name} unopened`);
      if (name.endsWith(".delta")) {
        texts.set(key, (texts.get(key) ?? "") + event.delta);
      } else {
        assertEquals(event[whole], texts.get(key) ?? "", "B5");
      }
    }
  }
  assertEquals([...open], [], "left open");
  assertEquals(added, output.length, "B9");
  return events;
}
