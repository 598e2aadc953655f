import { ManagedStateStore } from "./_managed_state_store.ts";
import { StateError, type StateErrorCode } from "./state_error.ts";
import type { StateAlarm } from "./state_status.ts";
import type { StateBatch, StateStore } from "./state_store.ts";

/** A real store in front of which faults are put. */
export class FaultyStore {
  /** What writes fail with. */
  writeFault: StateErrorCode | undefined;
  /** What reads fail with. */
  readFault: StateErrorCode | undefined;
  /** Whether writes are done all the same, and only their answer is missing. */
  isUncertain = false;
  /** What is awaited before a write. */
  hold: Promise<void> | undefined;
  /** What it is opened with, each time. */
  openFault: StateErrorCode | undefined;
  /** How often it was opened, and how often written. */
  opened = 0;
  commits = 0;
  readonly #inner: StateStore;

  constructor(inner: StateStore) {
    this.#inner = inner;
  }

  /** Opens it, as far as it can be opened. */
  async open(): Promise<StateStore> {
    this.opened++;
    await Promise.resolve();
    this.#throw(this.openFault);
    const inner = this.#inner;
    const read = <T>(call: () => Promise<T>): Promise<T> => {
      this.#throw(this.readFault);
      return call();
    };
    const commit = async (batch: StateBatch) => {
      this.commits++;
      await this.hold;
      if (this.isUncertain) await inner.commit(batch);
      this.#throw(this.writeFault);
      return await inner.commit(batch);
    };
    return {
      // deno-lint-ignore require-await -- what it throws rejects
      get: async (key) => read(() => inner.get(key)),
      // deno-lint-ignore require-await -- what it throws rejects
      count: async (key) => read(() => inner.count(key)),
      // deno-lint-ignore require-await -- what it throws rejects
      list: async (key, options) => read(() => inner.list(key, options)),
      // deno-lint-ignore require-await -- what it throws rejects
      listCounts: async (key, options) =>
        read(() => inner.listCounts(key, options)),
      set: async (key, value) => {
        const result = await commit({ writes: [{ type: "set", key, value }] });
        return result.ok ? result.version : "";
      },
      delete: async (key) => {
        await commit({ writes: [{ type: "delete", key }] });
      },
      commit,
      lease: inner.lease.bind(inner),
      close: () => Promise.resolve(),
    };
  }

  #throw(code: StateErrorCode | undefined): void {
    if (code === undefined) return;
    const { isUncertain } = this;
    throw new StateError(code, `A fault: ${code}`, { isUncertain });
  }
}

/** A managed store, what it manages, and what it told. */
export interface Managed {
  readonly store: ManagedStateStore;
  readonly faulty: FaultyStore;
  readonly alarms: StateAlarm[];
}

/** Manages a store whose faults are under control. */
export async function manage(
  inner: StateStore,
  options: {
    readonly exists?: boolean;
    readonly isRemote?: boolean;
    readonly maxRows?: number;
    readonly openFault?: StateErrorCode;
    readonly slowMs?: number;
    readonly now?: () => number;
  } = {},
): Promise<Managed> {
  const faulty = new FaultyStore(inner);
  faulty.openFault = options.openFault;
  const alarms: StateAlarm[] = [];
  const { slowMs = 1_000 } = options;
  const store = new ManagedStateStore({
    open: () => faulty.open(),
    exists: () => Promise.resolve(options.exists ?? true),
    isRemote: options.isRemote ?? false,
    isShared: options.isRemote ?? false,
    onAlarm: (alarm) => void alarms.push(alarm),
    slowMs,
    readTimeoutMs: slowMs,
    maxRows: options.maxRows ?? 1_000,
    maxBytes: 67_108_864,
    retryMs: 1,
    maxRetryMs: 5,
    now: options.now ?? Date.now,
    random: Math.random,
  });
  await store.start(1_000);
  return { store, faulty, alarms };
}
