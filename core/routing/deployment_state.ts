import { LatencyHistogram } from "./_latency_histogram.ts";
import { Flight, type FlightEvents } from "./flight.ts";
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
  /** How many first tokens the figures below stand for, 512 at most. */
  readonly samples: number;
  /**
   * The moving average of the time to the first token, in ms. It fades while
   * nothing is measured, so that a deployment once slow is tried again.
   */
  latency(now: number): number | undefined;
  /** The time within which a share of first tokens came, in ms; exact to 25 %. */
  quantile(share: number): number | undefined;
}

/** How quickly the average follows: the weight of what is older than this is 1/e. */
const FOLLOW_MS = 30_000;
/** A sample counts at least so much, however quickly it follows the one before. */
const MIN_WEIGHT = 0.1;
/** The average halves in such a time without a sample. */
const FADE_MS = 60_000;

/**
 * How a deployment does: a few numbers and a histogram, about 700 bytes.
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
 * assertEquals(state.latency(time), 300);
 * ```
 */
export class DeploymentState implements DeploymentStateView {
  readonly #now: () => number;
  readonly #histogram = new LatencyHistogram();
  #inFlight = 0;
  #attempts = 0;
  #failures = 0;
  #failuresInARow = 0;
  #average: number | undefined;
  #measuredAt = 0;
  #upstreamLimits: UpstreamLimits | undefined;
  #startedSinceLimits = 0;
  readonly #flights: FlightEvents = {
    measured: (startedAt, now) => this.#measure(now ?? this.#now(), startedAt),
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

  /** How many first tokens the figures stand for, 512 at most. */
  get samples(): number {
    return this.#histogram.count;
  }

  /** The moving average of the time to the first token, in ms; it fades. */
  latency(now: number): number | undefined {
    if (this.#average === undefined) return undefined;
    return this.#average * 2 ** -((now - this.#measuredAt) / FADE_MS);
  }

  /** The time within which a share of first tokens came, in ms; exact to 25 %. */
  quantile(share: number): number | undefined {
    return this.#histogram.quantile(share);
  }

  /**
   * Counts an attempt that begins now; it must be ended.
   *
   * @param now The time, where it is known, on the clock of the state.
   */
  start(now: number = this.#now()): Flight {
    this.#inFlight++;
    this.#attempts++;
    this.#startedSinceLimits++;
    return new Flight(this.#flights, now);
  }

  /** Takes what an answer told of the account's limits, with {@linkcode readUpstreamLimits}. */
  limited(status: UpstreamLimits | undefined): void {
    if (status === undefined) return;
    this.#upstreamLimits = status;
    this.#startedSinceLimits = 0;
  }

  #measure(now: number, startedAt: number): void {
    const ms = now - startedAt;
    this.#histogram.add(ms);
    const age = now - this.#measuredAt;
    const weight = Math.max(MIN_WEIGHT, 1 - Math.exp(-age / FOLLOW_MS));
    this.#average = this.#average === undefined
      ? ms
      : this.#average + (ms - this.#average) * weight;
    this.#measuredAt = now;
  }

  #end(failed: boolean | undefined): void {
    this.#inFlight--;
    if (failed === undefined) return;
    if (failed) this.#failures++;
    this.#failuresInARow = failed ? this.#failuresInARow + 1 : 0;
  }
}
