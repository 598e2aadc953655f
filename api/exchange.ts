import type { LateAbort, RequestSource } from "@llm-proxy/core";

/** Headers of an answer, lower-case names. */
export type ReplyHeaders = Readonly<Record<string, string>>;

/** A streamed answer that has begun. */
export interface ReplyStream {
  /**
   * Writes text.
   *
   * @returns `undefined` when there is room for more; else a promise that
   * resolves when there is, or when the client has left.
   */
  write(text: string): Promise<void> | undefined;
  /** Ends the answer well. */
  end(): void;
  /** Ends the answer and the connection, after an error was written. */
  fail(): void;
}

/** A streamed answer that takes bytes as well. */
export interface ByteReplyStream extends ReplyStream {
  /** Writes text or bytes, as {@linkcode ReplyStream.write} does. */
  write(piece: string | Uint8Array): Promise<void> | undefined;
  /** Breaks the connection off, so that nobody takes what came for the whole. */
  cut(): void;
}

/**
 * One request and the way to answer it: the door between the gateway and
 * whatever listens. There is one adapter for `node:http` and one for the web's
 * Request and Response; one contract test runs against both.
 */
export interface Exchange {
  readonly method: string;
  /** The path as routed, without a query. */
  readonly path: string;
  /** The target as it came: a path, perhaps with a query, which may hold a key: it is never logged. */
  readonly target: string;
  /**
   * Aborted when the client leaves before the answer is out, or when the
   * listener ends what still runs; its reason is a `GatewayError` that tells which.
   */
  readonly signal: AbortSignal;
  /** The same, where the signal is made only for whoever asks. @default {nothing but the signal} */
  readonly abort?: LateAbort;
  /** The IP address at the other end of the connection; absent where the listener tells none. */
  readonly address: string | undefined;
  /** A request header, by its lower-case name. */
  header(name: string): string | undefined;
  /**
   * Reads the whole request body.
   *
   * @throws {GatewayError} 413 as soon as it is known to be over `maxBytes`;
   * 415 when it is compressed; 503 when all bodies together are too much;
   * the signal's reason when the client leaves or the listener ends.
   */
  body(maxBytes: number): Promise<Uint8Array>;
  /** All request headers, lower-case names; repeated ones joined. */
  headers(): Readonly<Record<string, string>>;
  /**
   * The request's body piece by piece, in place of {@linkcode Exchange.body}.
   * Its `pump` throws as that does, but for compressed bodies.
   */
  source(maxBytes: number): RequestSource;
  /** Answers whole; the headers are the exchange's from then on. */
  send(
    status: number,
    headers: Record<string, string | number>,
    body: string,
  ): void;
  /** Begins a streamed answer. */
  stream(status: number, headers: ReplyHeaders): ByteReplyStream;
  /** Gives back the room of the body: called once, when the request has been served. */
  release(): void;
}
