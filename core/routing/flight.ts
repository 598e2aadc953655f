import type { AnswerKind } from "./latency.ts";

/** What a {@linkcode Flight} tells the state that counts it. Times are ms, on the state's clock. */
export interface FlightEvents {
  /** What was waited for has come, now or at the time that is told. */
  measured(flight: Flight, now: number | undefined): void;
  /** It has ended; `undefined` where nothing is known of how. */
  ended(failed: boolean | undefined): void;
}

/**
 * An attempt that is counted as under way until it ends, which it does once;
 * what is called after that does nothing. With `using` it ends in any case.
 *
 * @example An attempt that was given up
 * ```ts
 * import { DeploymentState, type Flight } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const state = new DeploymentState(() => 0);
 * const flight: Flight = state.start();
 * flight.release();
 * flight.failed();
 * assertEquals([state.inFlight, state.attempts, state.failures], [0, 1, 0]);
 * ```
 */
export class Flight implements Disposable {
  /** When it began, on the clock of its state, in ms. */
  readonly startedAt: number;
  /** What is waited for. */
  readonly kind: AnswerKind;
  readonly #events: FlightEvents;
  #begun = false;
  #ended = false;

  /** Made by {@linkcode DeploymentState.start}. */
  constructor(events: FlightEvents, startedAt: number, kind: AnswerKind) {
    this.#events = events;
    this.startedAt = startedAt;
    this.kind = kind;
  }

  /**
   * Notes that the first token has come, or the whole answer; the first call counts.
   *
   * @param now The time, where it is known, on the clock of its state.
   */
  firstToken(now?: number): void {
    if (this.#begun || this.#ended) return;
    this.#begun = true;
    this.#events.measured(this, now);
  }

  /** Ends it: the attempt went well. */
  succeeded(): void {
    this.#finish(false);
  }

  /** Ends it: the attempt failed, and the deployment is to blame. */
  failed(): void {
    this.#finish(true);
  }

  /** Ends it with nothing told, for an attempt that was given up; later calls do nothing. */
  release(): void {
    this.#finish(undefined);
  }

  /** Ends it if nothing else has. */
  [Symbol.dispose](): void {
    this.#finish(undefined);
  }

  #finish(failed: boolean | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#events.ended(failed);
  }
}
