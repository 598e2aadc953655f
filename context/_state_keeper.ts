import { Backlog, toWrites } from "./_backlog.ts";
import { inTime } from "./_in_time.ts";
import { StateLink, type StateLinkOptions } from "./_state_link.ts";
import { MemoryStateStore } from "./memory_state_store.ts";
import { StateError, type StateErrorCode } from "./state_error.ts";
import type { StateAlarm, StateStatus } from "./state_status.ts";
import type { StateWrite } from "./state_store.ts";

/** How a store is kept going. */
export interface StateKeeperOptions extends StateLinkOptions {
  /** Whether there may be something that cannot be read just now. */
  readonly exists: () => Promise<boolean>;
  readonly onAlarm: (alarm: StateAlarm) => void;
  /** How long a write may take before others wait in memory, in milliseconds. */
  readonly slowMs: number;
  /** How many changes wait in memory at most, and how many bytes they have. */
  readonly maxRows: number;
  readonly maxBytes: number;
  /** The wait before the store is tried again, in milliseconds; it doubles. */
  readonly retryMs: number;
  readonly maxRetryMs: number;
  /** Gives numbers from 0 up to but not including 1. */
  readonly random: () => number;
}

/** Faults of what was asked, and not of the store. */
const OWN_FAULTS: ReadonlySet<StateErrorCode> = new Set([
  "too_large",
  "contended",
  "unreadable",
  "newer_schema",
]);
/** What can be read although it cannot be written. */
const READABLE: ReadonlySet<StateErrorCode> = new Set(["full", "read_only"]);
/** Where opening anew does not help; to close a file that is held would wait. */
const HELD: ReadonlySet<StateErrorCode> = new Set(["full", "locked"]);
const CLOSE_MS = 2_000;

/** Knows whether a store works, holds what waits while it does not, and gets it back. */
export class StateKeeper {
  readonly #options: StateKeeperOptions;
  /** The store. */
  readonly link: StateLink;
  /** What waits for it. */
  readonly backlog: Backlog;
  /** All there is, where nothing was stored before. */
  #standIn: MemoryStateStore | undefined;
  #fault: StateError | undefined;
  #canRead = true;
  #isClosed = false;
  #since: number;
  #flushes = 0;
  #recovery: Promise<void> | undefined;
  #wake: (() => void) | undefined;

  constructor(options: StateKeeperOptions) {
    this.#options = options;
    this.link = new StateLink(options);
    this.backlog = new Backlog(options);
    this.#since = options.now();
  }

  /** What takes the place of the store, where nothing was stored before. */
  get standIn(): MemoryStateStore | undefined {
    return this.#standIn;
  }

  /** What is wrong with the store. */
  get fault(): StateError | undefined {
    return this.#fault;
  }

  /** Whether the store can be read, whatever is wrong with it. */
  get canRead(): boolean {
    return this.#fault === undefined || this.#canRead;
  }

  /** How often something that waited was written. */
  get flushes(): number {
    return this.#flushes;
  }

  /** How the store does. */
  get status(): StateStatus {
    const fault = this.#fault;
    const mode = this.#isClosed ? "closed" : fault ? "degraded" : "durable";
    const status = {
      mode,
      since: this.#since,
      waiting: this.#waiting,
    } as const;
    return fault
      ? { ...status, code: fault.code, message: fault.message }
      : status;
  }

  /**
   * Opens the store, but does not wait longer than this for it.
   *
   * @throws {StateError} when a newer program wrote it.
   */
  async start(withinMs: number): Promise<void> {
    try {
      await inTime(this.link.open(), {
        ms: withinMs,
        late: () => {
          throw new StateError(
            "unavailable",
            `The state was not open within ${withinMs} ms`,
          );
        },
      });
    } catch (cause) {
      const fault = asStateError(cause);
      if (fault.code === "newer_schema") {
        await this.close();
        throw fault;
      }
      if (!await this.#options.exists()) {
        this.#standIn = new MemoryStateStore(this.#options);
      }
      this.degrade(fault);
    }
  }

