import { type CacheRow, decodeCacheRow, encodeCacheRow } from "./_cache_row.ts";
import { inTime } from "./_in_time.ts";
import type { StateKey, StateStore, StateWrite } from "./state_store.ts";

/** How a cache uses a store. */
export interface StoreTierOptions {
  readonly store: StateStore;
  /** What all its keys begin with. */
  readonly prefix: StateKey;
  /** How long a read is waited for, in milliseconds. */
  readonly withinMs: number;
  /** The most bytes that may be written in `windowMs`. */
  readonly maxBytes: number;
  /** How long an entry lives at most, in milliseconds. */
  readonly windowMs: number;
  readonly now: () => number;
}

/** The largest row that a store takes, in bytes. */
const MAX_ROW = 576 * 1024;
/** How much is written at a time, and how much may wait. */
const MAX_BATCH_BYTES = 600 * 1024;
const MAX_BATCH_ROWS = 100;
const MAX_WAITING_BYTES = 8 * 1024 * 1024;
const WRITE_AFTER_MS = 100;
/** How long a store that failed, or was late, is left alone. */
const REST_MS = 1_000;

/** The part of a cache that outlives the process: nothing depends on it, and nobody waits long for it. */
export class StoreTier {
  readonly #options: StoreTierOptions;
  /** What waits to be written, `undefined` to be removed. */
  #waiting = new Map<string, Uint8Array>();
  #waitingBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #restsUntil = -Infinity;
  /** How many bytes were written since when: they bound what is there. */
  #windowBytes = 0;
  #windowFrom = -Infinity;
  #failures = 0;

  constructor(options: StoreTierOptions) {
    this.#options = options;
  }

  /** How often it was of no use, or an entry was not written. */
  get failures(): number {
    return this.#failures;
  }

  /** Reads a row, unless that takes too long; `late` is told of one that came after that. */
  async read(
    key: string,
    late: (row: CacheRow) => void,
  ): Promise<CacheRow | undefined> {
    const { now, store, withinMs: ms } = this.#options;
    const waiting = this.#waiting.get(key);
    if (waiting !== undefined) return decodeCacheRow(waiting);
    if (now() < this.#restsUntil) return undefined;
    let isLate = false;
    const reading = store.get(this.#key(key)).then((entry) => {
      const row = decodeCacheRow(entry?.value);
      if (isLate && row !== undefined) late(row);
      return row;
    }, () => this.#rest());
    return await inTime(reading, {
      ms,
      late: () => {
        isLate = true;
        return this.#rest();
      },
    });
  }

  /** Writes a row soon, unless too much is to be written. */
  write(key: string, row: CacheRow): void {
    const bytes = encodeCacheRow(row);
    const before = this.#waiting.get(key)?.length ?? 0;
    const waiting = this.#waitingBytes + bytes.length - before;
    if (bytes.length > MAX_ROW) return;
    if (waiting > MAX_WAITING_BYTES || !this.#mayWrite(bytes.length)) {
      this.#failures++;
      return;
    }
    this.#waiting.set(key, bytes);
    this.#waitingBytes = waiting;
    this.#timer ??= setTimeout(() => this.#flush(), WRITE_AFTER_MS);
  }

  /** Removes everything. */
  async clear(): Promise<void> {
    this.#waiting.clear();
    this.#waitingBytes = 0;
    await this.#writing;
    const { store, prefix } = this.#options;
    for (;;) {
      const { entries, cursor } = await store.list(prefix, { limit: 200 });
      const writes = entries.map((
        { key },
      ) => ({ type: "delete", key } as const));
      if (writes.length > 0) await store.commit({ writes });
      if (cursor === undefined) return;
    }
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  #key(key: string): StateKey {
    return [...this.#options.prefix, key];
  }

  #rest(): undefined {
    this.#failures++;
    this.#restsUntil = this.#options.now() + REST_MS;
  }

  /** Whatever was written in the window before this one is over by its end. */
  #mayWrite(bytes: number): boolean {
    const { now, windowMs, maxBytes } = this.#options;
    const time = now();
    if (time - this.#windowFrom >= windowMs || time < this.#windowFrom) {
      this.#windowFrom = time;
      this.#windowBytes = 0;
    }
    if (this.#windowBytes + bytes > maxBytes / 2) return false;
    this.#windowBytes += bytes;
    return true;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const rows = this.#waiting;
    if (rows.size === 0) return;
    this.#waiting = new Map();
    this.#waitingBytes = 0;
    this.#writing = this.#writing.then(() => this.#write(rows));
  }

  async #write(rows: ReadonlyMap<string, Uint8Array>): Promise<void> {
    let writes: StateWrite[] = [];
    let bytes = 0;
    const commit = async (): Promise<void> => {
      if (writes.length === 0) return;
      await this.#options.store.commit({ writes }).catch(() => {
        this.#failures += writes.length;
      });
      writes = [];
      bytes = 0;
    };
    for (const [name, value] of rows) {
      const isFull = bytes + value.length > MAX_BATCH_BYTES;
      if (isFull || writes.length === MAX_BATCH_ROWS) await commit();
      const deadline = decodeCacheRow(value)?.overAt;
      writes.push({ type: "set", key: this.#key(name), value, deadline });
      bytes += value.length;
    }
    await commit();
  }
}
