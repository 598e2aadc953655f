import { LedgerPage, minuteOf, type SettledRow } from "./_ledger_page.ts";
import { DatedSums, LedgerSums } from "./_ledger_sums.ts";
import type { StateWrite } from "./state_store.ts";

const MAX_ROWS = 1_000;
/** A row with many attempts may add as much again, twice over. */
const MAX_WRITES = 200;
const MAX_KEY_BYTES = 25_000;
/** A letter has up to three bytes. */
const MAX_LETTERS = 240_000;
/** What the key of a page takes up besides the id of its first row. */
const KEY_BYTES = 80;
const DAY_MS = 86_400_000;

/** Writes that are made together: rows, and what they add to sums, so that these are always equal. */
export class LedgerBatch {
  readonly #sums = new LedgerSums();
  readonly #pages: LedgerPage[] = [];
  /** Those that rows are added to, by their minutes. */
  readonly #open = new Map<number, LedgerPage>();
  readonly #deadlines: { readonly row: number; readonly day: number };
  readonly #keepRows: boolean;
  readonly #dated: DatedSums;
  #rows = 0;
  #keyBytes = 0;
  #letters = 0;

  /** `retentionMs` for rows; sums of days stay ten times as long. */
  constructor({ retentionMs, keepRows, now, dated = new DatedSums() }: {
    readonly retentionMs: number;
    readonly keepRows: boolean;
    readonly now: number;
    readonly dated?: DatedSums;
  }) {
    this.#dated = dated;
    this.#keepRows = keepRows;
    const row = now + retentionMs;
    this.#deadlines = { row, day: now + 10 * retentionMs + DAY_MS };
  }

  /** Whether it takes no more. */
  get isFull(): boolean {
    return this.#rows >= MAX_ROWS || this.#letters >= MAX_LETTERS ||
      this.#pages.length + this.#sums.size >= MAX_WRITES ||
      this.#keyBytes + this.#sums.keyBytes >= MAX_KEY_BYTES;
  }

  /** Adds a row. */
  add(settled: SettledRow): void {
    this.#rows++;
    const { row } = settled;
    if (!this.#keepRows) {
      for (const attempt of row.attempts) this.#sums.addCharges(attempt);
      return;
    }
    const minute = minuteOf(row.at);
    let page = this.#open.get(minute);
    if (page === undefined || !page.takes(settled)) {
      page = new LedgerPage();
      this.#pages.push(page);
      this.#open.set(minute, page);
      this.#keyBytes += 2 * (KEY_BYTES + row.id.length);
    }
    page.add(settled);
    this.#letters += settled.text.length;
    this.#sums.addRow(row);
  }

  /** All writes. */
  get writes(): StateWrite[] {
    const { row, day } = this.#deadlines;
    const pages = this.#pages.map((page) => page.write(row));
    return [...pages, ...this.#sums.writes(day, this.#dated)];
  }

  /** Notes that the store has them. */
  written(): void {
    this.#sums.noteIn(this.#dated);
  }
}