  /** Ends the work, after a last try to write what waits. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wake?.();
    const last = this.#recovery ?? Promise.resolve();
    await inTime(last, { ms: CLOSE_MS, late: () => {} });
    const rows = this.#waiting;
    if (rows > 0) this.#alarm({ type: "lost", rows });
    await this.link.end();
  }

  /**
   * Makes sure that the store was not closed.
   *
   * @throws {StateError} when it was.
   */
  checkOpen(): void {
    if (this.#isClosed) throw new StateError("closed", "The store is closed");
  }

  /**
   * Takes the failure of a call for a fault of the store.
   *
   * @throws {unknown} when it was one of the caller.
   */
  judge(error: unknown): StateError {
    const isOwn = !(error instanceof StateError) || OWN_FAULTS.has(error.code);
    if (isOwn) throw error;
    this.checkOpen();
    this.degrade(error);
    return error;
  }

  /** Lets changes wait from now on, until the store is back. */
  degrade(fault: StateError): void {
    if (this.#isClosed || this.#fault) return;
    this.#setFault(fault);
    this.#since = this.#options.now();
    this.#tell(fault);
    const recovery = this.#recover().finally(() => {
      if (this.#recovery === recovery) this.#recovery = undefined;
    });
    this.#recovery = recovery;
  }

  get #waiting(): number {
    return this.backlog.rows + (this.#standIn?.size ?? 0);
  }

  #setFault(fault: StateError): void {
    this.#fault = fault;
    this.#canRead = READABLE.has(fault.code);
  }

  #tell({ code, message, cause }: StateError): void {
    this.#alarm({ type: "degraded", code, message, cause });
  }

  #alarm(alarm: StateAlarm): void {
    try {
      this.#options.onAlarm(alarm);
    } catch {
      // Whoever listens must not be able to stop the store.
    }
  }

  /** Tries again and again, ever more seldom, until all that waited is written. */
  async #recover(): Promise<void> {
    for (let tries = 0;; tries++) {
      await this.#pause(tries);
      if (this.#isClosed && !this.link.isOpen) return;
      try {
        await this.#reopen();
        const written = await this.#flush();
        this.#fault = undefined;
        this.#since = this.#options.now();
        this.#alarm({ type: "resumed", written });
        return;
      } catch (cause) {
        const fault = asStateError(cause);
        this.#setFault(fault);
        if (this.#isClosed) return;
        if (fault.code === "newer_schema") return this.#tell(fault);
      }
    }
  }

  async #reopen(): Promise<void> {
    const { isRemote } = this.#options;
    const isHeld = !isRemote && HELD.has(this.#fault?.code ?? "closed");
    if (!isHeld && !this.#isClosed) await this.link.drop();
    await this.link.open();
    this.#canRead = true;
  }

  /**
   * Writes what waits, or something of its own: then the store is back.
   *
   * @returns How much it was. No change waits when this resolves.
   */
  async #flush(): Promise<number> {
    this.#pour();
    let written = 0;
    for (let isProved = false;;) {
      const group = this.backlog.head();
      if (group === undefined) {
        if (isProved) return written;
        await this.link.probe();
      } else {
        const writes = toWrites(group.writes);
        group.id ??= this.link.nameFor({ writes });
        if (!await this.#write(writes, group.id)) continue;
        this.#flushes++;
        written += writes.length;
      }
      isProved = true;
    }
  }

  /** Writes what is next; tells whether it could be written at all. */
  async #write(
    writes: readonly StateWrite[],
    name: string | undefined,
  ): Promise<boolean> {
    try {
      // Where the check of its name fails, it was written before.
      await this.link.commit({ writes }, name);
    } catch (error) {
      const isOwn = error instanceof StateError && OWN_FAULTS.has(error.code);
      if (!isOwn) throw error;
      // It was taken by mistake and must not hold up all that comes after.
      this.backlog.done();
      this.#alarm({ type: "lost", rows: writes.length });
      return false;
    }
    this.backlog.done();
    return true;
  }

  /** What stood in for the store waits for it like anything else. */
  #pour(): void {
    const standIn = this.#standIn;
    this.#standIn = undefined;
    for (const write of standIn?.writes() ?? []) {
      this.backlog.push([write], { isForced: true });
    }
  }

  #pause(tries: number): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    const { retryMs, maxRetryMs, random } = this.#options;
    const most = Math.min(maxRetryMs, retryMs * 2 ** tries);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, most * (0.5 + random() / 2));
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function asStateError(cause: unknown): StateError {
  if (cause instanceof StateError) return cause;
  return new StateError("unavailable", "The state cannot be opened", { cause });
}
