import {
  type AttemptClock,
  ByteCollector,
  GatewayError,
  type SseEvent,
  sseFraming,
  type StreamFraming,
  type StreamParser,
  type StreamTranslator,
  UpstreamError,
  type UpstreamResponse,
} from "@llm-proxy/core";
import type { ReplyStream } from "./exchange.ts";

/** After how much silence a client hears a comment, in ms (L8). */
const KEEP_ALIVE = 15_000;
const COMMENT = ": keep-alive\n\n";
/** How long a body may dawdle behind its proper end before it is closed, in ms. */
const LINGER = 250;
/** How much of a body that is no event stream is read to see what it says. */
const MAX_STRAY = 16 * 1024 * 1024;
/** How much text without content may be held back before the commit point. */
const MAX_HELD = 1024 * 1024;

/** What a relay needs besides the provider's answer. */
export interface RelayOptions {
  readonly translator: StreamTranslator;
  /** How the provider's body is cut into events. @default {server-sent events} */
  readonly framing?: StreamFraming | undefined;
  readonly clock: AttemptClock;
  /** Begins the client's answer: the commit point, after which nothing can be taken back. */
  readonly open: () => ReplyStream;
  /** What a body that is JSON and no stream means (U10, U11). */
  readonly stray: (body: Uint8Array) => UpstreamError;
  /** Takes such a body for a whole answer; `undefined` where it is none (L12). @default {it is none} */
  readonly whole?: (body: Uint8Array) => StreamTranslator | undefined;
  /** The closing event for a stream that fails after its commit point. */
  readonly failure: (error: GatewayError) => string;
  /**
   * Asked at a failure after the commit point whether the client's answer stays
   * open, for another provider to go on with it. @default {it is ended}
   */
  readonly keepsOpen?: (error: unknown) => boolean;
  /**
   * After how much silence the client hears a comment, in milliseconds (L8).
   *
   * @default {15_000}
   */
  readonly keepAlive?: number;
  /** Told how long the work on a chunk took, in milliseconds. @default {nobody} */
  readonly worked?: (ms: number) => void;
}

/**
 * Relays one stream from provider to client.
 *
 * Nothing reaches the client before the first useful event, so that a failure
 * until then is thrown and can be answered as a plain error. A failure after it
 * ends the stream with an error event of the client's dialect, never with a
 * clean end (L4, U6), unless another provider goes on with it (`keepsOpen`); it
 * is thrown as well.
 *
 * Resolves when the client has its proper end, whatever the provider's
 * connection still does.
 *
 * @throws {GatewayError} in either case.
 */
export async function relayStream(
  response: UpstreamResponse,
  options: RelayOptions,
): Promise<void> {
  const relay = new StreamRelay(options);
  try {
    const { worked } = options;
    const pumped = response.body.pump(
      worked === undefined
        ? (chunk) => relay.take(chunk)
        : (chunk) => relay.takeTimed(chunk, worked),
    );
    await Promise.race([pumped, relay.finished]);
    relay.end();
    void linger(pumped, response);
  } catch (error) {
    response.body.cancel();
    relay.fail(error);
    throw error;
  } finally {
    relay.stop();
  }
}

/** Lets a complete body come to its end, so that its connection can be used again. */
async function linger(
  pumped: Promise<void>,
  response: UpstreamResponse,
): Promise<void> {
  const timer = setTimeout(() => response.body.cancel(), LINGER);
  // The answer is complete: how its connection ends no longer matters.
  await pumped.catch(() => {});
  clearTimeout(timer);
}

/** The error as the client may know it: of a fault that nobody foresaw no detail is the client's. */
export function toldError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError("internal", "The gateway failed on this request", {
    code: "internal_error",
    cause: error,
  });
}

function tooMuchNothing(): UpstreamError {
  return new UpstreamError(
    "upstream",
    "The provider sent a stream without content",
    { code: "upstream_invalid_response" },
  );
}

