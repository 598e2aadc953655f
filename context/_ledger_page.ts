import { ToldForms } from "./_ledger_forms.ts";
import { dayOf, LEDGER, PAGES } from "./_ledger_keys.ts";
import { LineReader, type RowText } from "./_ledger_lines.ts";
import { compareRows, RowMerge } from "./_row_merge.ts";
import type { LedgerRow } from "./ledger_row.ts";
import { StateError } from "./state_error.ts";
import type { StateKey, StateStore, StateWrite } from "./state_store.ts";

const MINUTE_MS = 60_000;
/** With so many letters a page is full: mostly it fits into one row of the store. */
const PAGE_LETTERS = 48_000;
/** How many pages are read at once, unless they come to some megabytes before. */
const PAGES_AT_ONCE = 1_000;
/** So many letters are made bytes at a time. */
const PART_LETTERS = 4_096;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Rows that began in the same minute and are written together, as one value:
 * their lines as bytes, under the minute and the first of them. To a store a
 * value costs far more than what is in it.
 *
 * Rows wait as bytes too: thousands of them with all that is in them would be
 * moved again and again by the engine.
 */
export class LedgerPage {
  readonly #parts: Uint8Array[] = [];
  /** Lines that are not among the bytes yet. */
  #lines = "";
  #letters = 0;
  #first: Pick<LedgerRow, "at" | "id"> = { at: Infinity, id: "" };
  readonly #told = new ToldForms();

  /** How many letters it has. */
  get letters(): number {
    return this.#letters;
  }

  /** Whether it has room for a row; an empty one has for any. */
  takes({ line, form }: RowText): boolean {
    const more = line.length + (form?.line.length ?? 0);
    return this.#letters === 0 || this.#letters + more <= PAGE_LETTERS;
  }

  /** Adds a row of its minute. */
  add(row: Pick<LedgerRow, "at" | "id">, { line, form }: RowText): void {
    const lines = this.#told.before(form) + line;
    this.#lines += lines;
    this.#letters += lines.length;
    if (this.#lines.length >= PART_LETTERS) this.#encode();
    if (compareRows(row, this.#first) < 0) this.#first = row;
  }

  /** The lines of its rows. */
  get text(): string {
    return decoder.decode(this.#bytes());
  }

  /** What stores it. */
  write(deadline: number): StateWrite {
    const { at, id } = this.#first;
    const key = [...minuteKey(at), at, id];
    return { type: "set", key, value: this.#bytes(), deadline };
  }

  #encode(): void {
    this.#parts.push(encoder.encode(this.#lines));
    this.#lines = "";
  }

  #bytes(): Uint8Array {
    this.#encode();
    const size = this.#parts.reduce((sum, { length }) => sum + length, 0);
    const bytes = new Uint8Array(size);
    let filled = 0;
    for (const part of this.#parts) {
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }
}

/** The minute of a time, in ms since 1970. */
export function minuteOf(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}

/** What the names of a minute's pages begin with. */
export function minuteKey(at: number): StateKey {
  return [PAGES, dayOf(at), minuteOf(at)];
}

/**
 * The name of a row that is a value of its own, as older programs write them.
 * They are read where they are, as long as they are kept: programs of both kinds
 * may share a store while machines are upgraded one by one.
 */
export function rowKey({ at, id }: Pick<LedgerRow, "at" | "id">): StateKey {
  return [LEDGER, dayOf(at), at, id];
}

/**
 * The rows of a day, in the order of time: of a minute, no pages are held but
 * those that overlap.
 *
 * @throws {StateError} when the store cannot be read.
 */
export function rowsOfDay(
  store: StateStore,
  day: string,
): AsyncGenerator<LedgerRow> {
  return merged(pagedRows(store, day), singleRows(store, day));
}

/**
 * The pages below a prefix, in the order of their first rows.
 *
 * @throws {StateError} when the store cannot be read.
 */
export async function* readPages(
  store: StateStore,
  prefix: StateKey,
): AsyncGenerator<LedgerRow[]> {
  for await (const value of valuesBelow<Uint8Array>(store, prefix)) {
    yield rowsOfPage(decoder.decode(value));
  }
}

async function* pagedRows(
  store: StateStore,
  day: string,
): AsyncGenerator<LedgerRow> {
  const merge = new RowMerge();
  for await (const rows of readPages(store, [PAGES, day])) {
    // No later page has a row before the first of this one.
    if (rows.length > 0) yield* merge.take(rows[0]);
    merge.add(rows);
  }
  yield* merge.take();
}

/** Those that older programs wrote, one by one. */
function singleRows(
  store: StateStore,
  day: string,
): AsyncGenerator<LedgerRow> {
  return valuesBelow<LedgerRow>(store, [LEDGER, day]);
}

async function* merged(
  rows: AsyncGenerator<LedgerRow>,
  others: AsyncGenerator<LedgerRow>,
): AsyncGenerator<LedgerRow> {
  let row = await rows.next();
  let other = await others.next();
  while (!row.done && !other.done) {
    if (compareRows(row.value, other.value) <= 0) {
      yield row.value;
      row = await rows.next();
    } else {
      yield other.value;
      other = await others.next();
    }
  }
  if (!row.done) yield row.value;
  if (!other.done) yield other.value;
  yield* rows;
  yield* others;
}

async function* valuesBelow<T>(
  store: StateStore,
  prefix: StateKey,
): AsyncGenerator<T> {
  let cursor: string | undefined;
  do {
    const page = await store.list<T>(prefix, { limit: PAGES_AT_ONCE, cursor });
    for (const { value } of page.entries) yield value;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/**
 * The rows of a page, in the order of time. Older programs wrote them as a JSON
 * array.
 *
 * @throws {StateError} when it is no page.
 */
export function rowsOfPage(text: string): LedgerRow[] {
  try {
    if (text.startsWith("[{")) return JSON.parse(text);
    const reader = new LineReader();
    const rows: LedgerRow[] = [];
    for (const each of text.trimEnd().split("\n")) {
      const line = reader.read(each);
      if (line !== undefined && "settled" in line) rows.push(line.settled);
    }
    return rows.sort(compareRows);
  } catch (cause) {
    throw new StateError("unreadable", "A page of the ledger is not one", {
      cause,
    });
  }
}
