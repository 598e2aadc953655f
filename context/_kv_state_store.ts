import type { KvCalls } from "./_kv_calls.ts";
import { keyOf, type KvLayout, partsOf } from "./_kv_layout.ts";
import { commitPlan, type KvPlan, planBatch } from "./_kv_plan.ts";
import {
  type KvPlace,
  readCount,
  readStored,
  storedOf,
  type StoredValue,
  toEntry,
} from "./_kv_read.ts";
import { sweepDue, sweepParts } from "./_kv_sweep.ts";
import { isOver, readKvValue } from "./_kv_value.ts";
import { encodeBatch, type EncodedBatch, OWN_PART } from "./_state_batch.ts";
import { cursorOf, encodeKey, encodeRowKey, readCursor } from "./_state_key.ts";
import { deleteByCommit, setByCommit } from "./_single_write.ts";
import { takeLease } from "./_state_lease.ts";
import { listLimit, MAX_PAGE_BYTES } from "./_state_page.ts";
import { Sweeper } from "./_sweeper.ts";
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
} from "./state_store.ts";

/** What a {@linkcode KvStateStore} works on. */
export interface KvStateStoreOptions {
  readonly kv: Deno.Kv;
  readonly layout: KvLayout;
  readonly calls: KvCalls;
  readonly now: () => number;
  readonly random: () => number;
  /** How often what is over is swept, in milliseconds. */
  readonly sweepEveryMs: number;
  /** Whether to close waits for the thread of a local file. */
  readonly isLocal: boolean;
}

/** How many rows a sweep looks at. */
const SWEPT_AT_ONCE = 100;
/** How many rows a page looks at, those that are over included. */
const MAX_SCANNED = 1_000;
/** How long what is under way may take at the end, in milliseconds. */
const CLOSE_MS = 2_000;

/** A store in Deno KV. Where it is makes no difference here. */
export class KvStateStore implements StateStore {
  readonly #kv: Deno.Kv;
  readonly #layout: KvLayout;
  readonly #place: KvPlace;
  readonly #calls: KvCalls;
  readonly #now: () => number;
  readonly #sweeper: Sweeper;
  readonly #isLocal: boolean;
  #partsCursor: string | undefined;

