import {
  type Answer,
  AnswerCollector,
  type AnswerEvent,
  answerEvents,
  GatewayError,
  type JsonDocument,
  LossReport,
  type ProviderDialect,
  SseParser,
  type StreamDecoder,
  type StreamEncoder,
  type StreamTranslator,
} from "@llm-proxy/core";
import type { ConversationAsk, RequestContext } from "./endpoints.ts";
import type { ByteReplyStream, ReplyHeaders } from "./exchange.ts";
import { AnswerGuard, MAX_HELD, unmaskAnswer } from "./_guard_answer.ts";
import type { Mask } from "./_guard_mask.ts";
import { GuardrailError } from "./_guard_scan.ts";
import { EncodedText } from "./_guard_shape.ts";
import type { BeginScan } from "./guardrail_policy.ts";
import { toldError } from "./relay_stream.ts";
import { scrubError } from "./_scrub_error.ts";
import { wantsUsage } from "./_wants_usage.ts";

/** What a {@linkcode GuardedStream} is made with. */
export interface GuardedStreamOptions {
  readonly document: JsonDocument;
  /** Reads the answer, which is in the caller's dialect. */
  readonly reader: ProviderDialect;
  readonly scans: readonly BeginScan[];
  /** Those of them that may see a text twice. */
  readonly looks: readonly BeginScan[];
  /** What was masked of the request. */
  readonly mask: Mask | undefined;
  /** What looks at the answer as a whole; a stream is held back until then. */
  readonly whole: ((answer: Answer) => Promise<Answer>) | undefined;
  /** Gives a stream another form. */
  readonly shape: ConversationAsk["shape"];
  /** After how much silence the client hears something, in ms. @default {15_000} */
  readonly keepAlive?: number;
}

const encoder = new TextEncoder();
/** After how much silence a client hears that it is not forgotten, in ms (L8). */
const KEEP_ALIVE = 15_000;
const COMMENT = ": keep-alive\n\n";
/** One comment and nothing else. */
const ONLY_COMMENT = /^:[^\r\n]*\n\n$/;

/** A stream to the caller behind guardrails. */
export class GuardedStream implements ByteReplyStream {
  readonly #context: RequestContext;
  readonly #headers: ReplyHeaders;
  readonly #options: GuardedStreamOptions;
  /** Runs until it is closed: what is held back is silence to the client. */
  readonly #beat: ReturnType<typeof setInterval>;
  readonly #parser = new SseParser();
  readonly #decoder: StreamDecoder;
  readonly #encoder: StreamEncoder;
  readonly #guard: AnswerGuard;
  readonly #collector: AnswerCollector | undefined;
  readonly #open = new Set<number>();
  readonly #encoded = new EncodedText();
  readonly #shape: StreamTranslator | undefined;
  #reply: ByteReplyStream | undefined;
  #early = "";
  #held = 0;
  #isClosed = false;
  #lastWrite = performance.now();
  #fault: { readonly error: unknown } | undefined;

