/** How many time series there may be, over all metrics of a collector. */
export class SeriesBudget {
  readonly #max: number;
  #used = 0;
  /** Updates and samples that found no room under their own labels. */
  folded = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** How many are taken, those reserved included. */
  get used(): number {
    return this.#used;
  }

  /** Takes some if there are as many. */
  take(count: number): boolean {
    if (this.#used + count > this.#max) return false;
    this.#used += count;
    return true;
  }

  /** Takes what a metric needs in any case. */
  reserve(count: number, name: string): void {
    if (this.take(count)) return;
    throw new RangeError(
      `Cannot declare metric '${name}': it needs ${count} series and ${
        this.#max - this.#used
      } of ${this.#max} are left`,
    );
  }
}
