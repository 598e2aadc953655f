/** Bounds of an {@linkcode AdaptiveLimit}. */
export interface AdaptiveLimitOptions {
  /** The least it falls to. @default {1} */
  readonly min?: number;
  /** The most it grows to. @default {200} */
  readonly max?: number;
  /** Where it begins. @default {8} */
  readonly initial?: number;
  /** How many times the usual first-byte time is no sign of a queue yet. @default {1.5} */
  readonly tolerance?: number;
}

/** One first byte. */
export interface FirstByteSample {
  /** When its request was sent, in ms. */
  readonly startedAt: number;
  /** When the byte came, on the same clock. */
  readonly now: number;
  /** How many requests were under way when it was sent, itself included. */
  readonly inFlight: number;
}

/** A window needs so many samples at least and at most. */
const MIN_SAMPLES = 10;
const MAX_SAMPLES = 64;
/** A window closes after such a time where it has any samples to speak of. */
const MAX_WINDOW_MS = 5_000;
const FEW_SAMPLES = 3;
/** The limit counts as used from here on; below half of it the provider can't be queueing for it. */
const USED = 0.8;
const UNUSED = 0.5;
/** The first-byte time became so much longer: something changed, and it is to be found out what. */
const INFLATED = 0.75;
/** It became so much shorter. */
const DEFLATED = 0.6;
/** How the limit grows in a window, before and after it was found for the first time. */
const FAST = 1.5;
const SLOW = 0.1;
/** At half the limit a time in proportion to it is halved, and with few samples only about so. */
const HALVED = 0.5;
const DOUBT = 0.35;
/** A trial lasts so many times the first-byte time at most. */
const TRIAL_TIMES = 4;
/** After so many windows that used the limit it is tried out whether the usual time still holds. */
const TRIAL_WINDOWS = 60;

/**
 * A concurrency limit that finds itself, by the gradient of the first-byte time
 * (L3): while it stays near what is usual the limit grows, where it grows the
 * limit falls in proportion.
 *
 * Where the time changes much it could be a queue of our own making, or the
 * provider has become slower as such. That is tried out: for one window the
 * limit is halved. If the time falls too it was the queue; if it doesn't, it is
 * the new usual time, and the limit is restored.
 *
 * It goes by medians of ten samples and more. Where a provider can do less than
 * four things at a time a fixed limit does better.
 *
 * @example Below the limit nothing is done
 * ```ts
 * import { AdaptiveLimit } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const limit = new AdaptiveLimit({ initial: 8, max: 50 });
 * limit.sample({ startedAt: 0, now: 300, inFlight: 1 });
 * assertEquals(limit.limit, 8);
 * ```
 */
export class AdaptiveLimit {
  readonly #min: number;
  readonly #max: number;
  readonly #tolerance: number;
  readonly #times: number[] = [];
  #limit: number;
  /** The first-byte time without a queue, as far as known, in ms. */
  #usual: number | undefined;
  #growing = true;
  /** What the limit and the time were before it was halved. */
  #trial: { readonly limit: number; readonly time: number } | undefined;
  #windowStart = -Infinity;
  #windowPeak = 0;
  #windowsSinceTrial = 0;
  /** The first window is not typical: all of a crowd came at once. */
  #isFirst = true;

  /**
   * Begins low: a limit that starts too high learns a queue as usual.
   *
   * @throws {RangeError} when a bound is out of its range.
   */
  constructor(options: AdaptiveLimitOptions = {}) {
    const { min = 1, max = 200, tolerance = 1.5 } = options;
    if (!(min >= 1 && max >= min)) {
      throw new RangeError(
        `'min' (${min}) and 'max' (${max}) must be 1 or more and in this order`,
      );
    }
    if (!(tolerance > 1)) {
      throw new RangeError(`'tolerance' must be above 1, not ${tolerance}`);
    }
    this.#min = min;
    this.#max = max;
    this.#tolerance = tolerance;
    this.#limit = this.#bounded(options.initial ?? 8);
  }

  /** How many requests may be under way now. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** The first-byte time without a queue, as far as it is known, in ms. */
  get usual(): number | undefined {
    return this.#usual;
  }

