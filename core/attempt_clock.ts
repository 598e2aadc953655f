import { unwatch, UNWATCHED, watch } from "./_ticker.ts";
import { upstreamFault } from "./_http_errors.ts";
import { GatewayError, UpstreamError } from "./errors.ts";
import {
  type AbortListener,
  type AbortSource,
  LateAbort,
} from "./late_abort.ts";

/** What an attempt is waiting for. */
export type AttemptPhase =
  | "queue"
  | "connect"
  | "headers"
  | "content"
  | "idle"
  | "client";

/** How long each phase of an attempt may last, in milliseconds. */
export interface AttemptLimits {
  /** Until one of the connections that may be open is free, or another may be made. */
  readonly queue: number;
  /** From then until the connection stands: name, proxy and TLS included. */
  readonly connect: number;
  /** From then until the response headers. */
  readonly headers: number;
  /** From the headers until the first content event, or the whole body of an answer that is not streamed. */
  readonly content: number;
  /**
   * Of silence once content has come. Where pings and comments break it, the
   * next content is waited for as long as the first was, or so long if that is
   * longer (U5).
   */
  readonly idle: number;
  /** Until the caller takes what was written to it, while that holds the stream up. */
  readonly client: number;
  /** The attempt as a whole. */
  readonly total: number;
}

/** Limits that suit models that think before they answer. */
export const defaultLimits: AttemptLimits = {
  queue: 5_000,
  connect: 5_000,
  headers: 60_000,
  content: 120_000,
  idle: 60_000,
  client: 60_000,
  total: 600_000,
};

const WAITED_FOR = {
  connect: "a connection",
  headers: "response headers",
  content: "the first content",
  idle: "further content",
  total: "the end of the answer",
} as const;

/** The time of what the next look has yet to time. */
const UNTIMED = -1;

/** What a passed limit means: the provider's fault, a client that stopped reading, or too few connections of our own. */
function timeoutOf(phase: AttemptPhase | "total"): GatewayError {
  if (phase === "client") {
    return new GatewayError("client_closed", "The client stopped reading", {
      code: "client_stalled",
    });
  }
  if (phase === "queue") return upstreamFault("upstream_pool_exhausted");
  return new UpstreamError(
    "timeout",
    `The provider timed out: no sign of ${WAITED_FOR[phase]} in time`,
    { code: `${phase}_timeout` },
  );
}

/**
 * The clocks of one attempt: a separate limit for each phase and one for the
 * whole. Its {@linkcode AttemptClock.signal | signal} ends the attempt, with
 * the timeout as reason or with the caller's own reason when the caller left.
 *
 * All attempts share one timer, which looks every 20 ms. A phase is only noted
 * when it is entered and timed from the next look on, so that it costs neither
 * a timer nor a reading of the clock, of which a stream would need one per
 * event. No limit is noticed early, and none more than 40 ms late.
 *
 * @example The first phase
 * ```ts
 * import { AttemptClock, defaultLimits } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * const clock = new AttemptClock(defaultLimits, new AbortController().signal);
 * clock.enter("headers");
 * assert(!clock.signal.aborted);
 * clock.stop();
 * ```
 */
export class AttemptClock implements AbortListener {
  readonly #limits: AttemptLimits;
  readonly #caller: AbortSource;
  readonly #abort = new LateAbort();
  /** Among all that are watched. */
  #place = UNWATCHED;
  #phase: AttemptPhase = "connect";
  #isConnected = false;
  #queuedAt = UNTIMED;
  #queuedMs = 0;
  #deadline = UNTIMED;
  /** When the silence has lasted too long; it has no limit before content. */
  #silence = UNTIMED;
  #end = UNTIMED;

  /** Starts in phase `connect`. `caller` is aborted when the caller has left. */
  constructor(limits: AttemptLimits, caller: AbortSource) {
    this.#limits = limits;
    this.#caller = caller;
    if (caller.aborted) this.#abort.abort(caller.reason);
    else {
      caller.addEventListener("abort", this);
      this.#place = watch(this);
    }
  }

  /** Aborted when a limit is passed or the caller has left. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The same, for whoever needs no signal of it. */
  get abort(): AbortSource {
    return this.#abort;
  }

  /** Whether a connection stood. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** How long it waited for a connection to be free, in ms. */
  get queuedMs(): number {
    return this.#queuedMs;
  }

  /** Starts the clock of the next phase. */
  enter(phase: AttemptPhase): void {
    if (phase === "queue") this.#queuedAt = performance.now();
    else if (this.#queuedAt !== UNTIMED) this.#leaveQueue();
    if (phase === "headers") this.#isConnected = true;
    this.#phase = phase;
    this.#deadline = UNTIMED;
    this.#silence = UNTIMED;
  }

  /** Notes a content event: from now on only silence, the wait for more of it and the total are limited. */
  progress(): void {
    this.enter("idle");
  }

  /** Notes a sign of life that is no content: whoever thinks may say so. */
  alive(): void {
    this.#silence = UNTIMED;
  }

  /** Stops all clocks for good. Always call it when the attempt has ended. */
  stop(): void {
    if (this.#queuedAt !== UNTIMED) this.#leaveQueue();
    unwatch(this.#place);
    this.#place = UNWATCHED;
    this.#caller.removeEventListener("abort", this);
  }

  /** The caller has left. */
  handleEvent(): void {
    this.stop();
    this.#abort.abort(this.#caller.reason);
  }

  /** Ends the attempt if a limit is passed. */
  look(now: number): void {
    const limits = this.#limits;
    const isIdle = this.#phase === "idle";
    if (this.#end === UNTIMED) this.#end = now + limits.total;
    if (this.#deadline === UNTIMED) {
      this.#deadline = now +
        (isIdle ? Math.max(limits.idle, limits.content) : limits[this.#phase]);
    }
    if (this.#silence === UNTIMED) {
      this.#silence = isIdle ? now + limits.idle : Infinity;
    }
    if (now < Math.min(this.#deadline, this.#silence, this.#end)) return;
    this.stop();
    const phase = now >= this.#end ? "total" : this.#phase;
    this.#abort.abort(timeoutOf(phase));
  }

  #leaveQueue(): void {
    this.#queuedMs += performance.now() - this.#queuedAt;
    this.#queuedAt = UNTIMED;
  }
}
