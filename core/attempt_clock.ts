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

/** The longest delay that a timer can have; a longer one would fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

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
 * One timer serves all phases and is moved lazily, so that noting progress
 * costs a clock reading and no timer.
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
  #timer: ReturnType<typeof setTimeout> | undefined;
  #fireAt = Infinity;
  #stopped = false;

  /** Starts in phase `connect`. `caller` is aborted when the caller has left. */
  constructor(limits: AttemptLimits, caller: AbortSignal) {
    const now = performance.now();
    this.#limits = limits;
    this.#caller = caller;
    this.#end = now + limits.total;
    this.#deadline = now + limits.connect;
    caller.addEventListener("abort", this.#onCallerLeft);
    if (caller.aborted) this.#onCallerLeft();
    else this.#arm(now);
  }

  /** Aborted when a limit is passed or the caller has left. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts the clock of the next phase. */
  enter(phase: AttemptPhase): void {
    const now = performance.now();
    this.#phase = phase;
    this.#deadline = now + this.#limits[phase];
    this.#arm(now);
  }

  /** Notes a content event: from now on only the idle and the total limit count. */
  progress(): void {
    if (this.#phase !== "idle") this.enter("idle");
    else this.#deadline = performance.now() + this.#limits.idle;
  }

  /** Stops all clocks for good. Always call it when the attempt has ended. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#fireAt = Infinity;
    this.#caller.removeEventListener("abort", this.#onCallerLeft);
  }

  readonly #onCallerLeft = (): void => {
    this.stop();
    this.#controller.abort(this.#caller.reason);
  };

  /** Makes sure that the timer fires at the next deadline or earlier. */
  #arm(now: number): void {
    const next = Math.min(this.#deadline, this.#end);
    if (this.#stopped || next >= this.#fireAt) return;
    clearTimeout(this.#timer);
    this.#fireAt = next;
    this.#timer = setTimeout(this.#onTimer, Math.min(next - now, MAX_DELAY));
  }

  readonly #onTimer = (): void => {
    this.#fireAt = Infinity;
    const now = performance.now();
    const phase = now >= this.#end ? "total" : this.#phase;
    if (now < Math.min(this.#deadline, this.#end)) return this.#arm(now);
    this.stop();
    this.#controller.abort(timeoutOf(phase));
  };
}
