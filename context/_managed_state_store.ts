import { encodeRowKey } from "./_state_key.ts";
import { deleteByCommit, setByCommit } from "./_single_write.ts";
import { takeLease } from "./_state_lease.ts";
import { StateKeeper, type StateKeeperOptions } from "./_state_keeper.ts";
import {
  mergeCount,
  mergePage,
  WAITING,
  waitingEntry,
} from "./_waiting_page.ts";
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
} from "./state_store.ts";

/** How often a read is made again because what waited was written meanwhile. */
const MAX_RACES = 5;

/**
 * A store that keeps working while the one beneath does not: changes wait in
 * memory, are seen by whoever reads, and are written when it is back. What
 * depends on what others have written is refused meanwhile. Where nothing can
 * have been stored before, memory is the whole truth and nothing is refused.
 */
export class ManagedStateStore implements StateStore {
  readonly #options: StateKeeperOptions;
  readonly #keeper: StateKeeper;

  /** Manages a store that is not open yet. */
  constructor(options: StateKeeperOptions) {
    this.#options = options;
    this.#keeper = new StateKeeper(options);
  }

  /** How the store does. */
  get status(): StateStatus {
    return this.#keeper.status;
  }

  /** Whether other machines have it too; a file may be, and need not. */
  get isShared(): boolean {
    return this.#options.isShared;
  }

  /**
   * Opens the store, but does not wait longer than this for it.
   *
   * @throws {StateError} when a newer program wrote it.
   */
  async start(withinMs: number): Promise<void> {
    await this.#keeper.start(withinMs);
  }

  /** Reads a value; see {@linkcode StateStore.get}. */
  async get<T = unknown>(key: StateKey): Promise<StateEntry<T> | undefined> {
    const id = encodeRowKey(key);
    const now = this.#options.now();
    return await this.#read(
      (store) => store.get<T>(key),
      (entry) => {
        const waiting = waitingEntry<T>(this.#keeper.backlog, { id, now });
        return waiting === undefined ? entry : waiting ?? undefined;
      },
      () => waitingEntry<T>(this.#keeper.backlog, { id, now }) !== undefined,
    );
  }

  /** Reads a count; see {@linkcode StateStore.count}. */
  async count(key: StateKey): Promise<number> {
    const id = encodeRowKey(key);
    return await this.#read(
      (store) => store.count(key),
      (count = 0) => {
        const { isNew, added } = this.#keeper.backlog.count(id);
        return (isNew ? 0 : count) + added;
      },
      () => this.#keeper.backlog.count(id).isNew,
    );
  }

  /** Reads values; see {@linkcode StateStore.list}. */
  async list<T = unknown>(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateEntry<T>>> {
    const now = this.#options.now();
    return await this.#read(
      (store) => store.list<T>(prefix, options),
      (page = { entries: [] }) =>
        mergePage(page, {
          backlog: this.#keeper.backlog,
          ...options,
          prefix,
          kind: "values",
          merge: (id) =>
            waitingEntry<T>(this.#keeper.backlog, { id, now }) ?? undefined,
        }),
    );
  }

  /** Reads counts; see {@linkcode StateStore.listCounts}. */
  async listCounts(
    prefix: StateKey,
    options: StateListOptions = {},
  ): Promise<StatePage<StateCount>> {
    return await this.#read(
      (store) => store.listCounts(prefix, options),
      (page = { entries: [] }) =>
        mergePage(page, {
          backlog: this.#keeper.backlog,
          ...options,
          prefix,
          kind: "counts",
          merge: (id, entry) => mergeCount(this.#keeper.backlog, { id, entry }),
        }),
    );
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
    const { link, fault, standIn } = this.#keeper;
    this.#keeper.checkOpen();
    if (standIn) return await standIn.commit(batch);
    if (fault) return this.#defer(batch, { fault });
    const name = link.nameFor(batch);
    const { slowMs } = this.#options;
    const timer = setTimeout(() => {
      this.#keeper.degrade(
        new StateError("locked", `A write took longer than ${slowMs} ms`),
      );
    }, slowMs);
    try {
      return await link.commit(batch, name);
    } catch (error) {
      return this.#defer(batch, { fault: this.#keeper.judge(error), name });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Takes a lease; see {@linkcode StateStore.lease}. */
  lease(
    key: StateKey,
    { ttlMs }: StateLeaseOptions,
  ): Promise<StateLease | undefined> {
    return takeLease(this, { key, ttlMs, now: this.#options.now });
  }

  /** Ends the store's work, after a last try to write what waits. */
  async close(): Promise<void> {
    await this.#keeper.close();
  }

  /** Reads from the store and adds what waits; `isKnown` where that is all. */
  async #read<T, R>(
    call: (store: StateStore) => Promise<T>,
    merge: (result: T | undefined) => R,
    isKnown: () => boolean = () => false,
  ): Promise<R> {
    const keeper = this.#keeper;
    keeper.checkOpen();
    for (let races = 0; races < MAX_RACES; races++) {
      if (keeper.standIn) return merge(await call(keeper.standIn));
      if (isKnown()) return merge(undefined);
      if (keeper.fault && !keeper.canRead) throw outOfReach(keeper.fault);
      const { flushes } = keeper;
      try {
        const result = await keeper.link.read(call);
        // What waited before may be part of the result already.
        if (flushes === keeper.flushes) return merge(result);
      } catch (error) {
        throw keeper.judge(error);
      }
    }
    throw new StateError(
      "unavailable",
      "The state changes too fast to be read",
    );
  }

  /** Lets changes wait, unless they depend on what cannot be known now. */
  #defer(
    { checks = [], writes }: StateBatch,
    { fault, name }: {
      readonly fault: StateError;
      readonly name?: string | undefined;
    },
  ): StateCommit {
    if (checks.length > 0) throw outOfReach(fault);
    const id = fault.isUncertain ? name : undefined;
    this.#keeper.backlog.push(writes, { id });
    return { ok: true, version: WAITING };
  }
}

function outOfReach(fault: StateError): StateError {
  return new StateError(
    "unavailable",
    `The state is out of reach: ${fault.message}`,
    { cause: fault },
  );
}
