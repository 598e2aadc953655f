/** What a {@linkcode ConcurrencySlot} tells the limit that gave it. */
export interface ConcurrencySlotEvents {
  /** The first byte has come. */
  firstByte(slot: ConcurrencySlot): void;
  /** The provider said that it has too much to do. */
  overloaded(slot: ConcurrencySlot): void;
  /** The slot is free. */
  released(): void;
}

/**
 * A place among the requests that are under way, given by a
 * {@linkcode ConcurrencyLimit}. It is freed exactly once, however often that is
 * asked; with `using` it is freed in any case (L9).
 *
 * @example Freed whatever happens
 * ```ts
 * import { ConcurrencyLimit } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const limit = new ConcurrencyLimit({ limit: 2 });
 * const slot = limit.tryAcquire();
 * slot?.firstByte();
 * slot?.release();
 * slot?.release();
 * assertEquals(limit.inFlight, 0);
 * ```
 */
export class ConcurrencySlot implements Disposable {
  /** When it was taken, on the clock of its limit, in ms; 0 where that is of no use. */
  readonly startedAt: number;
  /** How many were taken then, this one included. */
  readonly inFlight: number;
  readonly #events: ConcurrencySlotEvents;
  #begun = false;
  #released = false;

  /** Made by {@linkcode ConcurrencyLimit}. */
  constructor(
    events: ConcurrencySlotEvents,
    { startedAt, inFlight }: Pick<ConcurrencySlot, "startedAt" | "inFlight">,
  ) {
    this.#events = events;
    this.startedAt = startedAt;
    this.inFlight = inFlight;
  }

  /** Notes that the first byte has come, by which an adaptive limit goes; the first call counts. */
  firstByte(): void {
    if (this.#begun || this.#released) return;
    this.#begun = true;
    this.#events.firstByte(this);
  }

  /** Notes that the provider said it has too much to do: 429, 503 or 529. */
  overloaded(): void {
    if (!this.#released) this.#events.overloaded(this);
  }

  /** Frees the slot; later calls do nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#events.released();
  }

  /** Frees the slot if nothing else has. */
  [Symbol.dispose](): void {
    this.release();
  }
}
