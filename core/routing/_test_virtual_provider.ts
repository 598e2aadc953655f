import type { ConcurrencyLimit } from "./concurrency_limit.ts";
import type { ConcurrencySlot } from "./concurrency_slot.ts";

/** How a {@linkcode VirtualProvider} serves. */
export interface VirtualProviderOptions {
  /** Sets the virtual time. */
  readonly setNow: (now: number) => void;
  /** How many requests it works on at a time. */
  readonly workers: number;
  /** How long it works on the next one, in ms. */
  readonly serviceTime: () => number;
}

interface Job {
  readonly sentAt: number;
  readonly slot: ConcurrencySlot;
}

/** What was seen in a span of virtual time. */
export interface Seen {
  /** Requests that were served. */
  readonly served: number;
  /** The mean time that a request waited at the provider, in ms. */
  readonly waited: number;
}

/**
 * A provider in virtual time with a queue of its own, and more callers than it
 * can serve, each of which asks again as soon as the limit lets it.
 */
export class VirtualProvider {
  readonly #options: VirtualProviderOptions;
  readonly #limit: ConcurrencyLimit;
  readonly #ends: { readonly at: number; readonly job: Job }[] = [];
  readonly #waiting: Job[] = [];
  #now = 0;
  #served = 0;
  #waited = 0;

  constructor(limit: ConcurrencyLimit, options: VirtualProviderOptions) {
    this.#limit = limit;
    this.#options = options;
  }

  /** Lets time pass until then and tells what was seen. */
  runUntil(end: number): Seen {
    this.#served = 0;
    this.#waited = 0;
    this.#fill();
    while (this.#ends.length > 0) {
      const next = this.#ends[0];
      if (next === undefined || next.at > end) break;
      this.#ends.shift();
      this.#move(next.at);
      next.job.slot.firstByte();
      next.job.slot.release();
      this.#served++;
      const waiting = this.#waiting.shift();
      if (waiting !== undefined) this.#work(waiting);
      this.#fill();
    }
    this.#move(end);
    const waited = this.#waited / Math.max(1, this.#served);
    return { served: this.#served, waited };
  }

  #move(now: number): void {
    this.#now = now;
    this.#options.setNow(now);
  }

  /** Sends all that the limit lets through. */
  #fill(): void {
    for (;;) {
      const slot = this.#limit.tryAcquire();
      if (slot === undefined) break;
      const job = { sentAt: this.#now, slot };
      if (this.#ends.length < this.#options.workers) this.#work(job);
      else this.#waiting.push(job);
    }
  }

  #work(job: Job): void {
    this.#waited += this.#now - job.sentAt;
    const at = this.#now + this.#options.serviceTime();
    let place = this.#ends.length;
    while (place > 0 && (this.#ends[place - 1]?.at ?? 0) > at) place--;
    this.#ends.splice(place, 0, { at, job });
  }
}
