import type { AnswerEvent } from "./answer.ts";
import type { Citation } from "./citation.ts";
import type { StreamDecoder } from "./dialect.ts";
import type { SseEvent } from "./sse_parser.ts";
import { ThinkSplitter } from "./_think_splitter.ts";

/** How a model writes its thought in front of what it says (J27). */
export type ThinkTags = "tagged" | "open";

/** What is being split: one part, or several with calls of tools between them. */
interface Split {
  /** The number of the part at the provider. */
  part: number;
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
          this.#split ??= {
            part: event.part,
            splitter: new ThinkSplitter(this.#tags),
            open: undefined,
          };
          this.#split.part = event.part;
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
          const { splitter } = this.#split;
          const isCut = splitter.isThinking && event.signature === undefined;
          if (isCut) this.#interrupt(this.#split, events);
          else this.#endSplit(this.#split, event, events);
          return;
        }
        events.push({ ...event, part: this.#numbers.get(event.part) ?? 0 });
        this.#numbers.delete(event.part);
        return;
      case "finish":
        if (this.#split) {
          const { part } = this.#split;
          this.#endSplit(this.#split, { type: "part_end", part }, events);
        }
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

  /** Something else begins: thought may go on behind it. */
  #interrupt(split: Split, events: AnswerEvent[]): void {
    if (split.open) events.push({ type: "part_end", part: split.open.number });
    split.open = undefined;
  }

  #endSplit(
    split: Split,
    event: AnswerEvent & { readonly type: "part_end" },
    events: AnswerEvent[],
  ): void {
    this.#isDone = true;
    this.#split = undefined;
    this.#say(split, split.splitter.end(), events);
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
