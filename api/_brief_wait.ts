/** How long a store may hold up a request, in ms (S7). */
const STORE_WAIT_MS = 50;

/** Waits for a store, but no longer than it may hold up a request. */
export class BriefWait {
  readonly #ms: number;
  #isLate = false;

  /** Waits so many milliseconds at most. */
  constructor(ms: number = STORE_WAIT_MS) {
    this.#ms = ms;
  }

  /**
   * Waits for work. Once that was too long nobody waits until it is done: one
   * request has found out for all.
   */
  async for(work: Promise<unknown>): Promise<void> {
    if (this.#isLate) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#isLate = true;
      resolve();
    }, this.#ms);
    const done = work.finally(() => {
      clearTimeout(timer);
      this.#isLate = false;
    });
    await Promise.race([done, promise]);
  }
}