class StreamRelay {
  readonly #options: RelayOptions;
  readonly #framing: StreamFraming;
  readonly #parser: StreamParser;
  readonly #finished = Promise.withResolvers<void>();
  #translator: StreamTranslator;
  #reply: ReplyStream | undefined;
  #held = "";
  #progress = 0;
  #lastWrite = 0;
  #waiting = false;
  #keepAlive: ReturnType<typeof setInterval> | undefined;
  #stray: ByteCollector | undefined;
  #started = false;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#translator = options.translator;
    this.#framing = options.framing ?? sseFraming;
    this.#parser = this.#framing.parser();
  }

  /** Resolves at the stream's proper end, which may come before the body's. */
  get finished(): Promise<void> {
    return this.#finished.promise;
  }

  /** Takes a chunk of the provider's body; a promise means that the client is slow. */
  take(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#translator.done) return undefined;
    if (!this.#started) this.#look(chunk);
    if (this.#stray !== undefined) return this.#collect(chunk);
    return this.#relay(this.#parser.push(chunk));
  }

  /** The same, and tells how long the work on it took. */
  takeTimed(
    chunk: Uint8Array,
    worked: (ms: number) => void,
  ): Promise<void> | undefined {
    const begin = performance.now();
    const full = this.take(chunk);
    // What was written last was written now, and its time is known.
    worked(
      (this.#lastWrite > begin ? this.#lastWrite : performance.now()) - begin,
    );
    return full;
  }

  /** Ends the client's answer well, if the stream has come to its proper end. */
  end(): void {
    if (this.#stray !== undefined) this.#takeWhole(this.#stray.bytes());
    const translator = this.#translator;
    if (!translator.done) {
      this.#relay(this.#parser.end());
      this.#write(translator.end());
    }
    // An answer may be complete without any content.
    this.#reply ??= this.#options.open();
    if (this.#held !== "") this.#reply.write(this.#held);
    this.#reply.end();
  }

  /** Ends an answer that has begun with an error event. */
  fail(error: unknown): void {
    if (this.#reply === undefined || this.#options.keepsOpen?.(error)) return;
    this.#reply.write(this.#options.failure(toldError(error)));
    this.#reply.fail();
  }

  stop(): void {
    clearInterval(this.#keepAlive);
  }

  /** Tells a JSON body from a stream by its first bytes: labels lie (M20, U10). */
  #look(chunk: Uint8Array): void {
    const isStray = this.#framing.isStray(chunk);
    if (isStray === undefined) return;
    this.#started = true;
    if (isStray) this.#stray = new ByteCollector();
  }

  /** Goes on with a whole answer that came where a stream was asked for (L12). */
  #takeWhole(body: Uint8Array): void {
    const { stray, whole } = this.#options;
    const translator = whole?.(body);
    if (translator === undefined) throw stray(body);
    this.#translator = translator;
  }

  #collect(chunk: Uint8Array): undefined {
    this.#options.clock.alive();
    this.#stray?.add(chunk);
    if ((this.#stray?.size ?? 0) > MAX_STRAY) this.#finished.resolve();
  }

  /** Translates events; what came before a faulty one still reaches the client. */
  #relay(events: readonly SseEvent[]): Promise<void> | undefined {
    const translator = this.#translator;
    let text = "";
    let { progress } = translator;
    try {
      for (const event of events) {
        text += translator.push(event);
        progress = translator.progress;
      }
    } catch (error) {
      // Content of the faulty one reaches nobody, and commits to nothing.
      this.#write(text, progress);
      throw error;
    }
    const full = this.#write(text);
    if (translator.done) this.#finished.resolve();
    return full;
  }

  #write(
    text: string,
    progress: number = this.#translator.progress,
  ): Promise<void> | undefined {
    const { clock } = this.#options;
    if (progress !== this.#progress) {
      this.#progress = progress;
      clock.progress();
      this.#commit();
    } else clock.alive();
    if (this.#reply === undefined) {
      this.#held += text;
      if (this.#held.length > MAX_HELD) throw tooMuchNothing();
      return undefined;
    }
    if (this.#held !== "") {
      text = this.#held + text;
      this.#held = "";
    }
    if (text === "") return undefined;
    this.#lastWrite = performance.now();
    return this.#wait(this.#reply.write(text));
  }

  /** While the client is slow its own clock runs, not the provider's. */
  #wait(full: Promise<void> | undefined): Promise<void> | undefined {
    if (full === undefined) return undefined;
    const { clock } = this.#options;
    clock.enter("client");
    this.#waiting = true;
    return full.then(() => {
      this.#waiting = false;
      clock.enter("idle");
    });
  }

  #commit(): void {
    if (this.#reply !== undefined) return;
    this.#reply = this.#options.open();
    const { keepAlive = KEEP_ALIVE } = this.#options;
    // Looked at more often, so that no silence is much longer.
    this.#keepAlive = setInterval(() => {
      const now = performance.now();
      // A client that is slow has enough to read.
      if (this.#waiting || now - this.#lastWrite < keepAlive) return;
      this.#lastWrite = now;
      this.#reply?.write(this.#translator.keepAlive ?? COMMENT);
    }, keepAlive / 3);
  }
}
