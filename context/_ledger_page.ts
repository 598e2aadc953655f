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

/**
 * Rows that began in the same minute and are written together, as one value: a
 * JSON array in the order of time, as bytes, under the minute and the first of
 * them. To a store a value costs far more than what is in it.
 *
 * Rows wait as bytes too: thousands of them as objects would be moved again and
 * again by the engine.
 */
export class LedgerPage {
  #bytes = new Uint8Array(FIRST_BYTES);
  /** Where each row's JSON ends, and a comma follows. */
  readonly #ends: number[] = [];
  readonly #times: number[] = [];
  readonly #ids: string[] = [];
  #letters = 0;

  /** Whether it has room for a row with this JSON; an empty one has for any. */
  takes(text: string): boolean {
    return this.#letters === 0 || this.#letters + text.length <= PAGE_LETTERS;
  }

  /** Adds a row of its minute, with its JSON. */
  add({ at, id }: Pick<LedgerRow, "at" | "id">, text: string): void {
    const begin = this.#beginOf(this.#ends.length);
    // A letter has up to three bytes.
    const most = begin + 3 * text.length + 1;
    if (most > this.#bytes.length) this.#grow(most);
    const { written } = encoder.encodeInto(text, this.#bytes.subarray(begin));
    this.#bytes[begin + written] = COMMA;
    this.#ends.push(begin + written);
    this.#times.push(at);
    this.#ids.push(id);
    this.#letters += text.length + 1;
  }

  /** The JSON of each of its rows. */
  *texts(): Generator<string> {
    for (const row of this.#ends.keys()) {
      yield decoder.decode(this.#bytesOf(row, 0));
    }
  }

  /** What stores it. */
  write(deadline: number): StateWrite {
    const times = this.#times;
    const ids = this.#ids;
    const order = [...times.keys()].sort((a, b) =>
      compareRows({ at: times[a]!, id: ids[a]! }, {
        at: times[b]!,
        id: ids[b]!,
      })
    );
    const value = new Uint8Array(this.#beginOf(this.#ends.length) + 1);
    value[0] = OPENING;
    let end = 1;
    for (const row of order) {
      const bytes = this.#bytesOf(row, 1);
      value.set(bytes, end);
      end += bytes.length;
    }
    // In the place of the last comma.
    value[end - 1] = CLOSING;
    const [first] = order;
    const at = times[first!]!;
    const key = [...minuteKey(at), at, ids[first!]!];
    return { type: "set", key, value, deadline };
  }

  #beginOf(row: number): number {
    return row === 0 ? 0 : this.#ends[row - 1]! + 1;
  }

  /** A row's JSON, with so much of what follows it. */
  #bytesOf(row: number, more: number): Uint8Array {
    return this.#bytes.subarray(this.#beginOf(row), this.#ends[row]! + more);
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
