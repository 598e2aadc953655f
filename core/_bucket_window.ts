/**
 * Two counts over a sliding window of time: how many, and how many of them are
 * marked. The window moves on by whole buckets, so it covers between
 * `length - length / buckets` and `length` milliseconds. Its size is fixed,
 * whatever the traffic.
 */
export class BucketWindow {
  readonly #width: number;
  /** For each bucket the count and, beside it, the marked ones. */
  readonly #counts: number[];
  #bucket = 0;
  #total = 0;
  #marked = 0;

  /** Takes the length in milliseconds and the number of buckets. */
  constructor(length: number, buckets: number) {
    this.#width = length / buckets;
    this.#counts = new Array<number>(2 * buckets).fill(0);
  }

  /** How many were counted within the window. */
  get total(): number {
    return this.#total;
  }

  /** How many were marked within the window. */
  get marked(): number {
    return this.#marked;
  }

  /** Moves the window on to `now` and counts there. */
  add(now: number, counted: boolean, marked: boolean): void {
    const bucket = Math.floor(now / this.#width);
    if (bucket > this.#bucket) this.#advance(bucket);
    const at = this.#bucket * 2 % this.#counts.length;
    if (counted) {
      this.#counts[at]! += 1;
      this.#total++;
    }
    if (marked) {
      this.#counts[at + 1]! += 1;
      this.#marked++;
    }
  }

  /** Forgets all counts. */
  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#marked = 0;
  }

  /** Empties the buckets that have slid out. */
  #advance(bucket: number): void {
    const { length } = this.#counts;
    if (bucket - this.#bucket >= length / 2) {
      this.#bucket = bucket;
      if (this.#total > 0 || this.#marked > 0) this.clear();
      return;
    }
    while (this.#bucket < bucket) {
      this.#bucket++;
      const at = this.#bucket * 2 % length;
      this.#total -= this.#counts[at]!;
      this.#marked -= this.#counts[at + 1]!;
      this.#counts[at] = 0;
      this.#counts[at + 1] = 0;
    }
  }
}
