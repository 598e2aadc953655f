import {
  AnswerCollector,
  type AnswerEvent,
  answerEvents,
  type GatewayError,
  type JsonDocument,
  LossReport,
  type StreamEncoder,
  type Usage,
} from "@llm-proxy/core";
import type {
  AnswerFlight,
  AnswerSource,
  KeptAnswer,
} from "./answer_flight.ts";
import type { RequestContext } from "./endpoints.ts";
import type { ReplyStream } from "./exchange.ts";
import { toldError } from "./relay_stream.ts";
import { replyHeaders, STREAM_CACHING } from "./_reply_headers.ts";
import { wantsUsage } from "./_wants_usage.ts";

/** How much of a stream is written at once, in UTF-16 units. */
const PIECE = 65_536;
/** After how much silence a client hears a comment, in ms (L8). */
const KEEP_ALIVE = 15_000;

/** Tells a caller an answer that was kept, in the caller's dialect and form. */
export async function tellAnswer(
  context: RequestContext,
  { document, kept, ageMs, similarity }: {
    readonly document: JsonDocument;
    readonly kept: KeptAnswer;
    readonly ageMs: number;
    readonly similarity?: number | undefined;
  },
): Promise<void> {
  const { record } = context;
  const { answer } = kept;
  record.recalled = { ...kept, ageMs, saved: answer.usage, similarity };
  if (!record.stream) return tellWhole(context, document, kept);
  const told = new StreamedAnswer(context, document);
  told.open();
  let text = "";
  for (const event of answerEvents(answer)) {
    text += told.encode(event);
    if (text.length < PIECE) continue;
    const full = told.reply?.write(text);
    text = "";
    if (full !== undefined) await record.waiting.during(full);
  }
  if (text !== "") void told.reply?.write(text);
  told.reply?.end();
}

/** Tells a caller an answer that is being made for another. */
export async function tellFlight(
  context: RequestContext,
  { document, flight }: {
    readonly document: JsonDocument;
    readonly flight: AnswerFlight;
  },
): Promise<void> {
  const { exchange, record } = context;
  const told = record.stream
    ? new StreamedAnswer(context, document)
    : undefined;
  const collector = new AnswerCollector();
  const follow = async (): Promise<void> => {
    for await (const events of flight.follow(exchange.signal)) {
      for (const event of events) collector.push(event);
      if (told === undefined) continue;
      if (told.reply === undefined && flight.source !== undefined) {
        record.recalled = { ...flight.source, ageMs: 0 };
        told.open();
      }
      await told.write(events);
    }
  };
  try {
    await record.waiting.during(follow());
    const { answer } = collector;
    if (answer === undefined || flight.source === undefined) return;
    const { source } = flight;
    record.recalled = { ...source, ageMs: 0, saved: answer.usage };
    if (told === undefined) {
      return tellWhole(context, document, { answer, ...source });
    }
    record.finish = answer.finish;
    told.reply?.end();
  } catch (error) {
    told?.fail(toldError(error));
    throw error;
  } finally {
    told?.stop();
  }
}

/** What is told of an answer that no provider was asked for. */
export interface Recalled extends AnswerSource {
  /** How old it is, in ms. */
  readonly ageMs: number;
  /** What it took its provider, and nobody now. */
  readonly saved?: Usage | undefined;
  /** How near its question is, as a cosine; absent where it is the same. */
  readonly similarity?: number | undefined;
}

function tellWhole(
  { exchange, record }: RequestContext,
  document: JsonDocument,
  { answer }: KeptAnswer,
): void {
  const losses = new LossReport();
  const body = record.client.encodeAnswer(answer, losses, document);
  record.status = 200;
  record.firstContentAt = performance.now();
  record.finish = answer.finish;
  record.answeredBy = answer.model;
  const headers = replyHeaders(record);
  if (!losses.empty) headers["x-llm-proxy-loss"] = losses.toString();
  headers["content-type"] = "application/json";
  exchange.send(200, headers, body);
}

/** A stream to a caller that is made of canonical events. */
class StreamedAnswer {
  readonly #context: RequestContext;
  readonly #encoder: StreamEncoder;
  #keepAlive: ReturnType<typeof setInterval> | undefined;
  #lastWrite = 0;
  #isWaiting = false;
  reply: ReplyStream | undefined;

  constructor(context: RequestContext, document: JsonDocument) {
    this.#context = context;
    this.#encoder = context.record.client.streamEncoder({
      includeUsage: wantsUsage(document),
      request: document,
    }, new LossReport());
  }

  /** Begins the caller's answer. */
  open(): void {
    const { exchange, record } = this.#context;
    record.status = 200;
    record.firstContentAt = performance.now();
    const headers = replyHeaders(record);
    headers["content-type"] = "text/event-stream";
    headers["cache-control"] = STREAM_CACHING;
    this.reply = exchange.stream(200, headers);
  }

  /** The text of an event; what it says of the answer is noted. */
  encode(event: AnswerEvent): string {
    const { record } = this.#context;
    if (event.type === "start") record.answeredBy = event.model;
    else if (event.type === "finish") record.finish = event.finish;
    return this.#encoder.push(event);
  }

  /** Writes what has come, and waits where the caller is slow. */
  async write(events: readonly AnswerEvent[]): Promise<void> {
    this.#keepAlive ??= setInterval(() => {
      const silence = performance.now() - this.#lastWrite;
      if (this.#isWaiting || silence < KEEP_ALIVE) return;
      this.#lastWrite = performance.now();
      void this.reply?.write(": keep-alive\n\n");
    }, KEEP_ALIVE / 3);
    let text = "";
    for (const event of events) text += this.encode(event);
    if (text === "") return;
    this.#lastWrite = performance.now();
    this.#isWaiting = true;
    await this.reply?.write(text);
    this.#isWaiting = false;
  }

  /** Ends an answer that has begun with an error. */
  fail(error: GatewayError): void {
    const { record } = this.#context;
    void this.reply?.write(
      this.#encoder.fail?.(error, record.id) ??
        record.client.encodeStreamError(error, record.id),
    );
    this.reply?.fail();
  }

  stop(): void {
    clearInterval(this.#keepAlive);
  }
}
