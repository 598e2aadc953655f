import { type Cells, RowSlab } from "./_row_slab.ts";

/** How {@linkcode KeyRows} are laid out, and what they mean. */
export interface KeyRowsOptions<T extends Cells> {
  /** Numbers in a row; the first is taken. */
  readonly width: number;
  /** How many keys may have a row. */
  readonly maxKeys: number;
  /** Makes an array of zeros. */
  readonly make: (length: number) => T;
  /** What a row weighs; 0 where it says no more than no row would. */
  readonly weight: (row: number, now: number) => number;
  /** Told of each row with weight that has to go. */
  readonly onEvicted: (row: number, now: number) => void;
}

/** How many rows a sweep looks at. */
const SWEPT = 2;
/** How many rows are looked at for one that can go. */
const CANDIDATES = 8;

/**
 * A row of numbers for each key, at most so many. Where there are too many,
 * the lightest of a few goes; rows without weight are swept away in passing.
 */
export class KeyRows<T extends Cells> {
  readonly #options: KeyRowsOptions<T>;
  readonly #slab: RowSlab<T>;
  readonly #rows = new Map<string, number>();
  #cursor: MapIterator<[string, number]>;
  #lives = 0;

  /** Makes an empty table. */
  constructor(options: KeyRowsOptions<T>) {
    this.#options = options;
    this.#slab = new RowSlab(options.width, options.make);
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

  /** The array that a row is in. */
  cells(row: number): T {
    return this.#slab.cells(row);
  }

  /** Where in its array a row begins; its own numbers follow after that place. */
  base(row: number): number {
    return this.#slab.base(row);
  }

  /** Differs for each row that was ever added, even where place and key are the same. */
  stamp(row: number): number {
    return this.#slab.cells(row)[this.#slab.base(row)]!;
  }

  /** A row of zeros for a key that has none. */
  add(key: string, now: number): number {
    if (this.#rows.size >= this.#options.maxKeys) this.#makeRoom(now);
    const row = this.#slab.take();
    this.#lives = (this.#lives + 1) >>> 0;
    this.#slab.cells(row)[this.#slab.base(row)] = this.#lives;
    this.#rows.set(key, row);
    return row;
  }

  /** Looks at the next few rows and frees those without weight. */
  sweep(now: number): void {
    for (let i = Math.min(SWEPT, this.#rows.size); i > 0; i--) {
      const [key, row] = this.#next();
      if (this.#options.weight(row, now) === 0) this.#remove(key, row);
    }
  }

  #makeRoom(now: number): void {
    let least = Infinity;
    let lightest: [string, number] | undefined;
    for (let i = Math.min(CANDIDATES, this.#rows.size); i > 0; i--) {
      const entry = this.#next();
      const weight = this.#options.weight(entry[1], now);
      if (weight >= least) continue;
      least = weight;
      lightest = entry;
      if (weight === 0) break;
    }
    if (lightest === undefined) return;
    if (least > 0) this.#options.onEvicted(lightest[1], now);
    this.#remove(...lightest);
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
