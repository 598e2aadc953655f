/**
 * The name of a row. Rows are sorted by their keys, part by part: texts before
 * numbers, texts by their UTF-8 bytes, numbers by size.
 *
 * Keys whose first part is `_state` belong to the stores themselves.
 */
export type StateKey = readonly (string | number)[];

/** A value as it is stored. */
export interface StateEntry<T = unknown> {
  /** Its name. */
  readonly key: StateKey;
  /** What was stored; as it may be older than the program, check it. */
  readonly value: T;
  /** Changes with every write; for {@linkcode StateCheck}. */
  readonly version: string;
  /** Until when it holds, in milliseconds since 1970; absent for good. */
  readonly deadline?: number;
}

/** A count as it is stored. */
export interface StateCount {
  /** Its name. */
  readonly key: StateKey;
  /** The sum so far; exact up to 2^53. */
  readonly count: number;
}

/** How a value is stored. */
export interface StateSetOptions {
  /**
   * Until when it can be read, in milliseconds since 1970. It is swept away
   * some time after.
   *
   * @default {for good}
   */
  readonly deadline?: number;
}

/**
 * One change of a batch.
 *
 * Values and counts are kept apart: the same key may name one of each. A value
 * is bytes (`Uint8Array`), or what JSON can carry and is changed by it as
 * `JSON.stringify` does. A count is a whole number; the deadline of its first
 * sum says when it may be swept away, and until then it counts on, so put the
 * window that it counts into its key.
 */
export type StateWrite =
  | {
    readonly type: "set";
    readonly key: StateKey;
    readonly value: unknown;
    readonly deadline?: number | undefined;
  }
  | { readonly type: "delete"; readonly key: StateKey }
  | {
    readonly type: "sum";
    readonly key: StateKey;
    readonly amount: number;
    readonly deadline?: number | undefined;
  }
  | { readonly type: "reset"; readonly key: StateKey };

/** What must hold for a batch to be written. */
export interface StateCheck {
  /** The value's name. */
  readonly key: StateKey;
  /** The version that it must have; `null` for no such value. */
  readonly version: string | null;
}

/** Changes that are made together or not at all, in their order. */
export interface StateBatch {
  /** All of them must hold. @default {none} */
  readonly checks?: readonly StateCheck[];
  /** The changes; later ones see earlier ones. */
  readonly writes: readonly StateWrite[];
}

/** What became of a batch: written, or a check did not hold. */
export type StateCommit =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false };

/** Which part of a list is wanted. */
export interface StateListOptions {
  /** How many at most, from 1 to 1,000. @default {100} */
  readonly limit?: number;
  /** Where the page before ended. @default {the start} */
  readonly cursor?: string | undefined;
}

/**
 * A part of a list, in the order of the keys. It may hold fewer than were
 * wanted, even none; the list is over when there is no cursor.
 */
export interface StatePage<T> {
  /** What was found. */
  readonly entries: readonly T[];
  /** Where the next page starts; absent on the last one. */
  readonly cursor?: string;
}

/** For how long a {@linkcode StateLease} holds. */
export interface StateLeaseOptions {
  /**
   * After so many milliseconds somebody else may take it. Clocks of machines
   * differ, so let it be much longer than they can.
   */
  readonly ttlMs: number;
}

/** The right to do something alone, until its deadline. */
export interface StateLease {
  /** When it ends unless renewed, in milliseconds since 1970. */
  readonly deadline: number;
  /**
   * Makes it last for its whole time again.
   *
   * @returns `false` when somebody else has it by now.
   * @throws {StateError} when the store cannot tell.
   */
  renew(): Promise<boolean>;
  /**
   * Gives it back, if it was not lost already.
   *
   * @throws {StateError} when the store cannot be told.
   */
  release(): Promise<void>;
}

/**
 * What must survive a restart: values, counts, and leases under sorted keys.
 *
 * Limits, the same for all stores: a key of 1,900 bytes, a value of 576 KiB, a
 * batch of 400 writes, 8 checks and 780 KiB, of which its keys take their share. More is refused with a
 * {@linkcode StateError} `too_large`. No request should wait for a store.
 *
 * Each method throws a {@linkcode StateError} when the store cannot do it, and
 * a `TypeError` or `RangeError` for what is no key, value, amount or cursor.
 *
 * @example Count and remember in one step
 * ```ts
 * import { MemoryStateStore, type StateStore } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const store: StateStore = new MemoryStateStore();
 * await store.commit({
 *   writes: [
 *     { type: "sum", key: ["spend", "team-a", "2026-11"], amount: 250 },
 *     { type: "set", key: ["ledger", 1], value: { team: "team-a", cost: 250 } },
 *   ],
 * });
 * assertEquals(await store.count(["spend", "team-a", "2026-11"]), 250);
 * assertEquals((await store.list(["ledger"])).entries.length, 1);
 * await store.close();
 * ```
 */
export interface StateStore {
  /** Reads a value; `undefined` when there is none or its deadline has passed. */
  get<T = unknown>(key: StateKey): Promise<StateEntry<T> | undefined>;
  /** Reads a count; 0 when nothing was counted. */
  count(key: StateKey): Promise<number>;
  /** Reads the values whose keys start with a prefix and are longer. */
  list<T = unknown>(
    prefix: StateKey,
    options?: StateListOptions,
  ): Promise<StatePage<StateEntry<T>>>;
  /** Reads the counts whose keys start with a prefix and are longer. */
  listCounts(
    prefix: StateKey,
    options?: StateListOptions,
  ): Promise<StatePage<StateCount>>;
  /** Stores a value in place of any other, and gives back its version. */
  set(
    key: StateKey,
    value: unknown,
    options?: StateSetOptions,
  ): Promise<string>;
  /** Removes a value, if there is one. */
  delete(key: StateKey): Promise<void>;
  /** Makes changes together or not at all. */
  commit(batch: StateBatch): Promise<StateCommit>;
  /**
   * Takes a lease, which is kept as a value under the key; `undefined` when
   * somebody else has it.
   */
  lease(
    key: StateKey,
    options: StateLeaseOptions,
  ): Promise<StateLease | undefined>;
  /** Ends the store's work; what was promised before is done. */
  close(): Promise<void>;
}
