import type { Citation } from "../../citation.ts";
import type { ItemWriter, StreamItem } from "./_item_writer.ts";
import {
  annotation,
  contentPart,
  type ItemStatus,
  messageItem,
  type WordKind,
} from "./_items.ts";

/** One part of a message's content. */
interface Words {
  readonly kind: WordKind;
  /** What stands before the text of a delta. */
  readonly before: string;
  text: string;
  citations: readonly Citation[];
}

/** A message: texts and refusals that follow one another (B4, B5). */
export class StreamMessage implements StreamItem {
  readonly #writer: ItemWriter;
  readonly #words: Words[] = [];
  #open = 0;

  /** A message without content. */
  constructor(writer: ItemWriter) {
    this.#writer = writer;
  }

  /** Whether all parts have ended. */
  get isEnded(): boolean {
    return this.#open === 0;
  }

  /** Begins the message. */
  open(): string {
    return this.#writer.added(this.#item("in_progress"));
  }

  /** Begins a part, whose number is the next one. */
  openPart(kind: WordKind): { readonly number: number; readonly text: string } {
    const number = this.#words.length;
    const place = `,"content_index":${number}`;
    const before = kind === "text"
      ? this.#writer.beforeDelta(
        "response.output_text.delta",
        `${place},"logprobs":[]`,
      )
      : this.#writer.beforeDelta("response.refusal.delta", place);
    this.#words.push({ kind, before, text: "", citations: [] });
    this.#open++;
    return { number, text: this.#part("added", number) };
  }

  /** Adds to a part. */
  grow(number: number, text: string): string {
    const words = this.#words[number];
    if (!words) return "";
    words.text += text;
    return this.#writer.delta(words.before, text);
  }

  /** Ends a part, which may have sources. */
  endPart(number: number, citations: readonly Citation[] = []): string {
    const words = this.#words[number];
    if (!words) return "";
    this.#open--;
    words.citations = citations;
    const text = JSON.stringify(words.text);
    const place = `,"content_index":${number}`;
    const sources = citations.map((citation, index) =>
      this.#writer.event(
        "response.output_text.annotation.added",
        `${place},"annotation_index":${index},"annotation":${
          JSON.stringify(annotation(citation, words.text))
        }`,
      )
    ).join("");
    const done = words.kind === "text"
      ? this.#writer.event(
        "response.output_text.done",
        `${place},"logprobs":[],"text":${text}`,
      )
      : this.#writer.event(
        "response.refusal.done",
        `${place},"refusal":${text}`,
      );
    return sources + done + this.#part("done", number);
  }

  /** Ends the message. */
  close(status: ItemStatus): string {
    return this.#writer.done(this.#item(status));
  }

  /** As {@linkcode StreamItem.text}. */
  text(): string {
    return this.#writer.closed || JSON.stringify(this.#item("incomplete"));
  }

  #item(status: ItemStatus): Record<string, unknown> {
    const content = this.#words.map(({ kind, text, citations }) =>
      contentPart(kind, text, citations)
    );
    return messageItem(this.#writer.id, { status, content });
  }

  #part(what: "added" | "done", number: number): string {
    const { kind = "text", text = "", citations } = this.#words[number] ?? {};
    const part = JSON.stringify(contentPart(kind, text, citations));
    return this.#writer.event(
      `response.content_part.${what}`,
      `,"content_index":${number},"part":${part}`,
    );
  }
}
