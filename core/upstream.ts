import type { Socket } from "node:net";
import type { AbortSource } from "./late_abort.ts";

/** A request's body that comes piece by piece, and once only. */
export interface RequestSource {
  /** In bytes, where it is known; else it goes out in chunks. */
  readonly length?: number;
  /**
   * Hands every chunk to `take`, in order, as {@linkcode UpstreamBody.pump}
   * does. Called at most once.
   */
  pump(take: (chunk: Uint8Array) => void | Promise<void>): Promise<void>;
}

/** One request to a provider, ready to be sent. */
export interface UpstreamRequest {
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** Absolute address. */
  readonly url: string;
  /** Lower-case names; `host` and framing headers are the transport's. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, or whatever comes piece by piece. Absent for GET. */
  readonly body?: string | RequestSource;
}

/**
 * The body of a provider's answer, given out chunk by chunk.
 *
 * A push interface, for its cost: an awaited read per chunk was measured at
 * more than twice the price of a callback.
 */
export interface UpstreamBody {
  /**
   * Hands every chunk to `take`, in order. Where `take` returns a promise, no
   * further chunk is read until it resolves: back-pressure reaches the peer.
   * Called at most once.
   *
   * @returns Resolves at the end of a complete body.
   * @throws {UpstreamError} when the body is cut or too large.
   * @throws {unknown} what `take` threw, or the signal's reason; the exchange
   * is then closed.
   */
  pump(take: (chunk: Uint8Array) => void | Promise<void>): Promise<void>;
  /**
   * Reads all of it, in place of {@linkcode UpstreamBody.pump} and as that
   * does, where that costs less. Absent: it does not.
   */
  bytes?(): Promise<Uint8Array>;
  /** Closes the exchange at once, whatever has been read. Idempotent. */
  cancel(): void;
}

/** A provider's answer: head known, body to come. */
export interface UpstreamResponse {
  /** The HTTP status. */
  readonly status: number;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** What follows the head. */
  readonly body: UpstreamBody;
}

/** What a transport is given besides the request. */
export interface SendOptions {
  /**
   * Ends the exchange at once, before the head and while the body runs. Its
   * reason is what `send` or `pump` then rejects with.
   */
  readonly signal: AbortSignal;
  /**
   * The same as the signal, for a transport that needs no more of it: where
   * that is made only when it is asked for, none is.
   */
  readonly abort?: AbortSource;
  /** Told what is waited for. An `AttemptClock` as it is. */
  readonly clock?: SendClock;
}

/** What is told of the phases of a request on its way to the provider. */
export interface SendClock {
  /**
   * What is waited for from now on, which is `connect` from the first: `queue`
   * while all connections that the transport may open are in use, `connect`
   * from when one begins to be made, `headers` when one stands (at once where
   * it is reused), and again if that turns out to have been closed before and
   * another takes its place.
   */
  enter(phase: "queue" | "connect" | "headers"): void;
}

/**
 * The seam between the gateway and whatever answers: the network, or a
 * provider inside the process such as the mock.
 */
export interface Transport {
  /**
   * Sends a request and resolves with the head of the answer, whatever its status.
   *
   * @throws {UpstreamError} when no answer came: refused, reset, unresolvable.
   * @throws {unknown} the signal's reason once it is aborted.
   */
  send(
    request: UpstreamRequest,
    options: SendOptions,
  ): Promise<UpstreamResponse>;
  /**
   * Opens a connection of its own to the origin of an address, for a protocol
   * that takes it over. Absent: there is none to be had.
   *
   * @throws {UpstreamError} when it can't be made.
   * @throws {unknown} the signal's reason once it is aborted.
   */
  connect?(url: string, signal: AbortSignal): Promise<Socket>;
  /**
   * The headers that prove who asks, for a request that goes over such a
   * connection. Absent: those of the provider do.
   *
   * @throws {UpstreamError} when there is no proof to be had.
   */
  authorize?(
    request: UpstreamRequest,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  /** Closes idle connections and refuses further use. */
  close(): void;
  /**
   * Keeps nothing open from now on but for requests that are under way or still
   * come. Absent: it never does.
   */
  retire?(): void;
  /** How many connections are open. Absent: none ever is. */
  readonly connections?: number;
  /** How many requests wait for one. Absent: none ever does. */
  readonly waiting?: number;
}