  constructor(
    context: RequestContext,
    headers: ReplyHeaders,
    options: GuardedStreamOptions,
  ) {
    const { reader, document, scans, mask, whole } = options;
    this.#context = context;
    this.#options = options;
    this.#shape = options.shape?.(this.#encoded);
    const type = this.#shape?.contentType;
    this.#headers = type === undefined
      ? headers
      : { ...headers, "content-type": type };
    this.#decoder = reader.streamDecoder(new LossReport());
    this.#encoder = context.record.client.streamEncoder({
      includeUsage: wantsUsage(document),
      request: document,
    }, new LossReport());
    this.#collector = whole && new AnswerCollector();
    this.#guard = new AnswerGuard({
      scans,
      mask: whole === undefined ? mask : undefined,
      tooLong,
    });
    const { keepAlive = KEEP_ALIVE } = options;
    this.#beat = setInterval(() => this.#keepAlive(keepAlive), keepAlive / 3);
  }

  /** Stops waiting for more. */
  close(): void {
    clearInterval(this.#beat);
  }

  write(piece: string | Uint8Array): Promise<void> | undefined {
    if (this.#isClosed || this.#fault !== undefined) return undefined;
    if (typeof piece === "string" && ONLY_COMMENT.test(piece)) {
      return this.#reply?.write(this.#shape?.keepAlive ?? piece);
    }
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    let events: AnswerEvent[];
    try {
      events = this.#parser.push(bytes).flatMap((event) =>
        this.#decoder.done ? [] : [...this.#decoder.push(event)]
      );
    } catch (error) {
      // The end of a stream that has failed, or what nobody can look at.
      this.#fault ??= { error };
      return undefined;
    }
    return this.#take(events);
  }

  end(): void {
    if (this.#isClosed || this.#fault !== undefined) return;
    try {
      const events = this.#decoder.done ? [] : [
        ...this.#parser.end().flatMap((event) => this.#decoder.push(event)),
        ...this.#decoder.done ? [] : this.#decoder.end(),
      ];
      void this.#take(events);
    } catch (error) {
      this.#fault ??= { error };
      return;
    }
    if (this.#collector === undefined) this.#complete();
  }

  /** Whoever has failed says with what; the client is told then. */
  fail(): void {
    this.#fault ??= { error: undefined };
  }

  cut(): void {
    this.#isClosed = true;
    this.#begin().cut();
  }

  /**
   * Looks at what was held back, and tells it.
   *
   * @throws {GatewayError} what the stream has failed with.
   */
  async finish(): Promise<void> {
    if (this.#fault !== undefined) throw this.#fault.error;
    const answer = this.#collector?.answer;
    if (this.#isClosed || this.#collector === undefined) return;
    const { whole, mask } = this.#options;
    if (answer === undefined) throw toldError(undefined);
    const checked = await whole?.(answer) ?? answer;
    const told = mask === undefined ? checked : unmaskAnswer(checked, mask);
    for (const event of answerEvents(told)) {
      const full = this.#tell([event]);
      if (full !== undefined) await full;
    }
    this.#complete();
  }

  /** Ends the stream as its dialect ends one that has failed; where nothing was told, the error is the answer. */
  break(reason: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { record } = this.#context;
    if (this.#reply === undefined) {
      record.status = 0;
      return;
    }
    if (reason instanceof GuardrailError && reason.midStream !== "error") {
      let text = this.#early;
      for (const part of this.#open) {
        text += this.#encoder.push({ type: "part_end", part });
      }
      text += this.#encoder.push({ type: "finish", finish: "filter" });
      return this.#last(this.#reply, text);
    }
    const error = scrubError(toldError(reason), record);
    const text = this.#shape?.fail?.(error, record.id) ??
      this.#encoder.fail?.(error, record.id) ??
      record.client.encodeStreamError(error, record.id);
    void this.#reply.write(text);
    this.#reply.fail();
  }

  #take(events: readonly AnswerEvent[]): Promise<void> | undefined {
    const told: AnswerEvent[] = [];
    try {
      for (const event of events) told.push(...this.#guard.push(event));
      if (this.#collector === undefined) return this.#tell(told);
      for (const event of told) this.#collect(event);
      return undefined;
    } catch (error) {
      // What came before it was looked at.
      if (this.#collector === undefined) void this.#tell(told);
      this.#fault ??= { error };
      throw error;
    }
  }

  #collect(event: AnswerEvent): void {
    if (event.type === "part_delta") this.#held += event.text.length;
    if (this.#held > MAX_HELD) throw tooLong();
    this.#collector?.push(event);
  }

  #tell(events: readonly AnswerEvent[]): Promise<void> | undefined {
    let text = "";
    let isContent = this.#reply !== undefined;
    for (const event of events) {
      if (event.type === "part_start") this.#open.add(event.part);
      else if (event.type === "part_end") this.#open.delete(event.part);
      isContent ||= event.type === "part_delta" || event.type === "finish";
      text += this.#encoder.push(event);
    }
    if (!isContent) {
      this.#early += text;
      if (this.#early.length > MAX_HELD) throw tooLong();
      return undefined;
    }
    const reply = this.#begin();
    const full = this.#early + text;
    this.#early = "";
    if (full === "") return undefined;
    this.#lastWrite = performance.now();
    return reply.write(this.#shaped(full));
  }

  #keepAlive(silence: number): void {
    if (this.#isClosed || performance.now() - this.#lastWrite < silence) return;
    this.#lastWrite = performance.now();
    const text = this.#shape?.keepAlive ?? this.#encoder.keepAlive ?? COMMENT;
    void this.#begin().write(text);
  }

  #begin(): ByteReplyStream {
    return this.#reply ??= this.#context.exchange.stream(200, this.#headers);
  }

  #shaped(text: string): string {
    return this.#shape?.push({ event: "", data: text }) ?? text;
  }

  #complete(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#last(this.#begin(), this.#early);
  }

  #last(reply: ByteReplyStream, text: string): void {
    this.#encoded.done = true;
    text = this.#shaped(text);
    if (text !== "") void reply.write(text);
    reply.end();
  }
}

function tooLong(): GatewayError {
  return new GatewayError(
    "upstream",
    "The answer is too long for the guardrails of its route",
    { code: "upstream_invalid_response" },
  );
}
