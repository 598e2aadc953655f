import type { AnswerEvent } from "../../answer.ts";
import type { StreamDecoder } from "../../dialect.ts";
import type { LossReport } from "../../loss_report.ts";
import type { SseEvent } from "../../sse_parser.ts";
import { cutStream } from "../_invalid_answer.ts";
import { AnswerReader } from "./_answer_reader.ts";
import { parseGeminiAnswer } from "./_parse_answer.ts";

const NOTHING: readonly AnswerEvent[] = [];

/**
 * Reads a streamed answer (D2, D9–D19).
 *
 * The provider has no end mark: the end of the body is one if a finish reason
 * has come. Further content and the last counts may follow that reason, so it
 * is passed on with the end only (D14, D18).
 */
export class GeminiStreamDecoder implements StreamDecoder {
  readonly #reader: AnswerReader;
  #done = false;

  /** Starts a stream; what has no word goes on the report. */
  constructor(losses?: LossReport) {
    this.#reader = new AnswerReader(losses);
  }

  /** Whether the body has come to its proper end. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Takes one event of the stream. After the end all are ignored.
   *
   * @throws {UpstreamError} when the provider reports a failure or sends what is no answer.
   */
  push({ data }: SseEvent): readonly AnswerEvent[] {
    // Some gateways add OpenAI's end mark.
    if (this.#done || data === "" || data === "[DONE]") return NOTHING;
    return this.#reader.take(parseGeminiAnswer(data));
  }

  /**
   * Takes the end of the body.
   *
   * @throws {UpstreamError} when no finish reason has come (L4, U6).
   */
  end(): readonly AnswerEvent[] {
    if (this.#done) return NOTHING;
    if (this.#reader.finish === undefined) throw cutStream();
    this.#done = true;
    return this.#reader.close();
  }
}
