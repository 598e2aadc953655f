import type { EventWriter } from "./_event_writer.ts";
import type { ItemStatus } from "./_items.ts";

/** An item of a streamed answer. */
export interface StreamItem {
  /** Whether no more deltas are to come. */
  readonly isEnded: boolean;
  /** Begins the item. */
  open(): string;
  /** Ends the item for good. */
  close(status: ItemStatus): string;
  /** The JSON text with which it was closed, or what it is so far. */
  text(): string;
}

/** Writes the events of one item, which all name it and its place (B7). */
export class ItemWriter {
  readonly #events: EventWriter;
  readonly #index: number;
  readonly #members: string;
  /** The item's id. */
  readonly id: string;
  /** The JSON text with which it was closed. */
  closed = "";

  /** Writes about the item at `index`. */
  constructor(
    events: EventWriter,
    { index, id }: { readonly index: number; readonly id: string },
  ) {
    this.#events = events;
    this.#index = index;
    this.#members = `"item_id":"${id}","output_index":${index}`;
    this.id = id;
  }

  /** An event about the item; `members` follow its id and place. */
  event(type: string, members = ""): string {
    return this.#events.write(type, this.#members + members);
  }

  /** What stands before the text of a delta. */
  beforeDelta(type: string, members = ""): string {
    return `${this.#events.begin(type, this.#members + members)},"delta":`;
  }

  /** The hot path: two concatenations and the escaping of the text. */
  delta(before: string, text: string): string {
    return before + JSON.stringify(text) + this.#events.end();
  }

  /** The event that begins an item. */
  added(item: Record<string, unknown>): string {
    return this.#tell("added", JSON.stringify(item));
  }

  /** The event that ends an item. */
  done(item: Record<string, unknown>): string {
    this.closed = JSON.stringify(item);
    return this.#tell("done", this.closed);
  }

  #tell(what: "added" | "done", item: string): string {
    return this.#events.write(
      `response.output_item.${what}`,
      `"output_index":${this.#index},"item":${item}`,
    );
  }
}
