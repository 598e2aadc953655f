import { DatedSums } from "./_ledger_sums.ts";
import type { RowText } from "./_ledger_lines.ts";
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
  #waiting: LedgerBatch[] = [];
  /** How many of those are written this time: what comes meanwhile waits for more to come. */
  #due = 0;
  /** What is being written. */
  #writing: LedgerBatch | undefined;
  #size = 0;
  #flushing: Promise<void> | undefined;
  #hasFailed = false;
  #flushedAt = -Infinity;
  #pauseMs = 0;

  constructor(options: LedgerWriterOptions) {
    this.#options = options;
  }

  /** How many rows wait. */
  get size(): number {
    return this.#size;
  }

  /**
   * Whether what waits is to be written: the more often there is something, the
   * more is written at a time, as each time costs a store as much as many rows.
   */
  get isDue(): boolean {
    return this.#flushing === undefined &&
      performance.now() - this.#flushedAt >= this.#pauseMs;
  }

  /** The lines of the rows that wait, many at a time. */
  *texts(): Generator<string> {
    if (this.#writing !== undefined) yield* this.#writing.texts();
    for (const batch of this.#waiting) yield* batch.texts();
  }

  /** Lets a row wait, with its line. */
  add(row: LedgerRow, text: RowText): void {
    let batch = this.#waiting.at(-1);
    if (batch === undefined || batch.isFull) {
      const { retentionMs, keepRows, now } = this.#options;
      const dated = this.#dated;
      batch = new LedgerBatch({ retentionMs, keepRows, now, dated });
      this.#waiting.push(batch);
    }
    batch.add(row, text);
    this.#size++;
  }

  /**
   * Writes what waits; resolves when the store has it, or has failed. What
   * comes meanwhile waits on, unless this is asked for again.
   *
   * @param onBatch Told of each part that the store has.
   */
  flush(onBatch: () => void): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    this.#due = this.#waiting.length;
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
    if (this.#hasFailed) this.#pauseMs = RETRY_MS;
    else if (isQuiet) this.#pauseMs = flushMs;
    else this.#pauseMs = Math.min(2 * this.#pauseMs, most);
  }

  async #flush(onBatch: () => void): Promise<void> {
    const { store, onWritten, onAlarm } = this.#options;
    while (this.#due > 0) {
      this.#due--;
      const batch = this.#waiting.shift();
      if (batch === undefined) return;
      this.#writing = batch;
      try {
        await store.commit({ writes: batch.writes });
        batch.written();
        this.#hasFailed = false;
        this.#done(batch);
        onWritten(batch.paid);
      } catch (cause) {
        this.#writing = undefined;
        if (isOdd(cause)) {
          this.#single(batch);
          continue;
        }
        this.#waiting.unshift(batch);
        // Once for each time that it fails, not for each try.
        if (!this.#hasFailed) onAlarm({ type: "store", cause });
        this.#hasFailed = true;
        return;
      }
      onBatch();
    }
  }

  /** Gives up what the store will never take: a row, once it is found. */
  #single(batch: LedgerBatch): void {
    const parts = [...batch.parts()];
    if (parts.length > 1) {
      this.#waiting.unshift(...parts);
      this.#due += parts.length;
      return;
    }
    const [row] = batch.rows();
    this.#done(batch);
    this.#options.onAlarm({ type: "dropped", id: row?.id ?? "" });
  }

  #done(batch: LedgerBatch): void {
    this.#writing = undefined;
    this.#size -= batch.size;
  }
}

/** Whether a store refuses what it is given, whenever it is tried. */
function isOdd(cause: unknown): boolean {
  return cause instanceof TypeError || cause instanceof RangeError ||
    cause instanceof StateError && cause.code === "too_large";
}