  /** Takes over an open database, the schema of which was checked. */
  constructor(options: KvStateStoreOptions) {
    this.#kv = options.kv;
    this.#layout = options.layout;
    this.#place = options;
    this.#calls = options.calls;
    this.#now = options.now;
    this.#isLocal = options.isLocal;
    this.#sweeper = new Sweeper({
      sweep: () => this.sweep(),
      everyMs: options.sweepEveryMs,
      random: options.random,
    });
  }

  /** Reads a value; see {@linkcode StateStore.get}. */
  async get<T = unknown>(key: StateKey): Promise<StateEntry<T> | undefined> {
    encodeRowKey(key);
    const row = await this.#calls.read(() => readStored(this.#place, key));
    return row && !isOver(row, this.#now()) ? toEntry<T>(row) : undefined;
  }

  /** Reads a count; see {@linkcode StateStore.count}. */
  async count(key: StateKey): Promise<number> {
    encodeRowKey(key);
    const row = await this.#calls.read(() =>
      this.#kv.get(this.#layout.count(key))
    );
    return readCount(row.value);
  }

  /** Reads values; see {@linkcode StateStore.list}. */
  async list<T = unknown>(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateEntry<T>>> {
    const now = this.#now();
    const page = await this.#page("v", prefix, {
      ...options,
      read: async (key, entry) => {
        const row = storedOf(entry, key);
        if (row === undefined || isOver(row, now)) return undefined;
        return row.parts === 0 ? row : await readStored(this.#place, key);
      },
      sizeOf: ({ bytes }: StoredValue) => bytes.length,
    });
    return { ...page, entries: page.entries.map(toEntry<T>) };
  }

  /** Reads counts; see {@linkcode StateStore.listCounts}. */
  async listCounts(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateCount>> {
    return await this.#page("c", prefix, {
      ...options,
      read: (key, { value }) =>
        Promise.resolve({ key, count: readCount(value) }),
      sizeOf: () => 0,
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
  async commit(batch: StateBatch): Promise<StateCommit> {
    const encoded = encodeBatch(batch);
    let plan = planBatch(encoded, { layout: this.#layout, now: this.#now() });
    for (;;) {
      const version = await this.#calls.write(() => commitPlan(this.#kv, plan));
      if (version !== undefined) return { ok: true, version };
      const other = await this.#withoutOver(encoded, plan);
      if (other === undefined) return { ok: false };
      plan = other;
    }
  }

  /** Takes a lease; see {@linkcode StateStore.lease}. */
  lease(
    key: StateKey,
    { ttlMs }: StateLeaseOptions,
  ): Promise<StateLease | undefined> {
    return takeLease(this, { key, ttlMs, now: this.#now });
  }

  /** Sweeps a little of what is over; tells whether there is more. */
  async sweep(): Promise<boolean> {
    const options = {
      kv: this.#kv,
      layout: this.#layout,
      now: this.#now(),
      limit: SWEPT_AT_ONCE,
    };
    const looked = await this.#calls.write(() => sweepDue(options));
    this.#partsCursor = await this.#calls.write(() =>
      sweepParts(options, this.#partsCursor)
    );
    return looked === SWEPT_AT_ONCE || this.#partsCursor !== undefined;
  }

  /**
   * Ends the store's work. A file that another process holds stays open until
   * this process ends: to close it would stop the event loop until it is free.
   */
  async close(): Promise<void> {
    const stopped = this.#sweeper.stop();
    const ping = (): Promise<unknown> => this.#kv.get(this.#layout.all("v"));
    if (this.#isLocal) this.#calls.read(ping).catch(() => {});
    const isDone = await this.#calls.close(CLOSE_MS);
    if (isDone || !this.#isLocal) this.#kv.close();
    if (isDone) await stopped;
  }

  /** The plan that takes values which are over for none; `undefined` when there are none. */
  async #withoutOver(
    { checks }: EncodedBatch,
    plan: KvPlan,
  ): Promise<KvPlan | undefined> {
    let isOther = false;
    const renewed = await Promise.all(plan.checks.map(async (check, at) => {
      if (checks[at]?.version !== null) return check;
      const { value, versionstamp } = await this.#calls.read(() =>
        this.#kv.get(check.key)
      );
      const isNone = versionstamp === null ||
        isOver(readKvValue(value), this.#now());
      if (!isNone || versionstamp === check.versionstamp) return check;
      isOther = true;
      return { ...check, versionstamp };
    }));
    return isOther ? { ...plan, checks: renewed } : undefined;
  }

  #page<R, E>(
    kind: "v" | "c",
    prefix: StateKey,
    options: StateListOptions & {
      readonly read: (
        key: StateKey,
        row: Deno.KvEntry<unknown>,
      ) => Promise<E | undefined>;
      readonly sizeOf: (entry: E) => number;
    },
  ): Promise<StatePage<E>> {
    const limit = listLimit(options);
    encodeKey(prefix);
    const { cursor, read, sizeOf } = options;
    const after = cursor === undefined ? undefined : readCursor(cursor, prefix);
    const all = this.#layout.all(kind);
    const within = [...all, ...partsOf(prefix)];
    const selector = after
      ? { prefix: within, start: [...all, ...after] }
      : { prefix: within };
    const afterId = after && encodeKey(after);
    return this.#calls.read(async () => {
      const entries: E[] = [];
      let bytes = 0;
      let scanned = 0;
      const rows = this.#kv.list(selector, {
        batchSize: Math.min(limit + 1, 100),
      });
      for await (const row of rows) {
        const key = keyOf(row.key);
        if (afterId !== undefined && encodeKey(key) === afterId) continue;
        const isHidden = prefix.length === 0 && key[0] === OWN_PART;
        const entry = isHidden ? undefined : await read(key, row);
        if (entry !== undefined) {
          entries.push(entry);
          bytes += sizeOf(entry);
        }
        const isFull = entries.length === limit || bytes >= MAX_PAGE_BYTES;
        if (isFull || ++scanned === MAX_SCANNED) {
          return { entries, cursor: cursorOf(key) };
        }
      }
      return { entries };
    });
  }
}
