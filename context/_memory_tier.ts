/** What a memory tier has by a key, with what it takes. */
export interface MemoryRow {
  /** How many bytes it takes. */
  readonly bytes: number;
  /** When it is over for good, in milliseconds since 1970. */
  readonly overAt: number;
}

/** An entry: its value, or the JSON of it compressed. */
export interface ValueRow<V> extends MemoryRow {
  readonly at: number;
  readonly freshUntil: number;
  readonly value?: V;
  readonly packed?: Uint8Array;
}

/** Why something could not be loaded. */
export interface FailureRow extends MemoryRow {
  readonly error: unknown;
}

/** How much a memory tier may hold. */
export interface MemoryTierOptions {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/** How many of the least used are looked at for one that is over, before one that is not goes. */
const LOOKS = 8;

/** Rows in memory, bounded by their number and their bytes: the least recently used go first. */
export class MemoryTier<R extends MemoryRow> {
  /** In the order of their use. */
  readonly #rows = new Map<string, R>();
  readonly #options: MemoryTierOptions;
  #bytes = 0;

  constructor(options: MemoryTierOptions) {
    this.#options = options;
  }

  /** How many rows there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** How many bytes they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The row of a key, which counts as used. */
  use(key: string, now: number): R | undefined {
    const row = this.#rows.get(key);
    if (row === undefined) return undefined;
    this.#rows.delete(key);
    if (row.overAt <= now) {
      this.#bytes -= row.bytes;
      return undefined;
    }
    this.#rows.set(key, row);
    return row;
  }

  /** The row of a key, and nothing comes of it. */
  peek(key: string): R | undefined {
    return this.#rows.get(key);
  }

  /** Puts a row in place of any other; false where it is too large for all of the tier. */
  put(key: string, row: R, now: number): boolean {
    this.delete(key);
    const { maxBytes, maxEntries } = this.#options;
    if (row.bytes > maxBytes || maxEntries < 1) return false;
    this.#rows.set(key, row);
    this.#bytes += row.bytes;
    if (this.#rows.size > maxEntries) this.#evict(now);
    this.shrink(maxBytes, now);
    return true;
  }

  /** Removes a row. */
  delete(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#rows.delete(key);
    this.#bytes -= row.bytes;
  }

  /** Removes rows until they take no more bytes than this. */
  shrink(bytes: number, now: number): void {
    while (this.#bytes > bytes) this.#evict(now);
  }

  /** Removes all. */
  clear(): void {
    this.#rows.clear();
    this.#bytes = 0;
  }

  /** Removes one: of the least recently used few one that is over, else the first. */
  #evict(now: number): void {
    let looks = 0;
    let first: string | undefined;
    for (const [key, row] of this.#rows) {
      first ??= key;
      if (row.overAt <= now) return this.delete(key);
      if (++looks === LOOKS) break;
    }
    if (first !== undefined) this.delete(first);
  }
}
