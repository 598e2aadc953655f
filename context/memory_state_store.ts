import {
  type CountRow,
  entryOf,
  isOver,
  spaceOf,
  type ValueRow,
  versionOf,
} from "./_memory_row.ts";
import { SortedRows } from "./_sorted_rows.ts";
import { encodeBatch, type EncodedWrite, OWN_PART } from "./_state_batch.ts";
import {
  cursorOf,
  encodeKey,
  encodeRowKey,
  isBelow,
  readCursor,
} from "./_state_key.ts";
import { deleteByCommit, setByCommit } from "./_single_write.ts";
import { takeLease } from "./_state_lease.ts";
import { listLimit, MAX_PAGE_BYTES } from "./_state_page.ts";
import { decodeValue } from "./_state_value.ts";
import { StateError } from "./state_error.ts";
import type { StateStatus } from "./state_status.ts";
import type {
  StateBatch,
  StateCommit,
  StateCount,
  StateEntry,
  StateKey,
  StateLease,
  StateLeaseOptions,
  StateListOptions,
  StatePage,
  StateSetOptions,
  StateStore,
  StateWrite,
} from "./state_store.ts";

/** How a {@linkcode MemoryStateStore} is made. */
export interface MemoryStateStoreOptions {
  /**
   * How many values and counts there may be; more are refused with `full`.
   *
   * @default {50_000}
   */
  readonly maxRows?: number;
  /**
   * How many bytes they may have together; more are refused with `full`.
   *
   * @default {67_108_864}
   */
  readonly maxBytes?: number;
  /** The clock, in milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/**
 * A store that lasts as long as its process, for tests and where nothing can be
 * written. It never waits.
 *
 * @example A value that ends
 * ```ts
 * import { MemoryStateStore } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * let now = 0;
 * const store = new MemoryStateStore({ now: () => now });
 * await store.set(["session", "a"], { user: 7 }, { deadline: 1_000 });
 * assertEquals((await store.get(["session", "a"]))?.value, { user: 7 });
 * now = 1_000;
 * assertEquals(await store.get(["session", "a"]), undefined);
 * ```
 */
export class MemoryStateStore implements StateStore {
  readonly #values = new SortedRows<ValueRow>();
  readonly #counts = new SortedRows<CountRow>();
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #now: () => number;
  #bytes = 0;
  #commits = 0;
  #isClosed = false;
  #since: number;

  /** Makes an empty store. */
  constructor(options: MemoryStateStoreOptions = {}) {
    this.#maxRows = options.maxRows ?? 50_000;
    this.#maxBytes = options.maxBytes ?? 67_108_864;
    this.#now = options.now ?? Date.now;
    this.#since = this.#now();
  }

  /** How the store does. */
  get status(): StateStatus {
    const mode = this.#isClosed ? "closed" : "memory";
    return { mode, since: this.#since, waiting: 0 };
  }

  /** Nobody else has it. */
  get isShared(): boolean {
    return false;
  }

  /** How many values and counts there are, those that are over included. */
  get size(): number {
    return this.#values.size + this.#counts.size;
  }

  /** Reads a value; see {@linkcode StateStore.get}. */
  // deno-lint-ignore require-await -- what is wrong rejects
  async get<T = unknown>(key: StateKey): Promise<StateEntry<T> | undefined> {
    this.#checkOpen();
    const row = this.#row(encodeRowKey(key));
    return row && entryOf<T>(row);
  }

  /** Reads a count; see {@linkcode StateStore.count}. */
  // deno-lint-ignore require-await -- what is wrong rejects
  async count(key: StateKey): Promise<number> {
    this.#checkOpen();
    return this.#counts.get(encodeRowKey(key))?.count ?? 0;
  }

  /** Reads values; see {@linkcode StateStore.list}. */
  // deno-lint-ignore require-await -- what is wrong rejects
  async list<T = unknown>(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateEntry<T>>> {
    const now = this.#now();
    return this.#page(this.#values, prefix, {
      ...options,
      read: (row) => isOver(row, now) ? undefined : entryOf<T>(row),
    });
  }

  /** Reads counts; see {@linkcode StateStore.listCounts}. */
  // deno-lint-ignore require-await -- what is wrong rejects
  async listCounts(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateCount>> {
    return this.#page(this.#counts, prefix, {
      ...options,
      read: ({ key, count }) => ({ key, count }),
    });
  }

  /** Stores a value; see {@linkcode StateStore.set}. */
  set(
    key: StateKey,
    value: unknown,
    options: StateSetOptions = {},
  ): Promise<string> {
    return setByCommit(this, { ...options, key, value });
  }

