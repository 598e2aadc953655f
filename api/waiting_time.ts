/**
 * How much of a request's time went by in waiting for others: its caller, a
 * deployment's turn, a provider. The rest is the gateway's own. Waits that
 * overlap, as those of two attempts do, count once.
 */
export class WaitingTime {
  #ms = 0;
  #under = 0;
  #since = 0;

  /** All of it so far, in ms; what is under way is left out. */
  get ms(): number {
    return this.#ms;
  }

  /** Waits for a promise; what was done before it was made is not counted. */
  async during<T>(promise: Promise<T>): Promise<T> {
    this.begin();
    try {
      return await promise;
    } finally {
      this.end();
    }
  }

  /** A wait begins, now or when it says; {@linkcode WaitingTime.end} must follow. For the ways that every request goes. */
  begin(at: number = performance.now()): void {
    if (this.#under++ === 0) this.#since = at;
  }

  /** A wait has ended; tells when, on the clock of `performance.now()`. */
  end(): number {
    const now = performance.now();
    if (--this.#under === 0) this.#ms += now - this.#since;
    return now;
  }

  /** Counts a wait that is over, in ms. */
  add(ms: number): void {
    this.#ms += ms;
  }

  /** Takes back what was work in the middle of a wait, in ms. */
  worked(ms: number): void {
    this.#ms -= ms;
  }
}
