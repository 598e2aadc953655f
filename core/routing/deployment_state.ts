import { Flight, type FlightEvents } from "./flight.ts";
import { type AnswerKind, Latency, type LatencyView } from "./latency.ts";
import type { UpstreamLimits } from "./upstream_limits.ts";

/** How a deployment does, to be read. */
export interface DeploymentStateView {
  /** Attempts that are under way. */
  readonly inFlight: number;
  /** What its account has left, as the provider told last. */
  readonly upstreamLimits: UpstreamLimits | undefined;
  /** Attempts that began since the provider told. */
  readonly startedSinceLimits: number;
  /** Attempts that began, in all. */
  readonly attempts: number;
  /** Attempts that failed, in all. */
  readonly failures: number;
  /** Attempts that failed since one went well. */
  readonly failuresInARow: number;
  /** How long the first tokens of streams take. */
  readonly streamed: LatencyView;
  /** How long whole answers take. */
  readonly whole: LatencyView;
}

/**
 * How a deployment does: a few numbers and two histograms, about 900 bytes.
 *
 * @example One attempt, its first token after 300 ms
 * ```ts
 * import { DeploymentState } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * let time = 0;
 * const state = new DeploymentState(() => time);
 * {
 *   using flight = state.start();
 *   assertEquals(state.inFlight, 1);
 *   time = 300;
 *   flight.firstToken();
 *   flight.succeeded();
 * }
 * assertEquals(state.inFlight, 0);
 * assertEquals(state.streamed.average(time), 300);
 * ```
 */
export class DeploymentState implements DeploymentStateView {
  readonly #now: () => number;
  readonly #streamed = new Latency();
  readonly #whole = new Latency();
  #inFlight = 0;
  #attempts = 0;
  #failures = 0;
  #failuresInARow = 0;
  #upstreamLimits: UpstreamLimits | undefined;
  #startedSinceLimits = 0;
  readonly #flights: FlightEvents = {
    measured: ({ kind, startedAt }, now = this.#now()) => {
      const latency = kind === "whole" ? this.#whole : this.#streamed;
      latency.add(now - startedAt, now);
    },
    ended: (failed) => this.#end(failed),
  };

  /** Begins with nothing known; `now` never goes back, in ms. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Attempts that are under way. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** What its account has left, as the provider told last. */
  get upstreamLimits(): UpstreamLimits | undefined {
    return this.#upstreamLimits;
  }

  /** Attempts that began since the provider told. */
  get startedSinceLimits(): number {
    return this.#startedSinceLimits;
  }

  /** Attempts that began, in all. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Attempts that failed, in all. */
  get failures(): number {
    return this.#failures;
  }

  /** Attempts that failed since one went well. */
  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  /** How long the first tokens of streams take. */
  get streamed(): LatencyView {
    return this.#streamed;
  }

  /** How long whole answers take. */
  get whole(): LatencyView {
    return this.#whole;
  }

  /**
   * Counts an attempt that begins now; it must be ended.
   *
   * @param now The time, where it is known, on the clock of the state.
   * @param kind What is waited for.
   */
  start(
    now: number = this.#now(),
    kind: AnswerKind = "streamed",
  ): Flight {
    this.#inFlight++;
    this.#attempts++;
    this.#startedSinceLimits++;
    return new Flight(this.#flights, now, kind);
  }

  /** Takes what an answer told of the account's limits, with {@linkcode readUpstreamLimits}. */
  limited(status: UpstreamLimits | undefined): void {
    if (status === undefined) return;
    this.#upstreamLimits = status;
    this.#startedSinceLimits = 0;
  }

  #end(failed: boolean | undefined): void {
    this.#inFlight--;
    if (failed === undefined) return;
    if (failed) this.#failures++;
    this.#failuresInARow = failed ? this.#failuresInARow + 1 : 0;
  }
}
