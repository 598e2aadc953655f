import { type Cells, RowSlab } from "./_row_slab.ts";

/** What of a row belongs to one limit. */
export interface RowPart {
  /** How many bytes it needs, a multiple of 8. */
  readonly bytes: number;
  /** Told whose rows they are, and where in each they begin. */
  place(rows: KeyRows, offset: number): void;
  /** The share of the limit that is used; 0 where the row says no more than none would. */
  weight(row: number, now: number): number;
  /** A row was added: all zeros. */
  added(row: number, now: number): void;
  /** A row with weight has to go. */
  evicted(row: number, now: number): void;
}

/** How many rows are looked at in passing, for each that was added. */
const SWEPT_PER_ROW = 2;
/** Every so many calls one row is looked at even where none was added. */
const CALLS_PER_ROW = 8;
/** How many rows are looked at for the one to go. */
const CANDIDATES = 8;
/** The stamp, and what makes it a multiple of 8. */
const HEAD_BYTES = 8;

/**
 * A row of numbers for each key, for all the limits that go by that key. Where
 * there are too many, the lightest of a few goes; rows without weight are swept
 * away in passing.
 */
export class KeyRows {
  readonly #parts: readonly RowPart[];
  readonly #maxKeys: number;
  readonly #slab: RowSlab;
  readonly #rows = new Map<string, number>();
  #cursor: MapIterator<[string, number]>;
  #lives = 0;
  #calls = 0;
  #toSweep = 0;

  /** Lays the parts out one after another. */
  constructor(parts: readonly RowPart[], maxKeys: number) {
    let bytes = HEAD_BYTES;
    for (const part of parts) {
      part.place(this, bytes);
      bytes += part.bytes;
    }
    this.#parts = parts;
    this.#maxKeys = maxKeys;
    this.#slab = new RowSlab(bytes);
    this.#cursor = this.#rows.entries();
  }

  /** How many keys have a row. */
  get size(): number {
    return this.#rows.size;
  }

  /** The row of a key, or -1. */
  find(key: string): number {
    return this.#rows.get(key) ?? -1;
  }

  /** The row of a key, which is made if need be. Removes none: see {@linkcode tidy}. */
  obtain(key: string, now: number): number {
    const found = this.find(key);
    if (found >= 0) return found;
    const row = this.#slab.take();
    this.#rows.set(key, row);
    this.#lives = (this.#lives + 1) >>> 0;
    this.cells(row).whole[this.base(row) >> 2] = this.#lives;
    this.#toSweep += SWEPT_PER_ROW;
    for (const part of this.#parts) part.added(row, now);
    return row;
  }

  /** The numbers that a row is among. */
  cells(row: number): Cells {
    return this.#slab.cells(row);
  }

  /** Where among them it begins, in bytes. */
  base(row: number): number {
    return this.#slab.base(row);
  }

  /** Differs for each row that was ever made, even where place and key are the same. */
  stamp(row: number): number {
    return this.cells(row).whole[this.base(row) >> 2]!;
  }

  /** To be called after rows were made: sweeps a little, and keeps to the most keys. */
  tidy(now: number): void {
    if (++this.#calls % CALLS_PER_ROW === 0) this.#toSweep++;
    if (this.#toSweep > 0) this.sweep(now, this.#toSweep);
    this.#toSweep = 0;
    while (this.#rows.size > this.#maxKeys) this.#evict(now);
  }

  /** Looks at the next so many rows and frees those without weight. */
  sweep(now: number, rows: number): void {
    for (let i = Math.min(rows, this.#rows.size); i > 0; i--) {
      const [key, row] = this.#next();
      if (this.#weight(row, now) === 0) this.#remove(key, row);
    }
  }

  #evict(now: number): void {
    let least = Infinity;
    let lightest: [string, number] | undefined;
    for (let i = Math.min(CANDIDATES, this.#rows.size); i > 0; i--) {
      const entry = this.#next();
      const weight = this.#weight(entry[1], now);
      if (weight >= least) continue;
      least = weight;
      lightest = entry;
    }
    if (lightest === undefined) return;
    for (const part of this.#parts) part.evicted(lightest[1], now);
    this.#remove(...lightest);
  }

  #weight(row: number, now: number): number {
    let most = 0;
    for (const part of this.#parts) {
      most = Math.max(most, part.weight(row, now));
    }
    return most;
  }

  /** The next entry, round and round; there must be one. */
  #next(): [string, number] {
    let { value } = this.#cursor.next();
    if (value === undefined) {
      this.#cursor = this.#rows.entries();
      ({ value } = this.#cursor.next());
    }
    return value!;
  }

  #remove(key: string, row: number): void {
    this.#rows.delete(key);
    this.#slab.give(row);
  }
}
