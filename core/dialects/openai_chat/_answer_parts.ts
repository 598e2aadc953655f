import type { AnswerEvent } from "../../answer.ts";
import type { LossReport } from "../../loss_report.ts";
import { CitationList } from "../_citations.ts";

/** What is said in pieces, one part after the other. */
export type SpokenKind = "text" | "refusal" | "reasoning";

/** A tool call as it begins. */
export type BegunCall = Omit<
  AnswerEvent & { type: "part_start"; kind: "tool_call" },
  "type" | "part" | "kind"
>;

/** The parts of an answer as events: what is said comes one part at a time, tool calls may overlap. */
export class AnswerParts {
  /** Sources that wait for the end of their text. */
  readonly citations: CitationList;
  #events: AnswerEvent[] = [];
  #count = 0;
  /** How much text has been said, and where the last one began in it. */
  #said = 0;
  #textStart = 0;
  /** The part that may go on. */
  #open: { readonly kind: SpokenKind; readonly part: number } | undefined;

  /** Parts of one answer; what can't be told goes on the report. */
  constructor(losses?: LossReport) {
    this.citations = new CitationList(losses);
  }

  /** Where the text that is said, or comes next, begins in all that is said. */
  get textStart(): number {
    return this.speaking === "text" ? this.#textStart : this.#said;
  }

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
    if (kind === "text") this.#textStart = this.#said;
    this.#events.push({ type: "part_start", part, kind });
    return part;
  }

  /** Goes on saying, in the same part where that can be. */
  say(kind: SpokenKind, text: string): void {
    if (text === "") return;
    const part = this.#open?.kind === kind ? this.#open.part : this.open(kind);
    if (kind === "text") this.#said += text.length;
    this.delta(part, text);
  }

  /** Ends what is being said. */
  close(signature?: string): void {
    if (this.#open === undefined) return;
    const { part, kind } = this.#open;
    this.#open = undefined;
    const cited = kind === "text" ? this.citations.take() : {};
    this.#events.push(
      signature === undefined
        ? { type: "part_end", part, ...cited }
        : { type: "part_end", part, signature, ...cited },
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

  /** Adds a picture. */
  show(data: string, mediaType: string): void {
    this.close();
    const part = this.#count++;
    this.#events.push(
      { type: "part_start", part, kind: "image", data, mediaType },
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
