import type { ItemWriter, StreamItem } from "./_item_writer.ts";
import { reasoningItem, summaryPart } from "./_items.ts";
import type { ThoughtSeal } from "./_thought_seal.ts";

/** A thought: its words as one summary, its proof sealed (B8, B29). */
export class StreamThought implements StreamItem {
  readonly #writer: ItemWriter;
  /** What stands before the text of a delta. */
  #before = "";
  #text = "";
  #seal: ThoughtSeal | undefined;
  #isEnded = false;

  /** A thought without words. */
  constructor(writer: ItemWriter) {
    this.#writer = writer;
  }

  /** Whether the thought has ended. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Begins the thought. */
  open(): string {
    return this.#writer.added(this.#item());
  }

  /** Adds to the summary, which begins with its first words. */
  grow(text: string): string {
    let opening = "";
    if (this.#text === "") {
      this.#before = this.#writer.beforeDelta(
        "response.reasoning_summary_text.delta",
        `,"summary_index":0`,
      );
      opening = this.#part("added");
    }
    this.#text += text;
    return opening + this.#writer.delta(this.#before, text);
  }

  /** Ends the summary. */
  end(seal?: ThoughtSeal): string {
    this.#isEnded = true;
    this.#seal = seal;
    if (this.#text === "") return "";
    return this.#writer.event(
      "response.reasoning_summary_text.done",
      `,"summary_index":0,"text":${JSON.stringify(this.#text)}`,
    ) + this.#part("done");
  }

  /** Ends the thought. */
  close(): string {
    return this.#writer.done(this.#item());
  }

  /** As {@linkcode StreamItem.text}. */
  text(): string {
    return this.#writer.closed || JSON.stringify(this.#item());
  }

  #item(): Record<string, unknown> {
    return reasoningItem(this.#writer.id, {
      text: this.#text,
      seal: this.#seal,
    });
  }

  #part(what: "added" | "done"): string {
    return this.#writer.event(
      `response.reasoning_summary_part.${what}`,
      `,"summary_index":0,"part":${JSON.stringify(summaryPart(this.#text))}`,
    );
  }
}
