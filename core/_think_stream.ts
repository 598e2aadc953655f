import type { AnswerEvent } from "./answer.ts";
import type { Citation } from "./citation.ts";
import type { StreamDecoder } from "./dialect.ts";
import type { SseEvent } from "./sse_parser.ts";
import { ThinkSplitter } from "./_think_splitter.ts";

/** How a model writes its thought in front of what it says (J27). */
export type ThinkTags = "tagged" | "open";

/** The part that is being split. */
interface Split {
  /** Its number at the provider. */
  readonly part: number;
  readonly splitter: ThinkSplitter;
  /** What of it is open on this side. */
  open: { readonly number: number; readonly isThought: boolean } | undefined;
}

/** A provider's stream, its first text split into thought and what is said. */
export class ThinkStreamDecoder implements StreamDecoder {
  readonly #inner: StreamDecoder;
  readonly #tags: ThinkTags;
  /** Numbers on this side, by those of the provider; only of parts that are open. */
  readonly #numbers = new Map<number, number>();
  #count = 0;
  #split: Split | undefined;
  #isDone = false;

  constructor(inner: StreamDecoder, tags: ThinkTags) {
    this.#inner = inner;
    this.#tags = tags;
  }

  push(event: SseEvent): readonly AnswerEvent[] {
    return this.#take(this.#inner.push(event));
  }

  end(): readonly AnswerEvent[] {
    return this.#take(this.#inner.end());
  }

  get done(): boolean {
    return this.#inner.done;
  }

  #take(told: readonly AnswerEvent[]): AnswerEvent[] {
    const events: AnswerEvent[] = [];
    for (const event of told) this.#add(event, events);
    return events;
  }

  #add(event: AnswerEvent, events: AnswerEvent[]): void {
    switch (event.type) {
      case "part_start":
        if (event.kind === "text" && !this.#isDone) {
          this.#isDone = true;
          const splitter = new ThinkSplitter(this.#tags);
          this.#split = { part: event.part, splitter, open: undefined };
          return;
        }
        events.push({ ...event, part: this.#open(event.part) });
        return;
      case "part_delta":
        if (event.part === this.#split?.part) {
          this.#say(this.#split, this.#split.splitter.push(event.text), events);
          return;
        }
        events.push({ ...event, part: this.#numbers.get(event.part) ?? 0 });
        return;
      case "part_end":
        if (event.part === this.#split?.part) {
          this.#endSplit(this.#split, event, events);
          return;
        }
        events.push({ ...event, part: this.#numbers.get(event.part) ?? 0 });
        this.#numbers.delete(event.part);
        return;
    }
    events.push(event);
  }

  #open(part: number): number {
    const number = this.#count++;
    this.#numbers.set(part, number);
    return number;
  }

  #say(
    split: Split,
    pieces: ReturnType<ThinkSplitter["push"]>,
    events: AnswerEvent[],
  ): void {
    for (const { isThought, text } of pieces) {
      if (text === "") continue;
      if (split.open?.isThought !== isThought) {
        if (split.open) {
          events.push({ type: "part_end", part: split.open.number });
        }
        const number = this.#count++;
        split.open = { number, isThought };
        const kind = isThought ? "reasoning" as const : "text" as const;
        events.push({ type: "part_start", part: number, kind });
      }
      events.push({ type: "part_delta", part: split.open.number, text });
    }
  }

  #endSplit(
    split: Split,
    event: AnswerEvent & { readonly type: "part_end" },
    events: AnswerEvent[],
  ): void {
    this.#say(split, split.splitter.end(), events);
    this.#split = undefined;
    // What proves a text has to stand somewhere, though nothing is said.
    if (split.open?.isThought !== false && event.signature !== undefined) {
      if (split.open) {
        events.push({ type: "part_end", part: split.open.number });
      }
      const number = this.#count++;
      split.open = { number, isThought: false };
      events.push({ type: "part_start", part: number, kind: "text" });
    }
    if (split.open === undefined) return;
    const { number: part, isThought } = split.open;
    if (isThought) events.push({ type: "part_end", part });
    else {
      const { citations } = event;
      const moved = moveCitations(citations, split.splitter.cut);
      events.push({ ...event, part, ...moved });
    }
  }
}

/** Sources of a text that begins so much later. */
export function moveCitations(
  citations: readonly Citation[] | undefined,
  by: number,
): { readonly citations?: readonly Citation[] } {
  if (citations === undefined || by === 0) return {};
  return {
    citations: citations.map(({ start, end, ...source }) =>
      start === undefined || end === undefined || start < by
        ? source
        : { ...source, start: start - by, end: end - by }
    ),
  };
}
