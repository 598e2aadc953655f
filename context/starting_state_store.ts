import {
  type OpenStateStore,
  openStateStore,
  type OpenStateStoreOptions,
  type StateLocation,
} from "./open_state_store.ts";
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
} from "./state_store.ts";

/**
 * A store that is there at once and opens meanwhile, so that nothing that uses
 * it has to wait for it at start: calls wait for the opening, which takes no
 * longer than `openWithinMs`.
 *
 * @example Written before it is open
 * ```ts
 * import { StartingStateStore } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new StartingStateStore({ type: "memory" });
 * assertEquals(store.status.mode, "opening");
 * await store.set(["model", "acme"], "acme-1");
 * assertEquals(store.status.mode, "memory");
 * await store.close();
 * ```
 */
export class StartingStateStore implements OpenStateStore {
  readonly #opening: Promise<OpenStateStore>;
  readonly #since: number;
  /** Whether other machines have it too. */
  readonly isShared: boolean;
  #store: OpenStateStore | undefined;
  #fault: StateStatus | undefined;

  /**
   * Begins to open a store; see {@linkcode openStateStore}.
   *
   * @param location Where the state is kept.
   */
  constructor(location: StateLocation, options: OpenStateStoreOptions = {}) {
    this.#since = (options.now ?? Date.now)();
    this.isShared = options.isShared ??
      (location.type === "connect" || location.type === "redis");
    this.#opening = openStateStore(location, options);
    this.#opening.then((store) => this.#store = store, () => {
      this.#fault = { mode: "closed", since: this.#since, waiting: 0 };
    });
  }

  /**
   * Resolves when the store is open, or works in memory until it is.
   *
   * @throws {StateError} `newer_schema` when a newer program wrote what is stored.
   */
  get opened(): Promise<void> {
    return this.#opening.then(() => {});
  }

  /** How the store does. */
  get status(): StateStatus {
    return this.#store?.status ?? this.#fault ??
      { mode: "opening", since: this.#since, waiting: 0 };
  }

  /** Reads a value; see {@linkcode StateStore.get}. */
  async get<T = unknown>(key: StateKey): Promise<StateEntry<T> | undefined> {
    return await (await this.#opening).get<T>(key);
  }

  /** Reads a count; see {@linkcode StateStore.count}. */
  async count(key: StateKey): Promise<number> {
    return await (await this.#opening).count(key);
  }

  /** Reads values; see {@linkcode StateStore.list}. */
  async list<T = unknown>(
    prefix: StateKey,
    options?: StateListOptions,
  ): Promise<StatePage<StateEntry<T>>> {
    return await (await this.#opening).list<T>(prefix, options);
  }

  /** Reads counts; see {@linkcode StateStore.listCounts}. */
  async listCounts(
    prefix: StateKey,
    options?: StateListOptions,
  ): Promise<StatePage<StateCount>> {
    return await (await this.#opening).listCounts(prefix, options);
  }

  /** Stores a value; see {@linkcode StateStore.set}. */
  async set(
    key: StateKey,
    value: unknown,
    options?: StateSetOptions,
  ): Promise<string> {
    return await (await this.#opening).set(key, value, options);
  }

  /** Removes a value; see {@linkcode StateStore.delete}. */
  async delete(key: StateKey): Promise<void> {
    await (await this.#opening).delete(key);
  }

  /** Makes changes; see {@linkcode StateStore.commit}. */
  async commit(batch: StateBatch): Promise<StateCommit> {
    return await (await this.#opening).commit(batch);
  }

  /** Takes a lease; see {@linkcode StateStore.lease}. */
  async lease(
    key: StateKey,
    options: StateLeaseOptions,
  ): Promise<StateLease | undefined> {
    return await (await this.#opening).lease(key, options);
  }

  /** Ends the store's work, once it is open; one that could not be opened has none. */
  async close(): Promise<void> {
    await this.#opening.then((store) => store.close(), () => {});
  }
}
