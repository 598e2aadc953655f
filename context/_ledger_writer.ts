import type { SettledRow } from "./_ledger_page.ts";
import { DatedSums } from "./_ledger_sums.ts";
import { LedgerBatch } from "./_ledger_writes.ts";
import type { LedgerAlarm } from "./ledger_alarm.ts";
import type { LedgerRow } from "./ledger_row.ts";
import { StateError } from "./state_error.ts";
import type { StateStore } from "./state_store.ts";

/** What a {@linkcode LedgerWriter} works with. */
export interface LedgerWriterOptions {
  readonly store: StateStore;
  readonly retentionMs: number;
  readonly keepRows: boolean;
  readonly now: () => number;
  /** The least time between two times that it writes, in ms. */
  readonly flushMs: number;
  readonly onWritten: (rows: readonly LedgerRow[]) => void;
  readonly onAlarm: (alarm: LedgerAlarm) => void;
}

const RETRY_MS = 1_000;
/** The most time between two times, in least times. */
const MAX_PAUSES = 10;
/** After so many of the most times without a row it is quick again. */
const QUIET = 3;

/** Rows that wait for a store, and what writes them, many at a time. */
export class LedgerWriter {
  readonly #options: LedgerWriterOptions;
  readonly #dated = new DatedSums();
  #waiting: SettledRow[] = [];
  /** Rows that are being written. */
  #writing: readonly SettledRow[] = [];
  #flushing: Promise<void> | undefined;
  #hasFailed = false;
  /** So many rows are written alone, to find the one that the store will never take. */
  #oneByOne = 0;
  #flushedAt = -Infinity;
  #pauseMs = 0;

  constructor(options: LedgerWriterOptions) {
    this.#options = options;
  }

  /** How many rows wait. */
  get size(): number {
    return this.#waiting.length + this.#writing.length;
  }

  /**
   * Whether what waits is to be written: the more often there is something, the
   * more is written at a time, as each time costs a store as much as many rows.
   */
  get isDue(): boolean {
    return this.#flushing === undefined &&
      performance.now() - this.#flushedAt >= this.#pauseMs;
  }

  /** The rows that wait, in their order. */
  *rows(): Generator<SettledRow> {
    yield* this.#writing;
    yield* this.#waiting;
  }

  /** Lets a row wait. */
  add(row: SettledRow): void {
    this.#waiting.push(row);
  }

  /**
   * Writes what waits; resolves when the store has it, or has failed.
   *
   * @param onBatch Told of each part that the store has.
   */
  flush(onBatch: () => void): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return this.#flushing ??= this.#flush(onBatch).finally(() => {
      this.#flushing = undefined;
      this.#pause();
    });
  }

  #pause(): void {
    const { flushMs } = this.#options;
    const most = MAX_PAUSES * flushMs;
    const now = performance.now();
    const isQuiet = now - this.#flushedAt > QUIET * most;
    this.#flushedAt = now;
    if (this.#waiting.length > 0) this.#pauseMs = RETRY_MS;
    else if (isQuiet) this.#pauseMs = flushMs;
    else this.#pauseMs = Math.min(2 * this.#pauseMs, most);
  }

  async #flush(onBatch: () => void): Promise<void> {
    const { store, onWritten, onAlarm } = this.#options;
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await store.commit({ writes: batch.writes });
        batch.written();
        this.#hasFailed = false;
        const rows = this.#writing.map(({ row }) => row);
        this.#writing = [];
        onWritten(rows);
      } catch (cause) {
        const rows = this.#writing;
        this.#writing = [];
        if (isOdd(cause) && rows.length === 1) {
          onAlarm({ type: "dropped", id: rows[0]?.row.id ?? "" });
          continue;
        }
        this.#waiting = [...rows, ...this.#waiting];
        this.#oneByOne = isOdd(cause) ? rows.length : 0;
        if (this.#oneByOne > 0) continue;
        // Once for each time that it fails, not for each try.
        if (!this.#hasFailed) onAlarm({ type: "store", cause });
        this.#hasFailed = true;
        return;
      }
      onBatch();
    }
  }

  #takeBatch(): LedgerBatch {
    const { retentionMs, keepRows, now } = this.#options;
    const batch = new LedgerBatch({
      retentionMs,
      keepRows,
      now: now(),
      dated: this.#dated,
    });
    let taken = 0;
    for (const row of this.#waiting) {
      if (batch.isFull || taken > 0 && this.#oneByOne > 0) break;
      batch.add(row);
      taken++;
    }
    if (this.#oneByOne > 0) this.#oneByOne--;
    this.#writing = this.#waiting.slice(0, taken);
    this.#waiting = this.#waiting.slice(taken);
    return batch;
  }
}

/** Whether a store refuses what it is given, whenever it is tried. */
function isOdd(cause: unknown): boolean {
  return cause instanceof TypeError || cause instanceof RangeError ||
    cause instanceof StateError && cause.code === "too_large";
}
