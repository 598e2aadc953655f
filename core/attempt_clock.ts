import { unwatch, watch } from "./_ticker.ts";
import { GatewayError, UpstreamError } from "./errors.ts";

/** What an attempt is waiting for. */
export type AttemptPhase =
  | "connect"
  | "headers"
  | "content"
  | "idle"
  | "client";

/** How long each phase of an attempt may last, in milliseconds. */
export interface AttemptLimits {
  /** Until the connection stands, TLS included. */
  readonly connect: number;
  /** From then until the response headers. */
  readonly headers: number;
  /** From the headers until the first content event, or the whole body of an answer that is not streamed. */
  readonly content: number;
  /** Between two content events; comments and pings are no progress. */
  readonly idle: number;
  /** Until the caller takes what was written to it, while that holds the stream up. */
  readonly client: number;
  /** The attempt as a whole. */
  readonly total: number;
}

/** Limits that suit models that think before they answer. */
export const defaultLimits: AttemptLimits = {
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

/** What a passed limit means: the provider's fault, or a client that stopped reading. */
function timeoutOf(phase: AttemptPhase | "total"): GatewayError {
  if (phase === "client") {
    return new GatewayError("client_closed", "The client stopped reading", {
      code: "client_stalled",
    });
  }
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
 * All attempts share one timer, so that a phase costs a clock reading and no
 * timer; a limit is noticed at most 20 ms late.
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
export class AttemptClock {
  readonly #limits: AttemptLimits;
  readonly #caller: AbortSignal;
  readonly #controller = new AbortController();
  readonly #end: number;
  #phase: AttemptPhase = "connect";
  #deadline: number;

  /** Starts in phase `connect`. `caller` is aborted when the caller has left. */
  constructor(limits: AttemptLimits, caller: AbortSignal) {
    const now = performance.now();
    this.#limits = limits;
    this.#caller = caller;
    this.#end = now + limits.total;
    this.#deadline = now + limits.connect;
    caller.addEventListener("abort", this.#onCallerLeft);
    if (caller.aborted) this.#onCallerLeft();
    else watch(this);
  }

  /** Aborted when a limit is passed or the caller has left. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the clock of the next phase. */
  enter(phase: AttemptPhase): void {
    this.#phase = phase;
    this.#deadline = performance.now() + this.#limits[phase];
  }

  /** Notes a content event: from now on only the idle and the total limit count. */
  progress(): void {
    this.enter("idle");
  }

  /** Stops all clocks for good. Always call it when the attempt has ended. */
  stop(): void {
    unwatch(this);
    this.#caller.removeEventListener("abort", this.#onCallerLeft);
  }

  /** Ends the attempt if a limit is passed. */
  look(now: number): void {
    if (now < this.#deadline && now < this.#end) return;
    this.stop();
    const phase = now >= this.#end ? "total" : this.#phase;
    this.#controller.abort(timeoutOf(phase));
  }

  readonly #onCallerLeft = (): void => {
    this.stop();
    this.#controller.abort(this.#caller.reason);
  };
}
