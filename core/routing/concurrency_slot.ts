/** What a {@linkcode ConcurrencySlot} tells the limit that gave it. */
export interface ConcurrencySlotEvents {
  /** The first byte has come. */
  readonly firstByte: () => void;
  /** The provider said that it has too much to do. */
  readonly overloaded: () => void;
  /** The slot is free. */
  readonly release: () => void;
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
  readonly #events: ConcurrencySlotEvents;
  #begun = false;
  #released = false;

  /** Made by {@linkcode ConcurrencyLimit}. */
  constructor(events: ConcurrencySlotEvents) {
    this.#events = events;
  }

  /** Notes that the first byte has come, by which an adaptive limit goes; the first call counts. */
  firstByte(): void {
    if (this.#begun || this.#released) return;
    this.#begun = true;
    this.#events.firstByte();
  }

  /** Notes that the provider said it has too much to do: 429, 503 or 529. */
  overloaded(): void {
    if (!this.#released) this.#events.overloaded();
  }

  /** Frees the slot; later calls do nothing. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#events.release();
  }

  /** Frees the slot if nothing else has. */
  [Symbol.dispose](): void {
    this.release();
  }
}