  /** Removes a value; see {@linkcode StateStore.delete}. */
  delete(key: StateKey): Promise<void> {
    return deleteByCommit(this, key);
  }

  /** Makes changes; see {@linkcode StateStore.commit}. */
  // deno-lint-ignore require-await -- what is wrong rejects
  async commit(batch: StateBatch): Promise<StateCommit> {
    this.#checkOpen();
    const { checks, writes } = encodeBatch(batch);
    for (const { id, version } of checks) {
      if ((this.#row(id)?.version ?? null) !== version) return { ok: false };
    }
    this.#makeRoom(writes);
    const version = versionOf(++this.#commits);
    for (const write of writes) this.#write(write, version);
    return { ok: true, version };
  }

  /** Takes a lease; see {@linkcode StateStore.lease}. */
  lease(
    key: StateKey,
    { ttlMs }: StateLeaseOptions,
  ): Promise<StateLease | undefined> {
    return takeLease(this, { key, ttlMs, now: this.#now });
  }

  /** Forgets everything. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#since = this.#now();
    return Promise.resolve();
  }

  /** What another store would have to be told to hold the same. */
  *writes(): Generator<StateWrite> {
    const now = this.#now();
    for (const row of this.#values.values()) {
      if (isOver(row, now)) continue;
      const { key, deadline } = row;
      yield { type: "set", key, value: decodeValue(row.value), deadline };
    }
    for (const { key, count: amount, deadline } of this.#counts.values()) {
      yield { type: "sum", key, amount, deadline };
    }
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StateError("closed", "The store is closed");
  }

  #row(id: string): ValueRow | undefined {
    const row = this.#values.get(id);
    return row && !isOver(row, this.#now()) ? row : undefined;
  }

  #page<R extends ValueRow | CountRow, E>(
    rows: SortedRows<R>,
    prefix: StateKey,
    options: StateListOptions & { readonly read: (row: R) => E | undefined },
  ): StatePage<E> {
    this.#checkOpen();
    const limit = listLimit(options);
    const { cursor, read } = options;
    const below = encodeKey(prefix);
    const after = cursor === undefined
      ? below
      : encodeKey(readCursor(cursor, prefix));
    const entries: E[] = [];
    let bytes = 0;
    for (const [id, row] of rows.from(after)) {
      if (id === after) continue;
      if (!isBelow(id, below)) break;
      const isHidden = prefix.length === 0 && row.key[0] === OWN_PART;
      const entry = isHidden ? undefined : read(row);
      if (entry === undefined) continue;
      entries.push(entry);
      bytes += row.size;
      if (entries.length === limit || bytes >= MAX_PAGE_BYTES) {
        return { entries, cursor: cursorOf(row.key) };
      }
    }
    return { entries };
  }

  #makeRoom(writes: readonly EncodedWrite[]): void {
    let rows = 0;
    let bytes = 0;
    for (const write of writes) {
      const { id, type } = write;
      if (type !== "set" && type !== "sum") continue;
      const before = (type === "sum" ? this.#counts : this.#values).get(id);
      if (before === undefined) rows++;
      bytes += spaceOf(write) - (before?.size ?? 0);
    }
    const fits = (): boolean =>
      this.size + rows <= this.#maxRows &&
      this.#bytes + bytes <= this.#maxBytes;
    if (rows === 0 && bytes <= 0) return;
    if (fits()) return;
    const now = this.#now();
    const isGone = (row: ValueRow | CountRow): boolean => {
      if (!isOver(row, now)) return false;
      this.#bytes -= row.size;
      return true;
    };
    this.#values.deleteWhere(isGone);
    this.#counts.deleteWhere(isGone);
    if (!fits()) throw new StateError("full", "The store in memory is full");
  }

  #write(write: EncodedWrite, version: string): void {
    const { id, key, type } = write;
    const size = spaceOf(write);
    if (type === "sum") {
      const count = this.#counts.get(id);
      if (count !== undefined) {
        count.count += write.amount;
        return;
      }
      const { amount, deadline } = write;
      this.#counts.set(id, { key, count: amount, deadline, size });
      this.#bytes += size;
      return;
    }
    this.#delete(type === "reset" ? this.#counts : this.#values, id);
    if (type !== "set") return;
    const { value, deadline } = write;
    this.#values.set(id, { key, value, version, deadline, size });
    this.#bytes += size;
  }

  #delete(rows: SortedRows<ValueRow> | SortedRows<CountRow>, id: string): void {
    this.#bytes -= rows.get(id)?.size ?? 0;
    rows.delete(id);
  }
}
