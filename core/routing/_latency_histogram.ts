/** Bounds grow by a quarter from 8 ms; the last bucket begins at about 4.5 minutes. */
const FIRST = 8;
const STEP = 1.25;
const BUCKETS = 48;
/** At so many samples all counts are halved, so that what is old fades. */
const FULL = 512;
const LOG_STEP = Math.log(STEP);

/** A distribution of times in 48 numbers, in which recent samples weigh most. */
export class LatencyHistogram {
  /** Absent while there is nothing in it. */
  #counts: Uint16Array | undefined;
  #total = 0;

  /** How many samples it stands for, 512 at most. */
  get count(): number {
    return this.#total;
  }

  /** Takes a time in milliseconds; what is negative or no number is passed over. */
  add(ms: number): void {
    if (!(ms >= 0)) return;
    const counts = this.#counts ??= new Uint16Array(BUCKETS);
    if (this.#total >= FULL) this.#halve(counts);
    const bucket = ms < FIRST
      ? 0
      : Math.min(BUCKETS - 1, 1 + Math.floor(Math.log(ms / FIRST) / LOG_STEP));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
    this.#total++;
  }

  /** The time below which a share of the samples lies, exact to a bucket's width of 25 %. */
  quantile(share: number): number | undefined {
    if (this.#counts === undefined) return undefined;
    const wanted = share * this.#total;
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const count = this.#counts[bucket] ?? 0;
      if (count > 0 && below + count >= wanted) {
        const low = bucket === 0 ? 0 : FIRST * STEP ** (bucket - 1);
        const high = FIRST * STEP ** bucket;
        return low + (high - low) * (wanted - below) / count;
      }
      below += count;
    }
    return FIRST * STEP ** (BUCKETS - 1);
  }

  #halve(counts: Uint16Array): void {
    this.#total = 0;
    let odd = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      // Halves are carried over: cut off, the thin tail would be lost first.
      const count = (counts[bucket] ?? 0) + odd;
      odd = count & 1;
      counts[bucket] = count >> 1;
      this.#total += count >> 1;
    }
  }
}
