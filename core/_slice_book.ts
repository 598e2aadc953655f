/** The counts of one key, in the ring of its newest slices. */
interface Entry {
  slice: number;
  readonly counts: Float64Array;
}

/** By so much, in ms, a clock may be slow; one that is further behind was set back. */
const MAX_SLOW_MS = 60_000;
/** How many entries are looked at in passing, for each that was added. */
const SWEPT_PER_ENTRY = 2;

/** How a {@linkcode SliceBook} counts. */
export interface SliceBookOptions {
  /** How many of the newest slices of a key are kept. */
  readonly span: number;
  /** Length of a slice, in milliseconds. */
  readonly sliceMs: number;
  /** How many keys there may be. */
  readonly maxKeys: number;
}

/** Counts by key and slice, for as many slices as matter and at most so many keys. */
export class SliceBook {
  readonly #span: number;
  readonly #sliceMs: number;
  readonly #maxKeys: number;
  readonly #entries = new Map<string, Entry>();
  #cursor: MapIterator<[string, Entry]>;

  /** Begins empty. */
  constructor({ span, sliceMs, maxKeys }: SliceBookOptions) {
    this.#span = span;
    this.#sliceMs = sliceMs;
    this.#maxKeys = maxKeys;
    this.#cursor = this.#entries.entries();
  }

  /** How many keys there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether something of this key could be counted. */
  hasRoomFor(key: string, slice: number): boolean {
    if (this.#entries.has(key)) return true;
    this.#sweep(slice);
    return this.#entries.size < this.#maxKeys;
  }

  /**
   * The slice that something of now is counted in. Whose clock is a window
   * behind the newest count, and only a little slow, is counted there. Where it
   * is far behind it was set back: then what was counted is taken to be of now,
   * so that nobody gets a second window, or waits for the clock to catch up (S5).
   */
  place(key: string, slice: number): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || slice > entry.slice - this.#span) return slice;
    const behind = entry.slice - slice;
    if (behind * this.#sliceMs <= MAX_SLOW_MS) return entry.slice;
    const counts = entry.counts.slice();
    for (let at = slice - this.#span + 1; at <= slice; at++) {
      entry.counts[this.#place(at)] = counts[this.#place(at + behind)]!;
    }
    entry.slice = slice;
    return slice;
  }

  /** The counts of the slices that span up to this one, the oldest first, and of any after it. */
  counts(key: string, slice: number): number[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [];
    const first = slice - this.#span + 1;
    const length = Math.max(this.#span, entry.slice - first + 1);
    if (length >= 2 * this.#span) return [...entry.counts];
    return Array.from({ length }, (_, i) => this.#count(entry, first + i));
  }

  /**
   * Adds to the count of a slice, which does not go below 0.
   *
   * @returns Whether there was room; without, nothing is counted.
   */
  add(key: string, slice: number, amount: number): boolean {
    const entry = this.#entries.get(key) ?? this.#make(key, slice);
    if (entry === undefined) return false;
    if (slice <= entry.slice - this.#span) return true;
    // Slices that were passed over begin anew.
    const from = Math.max(entry.slice + 1, slice - this.#span + 1);
    for (let at = from; at <= slice; at++) entry.counts[this.#place(at)] = 0;
    entry.slice = Math.max(entry.slice, slice);
    const place = this.#place(slice);
    entry.counts[place] = Math.max(0, entry.counts[place]! + amount);
    return true;
  }

  #count(entry: Entry, slice: number): number {
    const isKept = slice <= entry.slice && slice > entry.slice - this.#span;
    return isKept ? entry.counts[this.#place(slice)]! : 0;
  }

  #place(slice: number): number {
    return ((slice % this.#span) + this.#span) % this.#span;
  }

  #make(key: string, slice: number): Entry | undefined {
    if (!this.hasRoomFor(key, slice)) return undefined;
    const entry = { slice, counts: new Float64Array(this.#span) };
    this.#entries.set(key, entry);
    return entry;
  }

  #sweep(slice: number): void {
    const steps = Math.min(SWEPT_PER_ENTRY, this.#entries.size);
    for (let i = 0; i < steps; i++) {
      let { value } = this.#cursor.next();
      if (value === undefined) {
        this.#cursor = this.#entries.entries();
        ({ value } = this.#cursor.next());
      }
      const [key, entry] = value!;
      if (entry.slice <= slice - this.#span) this.#entries.delete(key);
    }
  }
}