  /** Takes a first byte. */
  sample({ startedAt, now, inFlight }: FirstByteSample): void {
    if (this.#windowStart === -Infinity) this.#windowStart = startedAt;
    // What was sent by then says how the limit before did.
    if (startedAt <= this.#windowStart) return this.check(now);
    if (this.#times.length < MAX_SAMPLES) this.#times.push(now - startedAt);
    this.#windowPeak = Math.max(this.#windowPeak, inFlight);
    // Few at a time take long to be many.
    const least = Math.min(MIN_SAMPLES, FEW_SAMPLES * this.limit);
    const wanted = Math.min(MAX_SAMPLES, Math.max(least, this.limit));
    if (this.#times.length >= wanted) this.#close(now);
    else this.check(now);
  }

  /**
   * Takes an answer that says the provider has too much to do. Of all that was
   * sent under one limit the first counts: the others say nothing of the lower
   * one.
   */
  overloaded({ startedAt, now }: Omit<FirstByteSample, "inFlight">): void {
    if (this.#trial !== undefined || startedAt <= this.#windowStart) return;
    this.#growing = false;
    this.#limit = this.#bounded(this.#limit * (1 - SLOW));
    this.#open(now);
  }

  /** Ends a window that lasts too long, above all a trial: requests wait for its end. Cheap; call it often. */
  check(now: number): void {
    const most = this.#trial === undefined
      ? MAX_WINDOW_MS
      : Math.min(MAX_WINDOW_MS, TRIAL_TIMES * this.#trial.time);
    if (now - this.#windowStart < most) return;
    if (this.#times.length >= FEW_SAMPLES) this.#close(now);
    else if (this.#trial !== undefined) this.#abandon(now);
  }

  #close(now: number): void {
    const times = this.#times.toSorted((a, b) => a - b);
    const time = times[times.length >> 1] ?? 0;
    if (this.#isFirst) this.#isFirst = false;
    else if (this.#trial !== undefined) this.#judge(time, this.#trial);
    else this.#follow(time, this.#windowPeak / this.limit);
    this.#open(now);
  }

  #open(now: number): void {
    this.#times.length = 0;
    this.#windowStart = now;
    this.#windowPeak = 0;
  }

  #follow(time: number, use: number): void {
    if (this.#usual === undefined) {
      this.#usual = time;
      // Where there are many callers the first time may be a queue's already.
      if (use >= USED) this.#try(time);
      return;
    }
    const usual = this.#usual;
    if (time < usual * DEFLATED) {
      this.#usual = time;
      // It may still be half a queue.
      if (use >= USED) this.#try(time);
      return;
    }
    if (time < usual) this.#usual = usual + (time - usual) * 0.3;
    else if (use <= UNUSED) this.#usual = usual + (time - usual) * 0.1;
    const ratio = this.#tolerance * usual / time;
    if (ratio < INFLATED && use >= UNUSED) return this.#try(time);
    if (use >= USED && ++this.#windowsSinceTrial > TRIAL_WINDOWS) {
      return this.#try(time);
    }
    if (ratio >= 1 && use < USED) return;
    const growth = this.#growing && ratio >= 1
      ? this.#limit * (FAST - 1)
      : Math.max(1, this.#limit * SLOW);
    if (ratio < 1) this.#growing = false;
    const base = this.#limit * Math.min(1, Math.max(0.5, ratio));
    this.#limit = this.#bounded(base + growth);
  }

  #try(time: number): void {
    this.#windowsSinceTrial = 0;
    if (this.#limit <= this.#min) {
      // Nothing can queue behind so few.
      this.#usual = time;
      return;
    }
    this.#trial = { limit: this.#limit, time };
    this.#limit = this.#bounded(this.#limit / 2);
  }

  #judge(time: number, trial: { limit: number; time: number }): void {
    this.#trial = undefined;
    const ratio = time / trial.time;
    if (ratio <= HALVED + DOUBT / Math.sqrt(this.#times.length)) {
      // All of it was a queue. Some of it may be left, unless the time was too
      // long before and is as usual now.
      this.#growing = false;
      const usual = this.#usual ?? time;
      this.#usual = Math.min(usual, time);
      if (trial.time <= usual || time > usual * this.#tolerance) {
        this.#try(time);
      }
      return;
    }
    this.#usual = time;
    if (ratio < INFLATED) this.#growing = false;
    // In proportion: so many would have had no queue.
    this.#limit = this.#bounded(trial.limit * Math.min(1, ratio));
  }

  /** Long answers may hold their places: then nothing is found out in time. */
  #abandon(now: number): void {
    const { limit, time } = this.#trial ?? { limit: this.#limit, time: 0 };
    this.#trial = undefined;
    this.#limit = this.#bounded(limit * (1 - SLOW));
    this.#usual = Math.max(this.#usual ?? 0, time / this.#tolerance);
    this.#open(now);
  }

  #bounded(limit: number): number {
    return Math.min(this.#max, Math.max(this.#min, limit));
  }
}
