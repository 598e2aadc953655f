import { inTime } from "./_in_time.ts";
import { OWN_PART } from "./_state_batch.ts";
import { StateError } from "./state_error.ts";
import type { StateBatch, StateCommit, StateStore } from "./state_store.ts";

/** How a managed store gets at what it manages. */
export interface StateLinkOptions {
  /** Opens the store; called again whenever it has to be opened anew. */
  readonly open: (signal: AbortSignal) => Promise<StateStore>;
  /**
   * Whether a write that failed may have been done: then those that add up are
   * named, so that they are not added twice.
   */
  readonly isRemote: boolean;
  /** Whether other processes have the same state. */
  readonly isShared: boolean;
  /** How long a read may take, in milliseconds. */
  readonly readTimeoutMs: number;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** How long the name of a write is remembered. */
const NAMED_MS = 3_600_000;
const PROBE_KEY = [OWN_PART, "probe"];

/** The store beneath a managed one, which comes and goes. */
export class StateLink {
  readonly #options: StateLinkOptions;
  readonly #ending = new AbortController();
  #store: StateStore | undefined;
  #opening: Promise<void> | undefined;

  constructor(options: StateLinkOptions) {
    this.#options = options;
  }

  /** Whether there is a store. */
  get isOpen(): boolean {
    return this.#store !== undefined;
  }

  /**
   * Opens the store, if it is not open.
   *
   * @throws {unknown} when that fails.
   */
  open(): Promise<void> {
    if (this.#store !== undefined) return Promise.resolve();
    this.#opening ??= this.#open().finally(() => this.#opening = undefined);
    return this.#opening;
  }

  /** Closes the store; it can be opened again. */
  async drop(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.close().catch(() => {});
  }

  /** Closes the store for good. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.drop();
  }

  /**
   * Reads, for so long as is worth it.
   *
   * @throws {StateError} when that fails or takes too long.
   */
  async read<T>(call: (store: StateStore) => Promise<T>): Promise<T> {
    const store = this.#need();
    const { readTimeoutMs } = this.#options;
    return await inTime(call(store), {
      ms: readTimeoutMs,
      late: () => {
        throw new StateError(
          "locked",
          `The state did not answer within ${readTimeoutMs} ms`,
        );
      },
    });
  }

  /** The name of a batch that must not be done twice. */
  nameFor({ writes }: Pick<StateBatch, "writes">): string | undefined {
    const isNamed = this.#options.isRemote &&
      writes.some(({ type }) => type === "sum");
    return isNamed ? crypto.randomUUID() : undefined;
  }

  /**
   * Makes changes.
   *
   * @param name Given again, what was done under it is not done again.
   * @throws {StateError} when that fails.
   */
  async commit(batch: StateBatch, name?: string): Promise<StateCommit> {
    const store = this.#need();
    if (name === undefined) return await store.commit(batch);
    const key = [OWN_PART, "once", name];
    const deadline = this.#options.now() + NAMED_MS;
    return await store.commit({
      checks: [...batch.checks ?? [], { key, version: null }],
      writes: [...batch.writes, { type: "set", key, value: 1, deadline }],
    });
  }

  /**
   * Finds out whether the store can be written.
   *
   * @throws {StateError} when it cannot.
   */
  async probe(): Promise<void> {
    await this.#need().set(PROBE_KEY, this.#options.now());
  }

  #need(): StateStore {
    if (this.#store !== undefined) return this.#store;
    throw new StateError("unavailable", "The state is out of reach");
  }

  async #open(): Promise<void> {
    const { signal } = this.#ending;
    const store = await this.#options.open(signal);
    if (!signal.aborted) {
      this.#store = store;
      return;
    }
    await store.close();
    throw new StateError("closed", "The store is closed");
  }
}
