import type { KvCalls } from "./_kv_calls.ts";
import { toEntry } from "./_kv_read.ts";
import { isOver } from "./_kv_value.ts";
import type { RedisClient } from "./_redis_client.ts";
import {
  found,
  idBytes,
  rowKeys,
  rowOf,
  storedCount,
  storedRow,
} from "./_redis_row.ts";
import { COMMIT, PAGE, SWEEP, VERSION_CHARS } from "./_redis_scripts.ts";
import { encodeBatch, type EncodedWrite, OWN_PART } from "./_state_batch.ts";
import {
  cursorOf,
  decodeKey,
  encodeKey,
  encodeRowKey,
  readCursor,
} from "./_state_key.ts";
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

/** What a {@linkcode RedisStateStore} works on. */
export interface RedisStateStoreOptions {
  readonly client: RedisClient;
  readonly calls: KvCalls;
  /** Under which version of the schema the rows are. */
  readonly version: number;
  readonly now: () => number;
  readonly random: () => number;
  /** How often what is over is swept, in milliseconds. */
  readonly sweepEveryMs: number;
}

const SWEPT_AT_ONCE = 100;
/** By how much the clocks of machines may differ before one sweeps too early. */
const CLOCKS_DIFFER_MS = 60_000;
/** How long what is under way may take at the end, in milliseconds. */
const CLOSE_MS = 2_000;

/** A store in Redis or Valkey, a cluster included. */
export class RedisStateStore implements StateStore {
  readonly #client: RedisClient;
  readonly #calls: KvCalls;
  readonly #keys: string[];
  readonly #now: () => number;
  readonly #sweeper: Sweeper;

  /** Takes over a connection, the schema behind which was checked. */
  constructor(options: RedisStateStoreOptions) {
    this.#client = options.client;
    this.#calls = options.calls;
    this.#keys = rowKeys(options.version);
    this.#now = options.now;
    this.#sweeper = new Sweeper({
      sweep: () => this.sweep(),
      everyMs: options.sweepEveryMs,
      random: options.random,
    });
  }

  /** Reads a value; see {@linkcode StateStore.get}. */
  async get<T = unknown>(key: StateKey): Promise<StateEntry<T> | undefined> {
    const id = encodeRowKey(key);
    const row = await this.#read(0, id);
    if (row === null) return undefined;
    const stored = storedRow(id, row);
    return isOver(stored, this.#now()) ? undefined : toEntry<T>(stored);
  }

  /** Reads a count; see {@linkcode StateStore.count}. */
  async count(key: StateKey): Promise<number> {
    const row = await this.#read(2, encodeRowKey(key));
    return row === null ? 0 : storedCount(row);
  }

  /** Reads values; see {@linkcode StateStore.list}. */
  async list<T = unknown>(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateEntry<T>>> {
    const now = this.#now();
    return await this.#page("v", prefix, {
      ...options,
      read: (id, row) => {
        const stored = storedRow(id, row);
        return isOver(stored, now) ? undefined : toEntry<T>(stored);
      },
    });
  }

  /** Reads counts; see {@linkcode StateStore.listCounts}. */
  async listCounts(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateCount>> {
    return await this.#page("c", prefix, {
      ...options,
      read: (id, row) => ({ key: decodeKey(id), count: storedCount(row) }),
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
    const { checks, writes } = encodeBatch(batch);
    const version = newVersion();
    const args: (string | number | Uint8Array)[] = [
      this.#now(),
      version,
      checks.length,
    ];
    for (const { id, version } of checks) args.push(idBytes(id), version ?? "");
    for (const write of writes) args.push(...argumentsOf(write));
    const done = await this.#calls.write(() =>
      this.#client.run(COMMIT, { keys: this.#keys, args })
    );
    return done === 1 ? { ok: true, version } : { ok: false };
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
    const args = [this.#now() - CLOCKS_DIFFER_MS, SWEPT_AT_ONCE];
    const swept = await this.#calls.write(() =>
      this.#client.run(SWEEP, { keys: this.#keys, args })
    );
    return swept === SWEPT_AT_ONCE;
  }

  /** Ends the store's work. */
  async close(): Promise<void> {
    const stopped = this.#sweeper.stop();
    const isDone = await this.#calls.close(CLOSE_MS);
    await this.#client.close();
    if (isDone) await stopped;
  }

  #read(hash: 0 | 2, id: string): Promise<unknown> {
    return this.#calls.read(() =>
      this.#client.call("HGET", [this.#keys[hash]!, idBytes(id)])
    );
  }

  async #page<E>(
    kind: "v" | "c",
    prefix: StateKey,
    options: StateListOptions & {
      readonly read: (id: string, row: Uint8Array) => E | undefined;
    },
  ): Promise<StatePage<E>> {
    const limit = listLimit(options);
    const { cursor, read } = options;
    const below = encodeKey(prefix);
    const after = cursor === undefined
      ? below
      : encodeKey(readCursor(cursor, prefix));
    // What follows a zero byte within a text is no part of its own.
    const range = [`(${after}`, `(${below}\xff`].map(idBytes);
    const args = [...range, limit, MAX_PAGE_BYTES, kind];
    const rows = [
      ...found(
        await this.#calls.read(() =>
          this.#client.run(PAGE, { keys: this.#keys, args })
        ),
      ),
    ];
    const entries: E[] = [];
    let bytes = 0;
    for (const [id, row] of rows) {
      bytes += row.length;
      const isHidden = prefix.length === 0 && decodeKey(id)[0] === OWN_PART;
      const entry = isHidden ? undefined : read(id, row);
      if (entry !== undefined) entries.push(entry);
    }
    const last = rows.at(-1);
    const isOver = rows.length < limit && bytes < MAX_PAGE_BYTES;
    if (isOver || last === undefined) return { entries };
    return { entries, cursor: cursorOf(decodeKey(last[0])) };
  }
}

/** No server has to remember these, not even one that has lost everything. */
function newVersion(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(-VERSION_CHARS);
}

/** Four for each change, as the script takes them. */
function argumentsOf(write: EncodedWrite): (string | number | Uint8Array)[] {
  const { type } = write;
  const id = idBytes(write.id);
  switch (type) {
    case "set": {
      const { value, deadline } = write;
      return [type, id, deadline ?? "", rowOf(value, deadline)];
    }
    case "sum":
      return [type, id, write.deadline ?? "", String(write.amount)];
    default:
      return [type, id, "", ""];
  }
}
