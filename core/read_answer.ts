import type { Answer, AnswerEvent } from "./answer.ts";
import { AnswerCollector } from "./answer_collector.ts";
import { answerEvents } from "./answer_events.ts";
import type { ProviderDialect, Quirks, StreamDecoder } from "./dialect.ts";
import { cutStream } from "./dialects/_invalid_answer.ts";
import type { LossReport } from "./loss_report.ts";
import { SseParser } from "./sse_parser.ts";

/** How a body of server-sent events begins, behind a byte order mark and blanks. */
const EVENT_FIELD = /^\ufeff?\s*(?:(?:data|event|id|retry):|: )/;
const OPENING_BRACE = 0x7b;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** What {@linkcode readAnswer} needs besides the body. */
export interface ReadAnswerOptions {
  /** The dialect in which the provider answers. */
  readonly reader: ProviderDialect;
  /** Takes note of what has no word. */
  readonly losses: LossReport;
  /** How the provider departs from its dialect. @default {{}} */
  readonly quirks?: Quirks;
}

/**
 * Reads the body of an answer in no dialect's words, whether it is one or comes
 * as server-sent events: some providers have but one of the two forms (L12).
 *
 * @throws {UpstreamError} when it tells a failure, or is no whole answer.
 *
 * @example A stream where a whole answer was asked for
 * ```ts
 * import { LossReport, readAnswer } from "@llm-proxy/core";
 * import { openAiChatProvider } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const choice = { index: 0, delta: { content: "hi" }, finish_reason: "stop" };
 * const event = JSON.stringify({ id: "1", model: "m", choices: [choice] });
 * const body = `data: ${event}\n\ndata: [DONE]\n\n`;
 * const { parts } = readAnswer(new TextEncoder().encode(body), {
 *   reader: openAiChatProvider,
 *   losses: new LossReport(),
 * });
 * assertEquals(parts, [{ type: "text", text: "hi" }]);
 * ```
 */
export function readAnswer(
  body: Uint8Array,
  { reader, losses, quirks = {} }: ReadAnswerOptions,
): Answer {
  return isEventStream(body)
    ? gatherAnswer(body, { reader, losses, quirks })
    : reader.decodeAnswer(body, losses);
}

/** Whether a body that should be a whole answer is a stream of events (L12). */
export function isEventStream(body: Uint8Array): boolean {
  return body[0] !== OPENING_BRACE &&
    EVENT_FIELD.test(decoder.decode(body.subarray(0, 64)));
}

/** Reads a whole answer that came as a stream. */
function gatherAnswer(
  body: Uint8Array,
  { reader, losses, quirks }: Required<ReadAnswerOptions>,
): Answer {
  const events = reader.streamDecoder(losses, quirks);
  const collector = new AnswerCollector();
  const take = (told: readonly AnswerEvent[]): void => {
    for (const event of told) collector.push(event);
  };
  const parser = new SseParser();
  for (const event of [...parser.push(body), ...parser.end()]) {
    if (events.done) break;
    take(events.push(event));
  }
  take(events.end());
  if (collector.answer === undefined) throw cutStream();
  return collector.answer;
}

/** The events of a stream that came as a whole answer (L12): its end gives all of them. */
export class WholeDecoder implements StreamDecoder {
  readonly #answer: Answer;
  #done = false;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  push(): readonly AnswerEvent[] {
    return [];
  }

  end(): readonly AnswerEvent[] {
    if (this.#done) return [];
    this.#done = true;
    return [...answerEvents(this.#answer)];
  }

  get done(): boolean {
    return this.#done;
  }
}
