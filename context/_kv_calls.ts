import { inTime, pause } from "./_in_time.ts";
import { toStateError } from "./_kv_error.ts";
import { StateError } from "./state_error.ts";

/** How calls to a database are made. */
export interface KvCallsOptions {
  /** How long a call may take; Infinity where an answer always comes. */
  readonly timeoutMs: number;
  /** Gives numbers from 0 up to but not including 1. */
  readonly random: () => number;
  /** Tells a failure in the words of this package. @default {as of Deno KV} */
  readonly explain?: (cause: unknown, isWrite: boolean) => StateError;
}

/** A call that fails faster than this met another writer, and not a lock. */
const RACE_MS = 1_000;
/** For how long lost races are run again. */
const RACES_MS = 3_000;
/** What a wait between two of them grows to, in milliseconds. */
const MAX_WAIT_MS = 50;

/**
 * Calls to a database: each ends in time, lost races are run again, and what goes
 * wrong is told in the words of this package.
 */
export class KvCalls {
  readonly #options: KvCallsOptions;
  readonly #open = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(options: KvCallsOptions) {
    this.#options = options;
  }

  /**
   * Reads.
   *
   * @throws {StateError} when that fails or takes too long.
   */
  read<T>(call: () => Promise<T>): Promise<T> {
    return this.#make(call, false);
  }

  /**
   * Writes. With two processes on one file SQLite refuses at once whoever has
   * read before the other has written, and has written nothing then.
   *
   * @throws {StateError} when that fails or takes too long.
   */
  async write<T>(call: () => Promise<T>): Promise<T> {
    const start = performance.now();
    for (let tries = 1;; tries++) {
      const before = performance.now();
      try {
        return await this.#make(call, true);
      } catch (error) {
        const now = performance.now();
        const wasRace = error instanceof StateError &&
          error.code === "locked" && now - before < RACE_MS;
        if (!wasRace || now - start > RACES_MS || this.#isClosed) throw error;
        const most = Math.min(MAX_WAIT_MS, 2 ** tries);
        await pause(1 + this.#options.random() * most);
      }
    }
  }

  /**
   * Takes no more calls.
   *
   * @returns Whether those under way came to an end in time.
   */
  async close(graceMs: number): Promise<boolean> {
    this.#isClosed = true;
    const done = Promise.allSettled(this.#open).then(() => true);
    return await inTime(done, { ms: graceMs, late: () => false });
  }

  async #make<T>(call: () => Promise<T>, isWrite: boolean): Promise<T> {
    if (this.#isClosed) throw new StateError("closed", "The store is closed");
    const work = call();
    this.#open.add(work);
    const forget = (): void => void this.#open.delete(work);
    work.then(forget, forget);
    try {
      const ms = this.#options.timeoutMs;
      return await inTime(work, {
        ms,
        late: () => {
          throw new StateError(
            "unavailable",
            `The state did not answer within ${ms} ms`,
            { isUncertain: isWrite },
          );
        },
      });
    } catch (error) {
      throw (this.#options.explain ?? toStateError)(error, isWrite);
    }
  }
}
