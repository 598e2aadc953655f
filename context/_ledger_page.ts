import { dayOf, LEDGER, PAGES } from "./_ledger_keys.ts";
import { compareRows, RowMerge } from "./_row_merge.ts";
import type { LedgerRow } from "./ledger_row.ts";
import { StateError } from "./state_error.ts";
import type { StateKey, StateStore, StateWrite } from "./state_store.ts";

const MINUTE_MS = 60_000;
/** With so many letters a page is full: mostly it fits into one row of the store. */
const PAGE_LETTERS = 48_000;
/** How many pages are read at once, unless they come to some megabytes before. */
const PAGES_AT_ONCE = 1_000;
/** What the room for a page's bytes begins with. */
const FIRST_BYTES = 4_096;
const OPENING = 0x5b;
const COMMA = 0x2c;
const CLOSING = 0x5d;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A row, and where in its page its JSON is; a comma follows. */
interface PlacedRow extends Pick<LedgerRow, "at" | "id"> {
  readonly begin: number;
  readonly end: number;
}

/**
 * Rows that began in the same minute and are written together, as one value: a
 * JSON array in the order of time, as bytes, under the minute and the first of
 * them. To a store a value costs far more than what is in it.
 *
 * Rows wait as bytes too: thousands of them with all that is in them would be
 * moved again and again by the engine.
 */
export class LedgerPage {
  #bytes = new Uint8Array(FIRST_BYTES);
  readonly #rows: PlacedRow[] = [];
  #end = 0;
  #letters = 0;

  /** Whether it has room for a row with this JSON; an empty one has for any. */
  takes(text: string): boolean {
    return this.#letters === 0 || this.#letters + text.length <= PAGE_LETTERS;
  }

  /** Adds a row of its minute, with its JSON. */
  add({ at, id }: Pick<LedgerRow, "at" | "id">, text: string): void {
    const begin = this.#end;
    // A letter has up to three bytes.
    const most = begin + 3 * text.length + 1;
    if (most > this.#bytes.length) this.#grow(most);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(begin));
    const end = begin + written;
    this.#bytes[end] = COMMA;
    this.#end = end + 1;
    this.#rows.push({ at, id, begin, end });
    this.#letters += text.length + 1;
  }

  /** The JSON of each of its rows. */
  *texts(): Generator<string> {
    for (const { begin, end } of this.#rows) {
      yield decoder.decode(this.#bytes.subarray(begin, end));
    }
  }

  /** What stores it. */
  write(deadline: number): StateWrite {
    const rows = this.#rows.toSorted(compareRows);
    const value = new Uint8Array(this.#end + 1);
    value[0] = OPENING;
    let filled = 1;
    for (const { begin, end } of rows) {
      value.set(this.#bytes.subarray(begin, end + 1), filled);
      filled += end + 1 - begin;
    }
    // In the place of the last comma.
    value[filled - 1] = CLOSING;
    const { at, id } = rows[0]!;
    const key = [...minuteKey(at), at, id];
    return { type: "set", key, value, deadline };
  }

  #grow(least: number): void {
    const bytes = new Uint8Array(Math.max(least, 2 * this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
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
    yield parsed(value);
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

function parsed(page: Uint8Array): LedgerRow[] {
  try {
    return JSON.parse(decoder.decode(page));
  } catch (cause) {
    throw new StateError("unreadable", "A page of the ledger is not JSON", {
      cause,
    });
  }
}
