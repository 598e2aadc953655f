import type { AnswerEvent } from "../../answer.ts";

/** What is said in pieces, one part after the other. */
export type SpokenKind = "text" | "refusal" | "reasoning";

/** A tool call as it begins. */
export type BegunCall = Omit<
  AnswerEvent & { type: "part_start"; kind: "tool_call" },
  "type" | "part" | "kind"
>;

/** The parts of an answer as events: what is said comes one part at a time, tool calls may overlap. */
export class AnswerParts {
  #events: AnswerEvent[] = [];
  #count = 0;
  /** The part that may go on. */
  #open: { readonly kind: SpokenKind; readonly part: number } | undefined;

  /** What is being said. */
  get speaking(): SpokenKind | undefined {
    return this.#open?.kind;
  }

  /** Gives the events since the last time. */
  drain(): readonly AnswerEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Adds an event that belongs to no part. */
  add(event: AnswerEvent): void {
    this.#events.push(event);
  }

  /** Begins a part of what is said; what was being said has ended. */
  open(kind: SpokenKind): number {
    this.close();
    const part = this.#count++;
    this.#open = { kind, part };
    this.#events.push({ type: "part_start", part, kind });
    return part;
  }

  /** Goes on saying, in the same part where that can be. */
  say(kind: SpokenKind, text: string): void {
    if (text === "") return;
    const part = this.#open?.kind === kind ? this.#open.part : this.open(kind);
    this.delta(part, text);
  }

  /** Ends what is being said. */
  close(signature?: string): void {
    if (this.#open === undefined) return;
    const { part } = this.#open;
    this.#open = undefined;
    this.#events.push(
      signature === undefined
        ? { type: "part_end", part }
        : { type: "part_end", part, signature },
    );
  }

  /** Adds thought that only the provider can read. */
  redact(redacted: string): void {
    this.close();
    const part = this.#count++;
    this.#events.push(
      { type: "part_start", part, kind: "reasoning", redacted },
      { type: "part_end", part },
    );
  }

  /** Begins a tool call. */
  begin(call: BegunCall): number {
    this.close();
    const part = this.#count++;
    this.#events.push({ type: "part_start", part, kind: "tool_call", ...call });
    return part;
  }

  /** Adds a piece to a part. */
  delta(part: number, text: string): void {
    if (text !== "") this.#events.push({ type: "part_delta", part, text });
  }

  /** Ends a tool call. */
  end(part: number): void {
    this.#events.push({ type: "part_end", part });
  }
}
