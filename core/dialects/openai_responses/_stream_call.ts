import type { ItemWriter, StreamItem } from "./_item_writer.ts";
import { callItem, type ItemStatus } from "./_items.ts";
import { wholeArguments } from "./encode_answer.ts";

/** A tool call (B6, B14). */
export class StreamCall implements StreamItem {
  readonly #writer: ItemWriter;
  readonly #callId: string;
  readonly #name: string;
  /** What stands before the text of a delta. */
  readonly #before: string;
  #text = "";
  #isEnded = false;

  /** A call without arguments. */
  constructor(
    writer: ItemWriter,
    { id, name }: { readonly id: string; readonly name: string },
  ) {
    this.#writer = writer;
    this.#callId = id;
    this.#name = name;
    this.#before = writer.beforeDelta("response.function_call_arguments.delta");
  }

  /** Whether the call has ended. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Begins the call. */
  open(): string {
    return this.#writer.added(this.#item("in_progress"));
  }

  /** Adds to the arguments. */
  grow(text: string): string {
    this.#text += text;
    return this.#writer.delta(this.#before, text);
  }

  /** No more arguments are to come. */
  end(): void {
    this.#isEnded = true;
  }

  /** Ends the arguments, and the item with them (A13, L7). */
  close(status: ItemStatus): string {
    const isWhole = status === "completed";
    const missing = wholeArguments(this.#text, isWhole) === this.#text
      ? ""
      : this.grow("{}");
    return missing + this.#writer.event(
      "response.function_call_arguments.done",
      `,"arguments":${JSON.stringify(this.#text)}`,
    ) + this.#writer.done(this.#item(status));
  }

  /** As {@linkcode StreamItem.text}. */
  text(): string {
    return this.#writer.closed || JSON.stringify(this.#item("incomplete"));
  }

  #item(status: ItemStatus): Record<string, unknown> {
    return callItem(this.#writer.id, {
      status,
      callId: this.#callId,
      name: this.#name,
      text: this.#text,
    });
  }
}
