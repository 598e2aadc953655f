import { parseJsonText } from "../../parse_json_text.ts";
import type { AnswerEvent } from "../../answer.ts";
import type { Quirks, StreamDecoder } from "../../dialect.ts";
import type { UpstreamError } from "../../errors.ts";
import type { LossReport } from "../../loss_report.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream } from "../_invalid_answer.ts";
import { readErrorBody } from "./_decode_error_body.ts";
import { parseChatAnswer } from "./_parse_answer.ts";
import { type MutableJson, usageOf } from "./_pass_json.ts";
import { ChatAnswerReader } from "./_read_answer.ts";
import { decodeChatErrorObject } from "./decode_error.ts";

const NOTHING: readonly AnswerEvent[] = [];

/**
 * Reads a streamed answer (A9–A13, A16–A18, H1–H3, J10, J15–J25).
 *
 * Why it ended is passed on with the end only, so that a stream that was cut
 * never looks complete (A3, L4). Tool arguments come through as they are and
 * are never completed where the answer was cut short (L7).
 */
export class ChatStreamDecoder implements StreamDecoder {
  readonly #endsWithFinish: boolean;
  readonly #reader: ChatAnswerReader;
  #done = false;

  /** Starts a stream; what has no word goes on the report. Of the quirks `streamEnd` counts. */
  constructor(losses?: LossReport, { streamEnd }: Quirks = {}) {
    this.#endsWithFinish = streamEnd === "finish";
    this.#reader = new ChatAnswerReader(losses);
  }

  /** Whether the proper end has come. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes one event of the stream. After the end all are ignored.
   *
   * @throws {UpstreamError} when the provider reports a failure or sends what is no answer.
   */
  push({ event, data }: SseEvent): readonly AnswerEvent[] {
    if (this.#done) return NOTHING;
    if (event === "error") throw toError(data);
    if (data.length < 16) {
      const word = data.trim();
      if (word === "[DONE]") return this.#complete();
      if (word === "") return NOTHING;
    }
    const chunk = parseChatAnswer(data, "has an event that ");
    requirePiece(chunk);
    return this.#reader.take(chunk, "delta");
  }

  /**
   * Takes the end of the body.
   *
   * @throws {UpstreamError} when the stream had not come to its proper end (L4, U6).
   */
  end(): readonly AnswerEvent[] {
    if (this.#done) return NOTHING;
    if (!this.#endsWithFinish) throw cutStream();
    return this.#complete();
  }

  #complete(): readonly AnswerEvent[] {
    // A stream without a finish reason was cut, whatever ends it (J18).
    if (!this.#reader.isFinished) throw cutStream();
    const events = this.#reader.finish();
    this.#done = true;
    return events;
  }
}

/** What has neither choices nor counts may tell an error all the same. */
function requirePiece(chunk: MutableJson): void {
  const { choices, prompt_filter_results: filter } = chunk;
  if (Array.isArray(choices) && choices.length > 0) return;
  // Azure's verdict on the prompt comes in a chunk of its own (F3).
  if (filter !== undefined || usageOf(chunk)) return;
  if (readErrorBody(chunk).message !== undefined) {
    throw decodeChatErrorObject(chunk);
  }
}

/** An event of type `error`, whose data may be anything (J10). */
function toError(data: string): UpstreamError {
  try {
    return decodeChatErrorObject(parseJsonText(data));
  } catch {
    return decodeChatErrorObject(data);
  }
}
