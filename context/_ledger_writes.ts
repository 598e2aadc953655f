import { type RowText, rowText } from "./_ledger_lines.ts";
import { LedgerPage, minuteOf, rowsOfPage } from "./_ledger_page.ts";
import { DatedSums, LedgerSums } from "./_ledger_sums.ts";
import type { LedgerRow } from "./ledger_row.ts";
import type { StateWrite } from "./state_store.ts";

/** What they come to is still exact: see how much one may. */
const MAX_ROWS = 2_000;
/** A row with many attempts may add as much again, twice over. */
const MAX_WRITES = 200;
const MAX_KEY_BYTES = 25_000;
/** A letter has up to three bytes. */
const MAX_LETTERS = 240_000;
/** What the key of a page takes up besides the id of its first row. */
const KEY_BYTES = 80;
const DAY_MS = 86_400_000;

/** What a {@linkcode LedgerBatch} writes. */
export interface BatchOptions {
  /** How long rows stay, in ms; sums of days stay ten times as long. */
  readonly retentionMs: number;
  /** Whether rows are written, and not just what budgets have spent. */
  readonly keepRows: boolean;
  /** The time, in ms since 1970. */
  readonly now: () => number;
  /** The sums of which the store has the deadline. @default {none} */
  readonly dated?: DatedSums;
}

/** Rows that wait, and what writes them: together with what they add to sums, so that these are always equal. */
export class LedgerBatch {
  readonly #options: BatchOptions;
  readonly #dated: DatedSums;
  readonly #sums = new LedgerSums();
  readonly #pages: LedgerPage[] = [];
  /** Those that rows are added to, by their minutes. */
  readonly #open = new Map<number, LedgerPage>();
  readonly #paid: LedgerRow[] = [];
  #rows = 0;
  #keyBytes = 0;
  #letters = 0;

  /** Begins with nothing. */
  constructor(options: BatchOptions) {
    this.#options = options;
    this.#dated = options.dated ?? new DatedSums();
  }

  /** How many rows it has. */
  get size(): number {
    return this.#rows;
  }

  /** Whether it takes no more. */
  get isFull(): boolean {
    return this.#rows >= MAX_ROWS || this.#letters >= MAX_LETTERS ||
      this.#pages.length + this.#sums.size >= MAX_WRITES ||
      this.#keyBytes + this.#sums.keyBytes >= MAX_KEY_BYTES;
  }

  /** Those of its rows that budgets pay for. */
  get paid(): readonly LedgerRow[] {
    return this.#paid;
  }

  /** Adds a row, with its line; in full where it has none yet. */
  add(row: LedgerRow, text: RowText = rowText(row)): void {
    this.#rows++;
    const minute = minuteOf(row.at);
    let page = this.#open.get(minute);
    if (page === undefined || !page.takes(text)) {
      page = new LedgerPage();
      this.#pages.push(page);
      this.#open.set(minute, page);
      this.#keyBytes += 2 * (KEY_BYTES + row.id.length);
    }
    this.#letters -= page.letters;
    page.add(row, text);
    this.#letters += page.letters;
    let isPaid = false;
    for (const { charges } of row.attempts) isPaid ||= charges !== undefined;
    if (isPaid) this.#paid.push(row);
    if (this.#options.keepRows) this.#sums.addRow(row);
    else for (const attempt of row.attempts) this.#sums.addCharges(attempt);
  }

  /** The lines of its rows, many at a time. */
  *texts(): Generator<string> {
    for (const page of this.#pages) yield page.text;
  }

  /** Its rows. */
  *rows(): Generator<LedgerRow> {
    for (const text of this.texts()) yield* rowsOfPage(text);
  }

  /** Each of its rows in a batch of its own, to find the one that a store will never take. */
  *parts(): Generator<LedgerBatch> {
    for (const row of this.rows()) {
      const part = new LedgerBatch(this.#options);
      part.add(row);
      yield part;
    }
  }

  /** All writes. */
  get writes(): StateWrite[] {
    const { retentionMs, keepRows, now } = this.#options;
    const at = now();
    const row = at + retentionMs;
    const day = at + 10 * retentionMs + DAY_MS;
    const pages = keepRows ? this.#pages.map((page) => page.write(row)) : [];
    return [...pages, ...this.#sums.writes(day, this.#dated)];
  }

  /** Notes that the store has them. */
  written(): void {
    this.#sums.noteIn(this.#dated);
  }
}
