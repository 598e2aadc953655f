import type { ItemWriter, StreamItem } from "./_item_writer.ts";
import { customItem, type ItemStatus } from "./_items.ts";
import { unwrapInput } from "./_custom_tools.ts";

/** A call of a tool of free text: what it is given is known when its arguments are whole (B6). */
export class StreamCustomCall implements StreamItem {
  readonly #writer: ItemWriter;
  readonly #callId: string;
  readonly #name: string;
  #text = "";
  #isEnded = false;

  /** A call without a text. */
  constructor(
    writer: ItemWriter,
    { id, name }: { readonly id: string; readonly name: string },
  ) {
    this.#writer = writer;
    this.#callId = id;
    this.#name = name;
  }

  /** Whether the call has ended. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Begins the call. */
  open(): string {
    return this.#writer.added(this.#item("in_progress", ""));
  }

  /** Adds to the arguments. */
  grow(text: string): string {
    this.#text += text;
    return "";
  }

  /** No more arguments are to come. */
  end(): void {
    this.#isEnded = true;
  }

  /** Tells the text, and ends the item. */
  close(status: ItemStatus): string {
    const input = unwrapInput(this.#text);
    const type = "response.custom_tool_call_input";
    const told = JSON.stringify(input);
    return this.#writer.event(`${type}.delta`, `,"delta":${told}`) +
      this.#writer.event(`${type}.done`, `,"input":${told}`) +
      this.#writer.done(this.#item(status, input));
  }

  /** As {@linkcode StreamItem.text}. */
  text(): string {
    return this.#writer.closed ||
      JSON.stringify(this.#item("incomplete", unwrapInput(this.#text)));
  }

  #item(status: ItemStatus, input: string): Record<string, unknown> {
    return customItem(this.#writer.id, {
      status,
      callId: this.#callId,
      name: this.#name,
      input,
    });
  }
}
