/** Divides long work, so that whatever else waits gets its turn. */
export class Slices {
  readonly #ms: number;
  #since = performance.now();

  /** Takes how long a slice is at most, in ms. */
  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Lets others go on where this slice has been long enough. */
  breathe(): Promise<void> | undefined {
    if (performance.now() - this.#since < this.#ms) return undefined;
    return new Promise((resolve) =>
      setTimeout(() => {
        this.#since = performance.now();
        resolve();
      }, 0)
    );
  }
}
