import type { ItemWriter, StreamItem } from "./_item_writer.ts";
import { imageItem } from "./_items.ts";

/** A picture, which comes whole (D30). */
export class StreamImage implements StreamItem {
  readonly #writer: ItemWriter;
  readonly #data: string;
  readonly isEnded = true;

  /** A picture in base64. */
  constructor(writer: ItemWriter, data: string) {
    this.#writer = writer;
    this.#data = data;
  }

  /** Begins the item, without the picture. */
  open(): string {
    const { id } = this.#writer;
    return this.#writer.added({
      ...imageItem(id, ""),
      status: "in_progress",
      result: null,
    });
  }

  /** Ends the item; no picture is ever half there. */
  close(): string {
    const done = this.#writer.event("response.image_generation_call.completed");
    return done + this.#writer.done(imageItem(this.#writer.id, this.#data));
  }

  /** As {@linkcode StreamItem.text}. */
  text(): string {
    return this.#writer.closed ||
      JSON.stringify(imageItem(this.#writer.id, this.#data));
  }
}
