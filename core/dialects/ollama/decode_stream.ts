import type { AnswerEvent, AnswerPart } from "../../answer.ts";
import type { StreamDecoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream } from "../_invalid_answer.ts";
import { noteMissingCount, readFinish, readPiece } from "./_reader.ts";

/** Reads a streamed answer of `/api/chat`: a line at a time, the last one with `done` (I1). */
export class OllamaStreamDecoder implements StreamDecoder {
  readonly #losses: LossReport | undefined;
  #started = false;
  #hasCalls = false;
  #parts = 0;
  /** What is being said; a run of lines of one kind is one part. */
  #open: "text" | "reasoning" | undefined;
  #done = false;

  /** Starts a stream. */
  constructor(losses?: LossReport) {
    this.#losses = losses;
  }

  /** Whether the last line has come. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes one line.
   *
   * @throws {UpstreamError} when it is none of an answer, or tells an error (I8).
   */
  push({ data }: SseEvent): readonly AnswerEvent[] {
    if (this.#done) return [];
    const piece = readPiece(data);
    const events: AnswerEvent[] = [];
    if (!this.#started) {
      this.#started = true;
      events.push({ type: "start", id: "", model: piece.model });
    }
    for (const part of piece.parts) this.#take(part, events);
    if (!piece.done) return events;
    this.#done = true;
    this.#close(events);
    noteMissingCount(piece.usage, this.#losses);
    if (piece.usage) events.push({ type: "usage", usage: piece.usage });
    const finish = readFinish(piece.reason, this.#hasCalls);
    events.push({ type: "finish", finish });
    return events;
  }

  /**
   * The end of the body.
   *
   * @throws {UpstreamError} when the last line has not come (L4, U6).
   */
  end(): readonly AnswerEvent[] {
    if (this.#done) return [];
    throw cutStream();
  }

  #take(part: AnswerPart, events: AnswerEvent[]): void {
    if (part.type === "tool_call") {
      this.#close(events);
      this.#hasCalls = true;
      const { id, name } = part;
      const number = this.#parts++;
      events.push(
        { type: "part_start", part: number, kind: "tool_call", id, name },
        { type: "part_delta", part: number, text: part.arguments },
        { type: "part_end", part: number },
      );
      return;
    }
    // Its reader tells none.
    if (part.type === "image") return;
    const kind = part.type === "reasoning" ? "reasoning" : "text";
    if (this.#open !== kind) {
      this.#close(events);
      this.#open = kind;
      events.push({ type: "part_start", part: this.#parts, kind });
    }
    events.push({ type: "part_delta", part: this.#parts, text: part.text });
  }

  #close(events: AnswerEvent[]): void {
    if (this.#open === undefined) return;
    this.#open = undefined;
    events.push({ type: "part_end", part: this.#parts++ });
  }
}
