import { JournalKeeper } from "./_journal_keeper.ts";
import { OpenEntry } from "./_ledger_entry.ts";
import { beginLine, openLines, settledLine } from "./_ledger_lines.ts";
import type { LedgerAlarm } from "./ledger_alarm.ts";
import { recoverJournals } from "./_ledger_recovery.ts";
import { LedgerBatch } from "./_ledger_writes.ts";
import type {
  LedgerAttempt,
  LedgerEnd,
  LedgerHead,
  LedgerIntent,
  LedgerRow,
} from "./ledger_row.ts";
import { StateError } from "./state_error.ts";
import type { StateStatus } from "./state_status.ts";
import type { StateStore } from "./state_store.ts";

/** How a {@linkcode Ledger} keeps its rows. */
export interface LedgerOptions {
  /** Where rows are kept; stays open. */
  readonly store: StateStore & { readonly status?: StateStatus };
  /**
   * Where the journal is: a directory on a local disk.
   *
   * @default {no journal: rows that wait are lost with the process}
   */
  readonly directory?: string | undefined;
  /** How long a row is kept, in ms; sums of days ten times as long. @default {90 days} */
  readonly retentionMs?: number;
  /** How often rows are written, in ms. @default {100} */
  readonly flushMs?: number;
  /** How many rows wait for the store at most. @default {50_000} */
  readonly maxRows?: number;
  /** From how many bytes on the journal is begun anew. @default {8_388_608} */
  readonly journalBytes?: number;
  /** The clock, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /**
   * Whether rows are kept; else only what budgets have spent is.
   *
   * @default {true}
   */
  readonly keepRows?: boolean;
  /** Told of rows that the store has taken. @default {nobody} */
  readonly onWritten?: (rows: readonly LedgerRow[]) => void;
  /** Told what an operator should know. @default {nobody} */
  readonly onAlarm?: (alarm: LedgerAlarm) => void;
}

/** A request in the ledger, from its beginning to its settlement. */
export interface LedgerEntry {
  /**
   * Notes an attempt, before its first byte is sent: when it returns, the
   * journal has it.
   *
   * @returns Its place, for `ended`.
   */
  attempt(intent: LedgerIntent): number;
  /** Notes how an attempt ended, at its place. */
  ended(place: number, attempt: Omit<LedgerAttempt, keyof LedgerIntent>): void;
  /** Has the journal hold what is known, before anything is delivered that no attempt was made for. */
  secure(): void;
  /** What the attempts cost so far, in pico-dollars; `undefined` where a price is not known. */
  readonly cost: number | undefined;
  /** Ends it, once: its row waits to be written. */
  settle(end: LedgerEnd): void;
}

const DAY_MS = 86_400_000;
const RETRY_MS = 1_000;
/** How long the end waits for requests that still go on. */
const WAIT_MS = 10;
const MAX_WAITS = 50;

/**
 * What every request cost, a row each, with a row within for each attempt.
 *
 * Nothing on a request's way waits for the store. Rows are written behind, many
 * at a time, together with the sums of their days, so that both are always
 * equal. With a journal, this is guaranteed however the process ends, short of
 * a failure of the machine: an attempt is in the journal before its first byte
 * is sent, so no answer is delivered without a row. What was not settled then
 * becomes a row of the state `unknown`, with what was reserved as its cost, when
 * the next ledger starts in the same directory.
 *
 * @example A request with one attempt
 * ```ts
 * import { Ledger, MemoryStateStore } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemoryStateStore();
 * const ledger = new Ledger({ store });
 * const entry = ledger.begin({ id: "req_1", at: Date.now(), route: "/v1/embeddings" });
 * const place = entry.attempt({
 *   provider: "acme",
 *   model: "acme-1",
 *   reserved: 2_000_000,
 *   price: { source: "config", version: "1" },
 * });
 * entry.ended(place, { outcome: "ok", cost: 1_500_000 });
 * entry.settle({ status: 200, durationMs: 12 });
 * await ledger.close();
 * assertEquals((await store.list(["ledger"])).entries.length, 1);
 * ```
 */
export class Ledger {
  readonly #options: Required<Omit<LedgerOptions, "directory">>;
  readonly #directory: string | undefined;
  readonly #journal: JournalKeeper;
  readonly #open = new Map<string, OpenEntry>();
  #waiting: LedgerRow[] = [];
  /** Rows that are being written. */
  #writing: readonly LedgerRow[] = [];
  #isSpilled = false;
  #flushing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #storeFailed = false;
  /** So many rows are written alone, to find the one that the store will never take. */
  #oneByOne = 0;
  #isClosed = false;
  #recovery: Promise<void> = Promise.resolve();

  /** Begins a journal; nothing is read yet. */
  constructor(options: LedgerOptions) {
    this.#options = {
      retentionMs: 90 * DAY_MS,
      flushMs: 100,
      maxRows: 50_000,
      journalBytes: 8 * 1024 * 1024,
      now: Date.now,
      keepRows: true,
      onWritten: () => {},
      onAlarm: () => {},
      ...options,
    };
    this.#directory = options.directory;
    this.#journal = new JournalKeeper({
      directory: options.directory,
      maxBytes: this.#options.journalBytes,
      needed: () => this.#needed(),
      onFault: (cause) => this.#options.onAlarm({ type: "journal", cause }),
    });
  }

  /** How many rows wait to be written. */
  get waiting(): number {
    return this.#waiting.length + this.#writing.length;
  }

  /** Writes the rows of processes that ended early; resolves when that is done. */
  recover(): Promise<void> {
    const { store, retentionMs, now, onAlarm } = this.#options;
    if (this.#directory !== undefined) {
      this.#recovery = recoverJournals(this.#directory, {
        store,
        retentionMs,
        now,
        onAlarm,
        isDurable: () => this.#isDurable,
      });
    }
    return this.#recovery;
  }

  /** Begins a request. */
  begin(head: LedgerHead): LedgerEntry {
    const entry = new OpenEntry(head, {
      note: (lines) => this.#journal.note(lines),
      secure: () => this.#journal.secure(),
      settle: (row) => this.#settle(row),
    });
    this.#open.set(head.id, entry);
    this.#journal.note(beginLine(head));
    return entry;
  }

  /** Writes what waits; resolves when the store has it, or has failed. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
      if (this.#waiting.length > 0 && !this.#isClosed) this.#wake(RETRY_MS);
    });
    return this.#flushing;
  }

  /** Writes what waits and ends; what the store does not take stays in the journal. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#recovery;
    // Those that were just cut off settle in the turns that follow.
    for (let waits = 0; this.#open.size > 0 && waits < MAX_WAITS; waits++) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    clearTimeout(this.#timer);
    await this.flush();
    if (this.#waiting.length > 0) await this.flush();
    this.#journal.close(
      this.#isSpilled || this.#open.size > 0 || this.#waiting.length > 0 ||
        !this.#isDurable,
    );
  }

  #settle(row: LedgerRow): void {
    this.#open.delete(row.id);
    this.#journal.note(settledLine(row));
    if (this.waiting >= this.#options.maxRows) {
      this.#isSpilled = true;
      this.#journal.secure();
      this.#options.onAlarm({ type: "dropped", id: row.id });
      return;
    }
    this.#waiting.push(row);
    this.#wake(this.#options.flushMs);
  }

  #wake(ms: number): void {
    if (this.#isClosed || this.#flushing !== undefined) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.flush();
    }, ms);
  }

  async #flush(): Promise<void> {
    this.#journal.secure();
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#options.store.commit({ writes: batch.writes });
        this.#storeFailed = false;
        this.#options.onWritten(this.#writing);
        this.#writing = [];
      } catch (cause) {
        if (isOdd(cause) && this.#writing.length === 1) {
          const [row] = this.#writing;
          this.#writing = [];
          this.#options.onAlarm({ type: "dropped", id: row?.id ?? "" });
          continue;
        }
        this.#oneByOne = isOdd(cause) ? this.#writing.length : 0;
        this.#waiting = [...this.#writing, ...this.#waiting];
        this.#writing = [];
        if (this.#oneByOne > 0) {
          this.#writing = [];
          continue;
        }
        // Once for each time that it fails, not for each try.
        if (!this.#storeFailed) this.#options.onAlarm({ type: "store", cause });
        this.#storeFailed = true;
        return;
      }
      if (this.#isDurable && !this.#isSpilled) this.#journal.renew();
    }
  }

  #takeBatch(): LedgerBatch {
    const { retentionMs, keepRows, now } = this.#options;
    const batch = new LedgerBatch({ retentionMs, keepRows, now: now() });
    let taken = 0;
    for (const row of this.#waiting) {
      if (batch.isFull || taken > 0 && this.#oneByOne > 0) break;
      batch.add(row);
      taken++;
    }
    if (this.#oneByOne > 0) this.#oneByOne--;
    this.#writing = this.#waiting.slice(0, taken);
    this.#waiting = this.#waiting.slice(taken);
    return batch;
  }

  /** Whether what the store has taken is safe with it. */
  get #isDurable(): boolean {
    const { status } = this.#options.store;
    return status === undefined ||
      status.mode !== "degraded" && status.waiting === 0;
  }

  /** All that is nowhere else. */
  #needed(): string {
    const open = [...this.#open.values()].map(openLines).join("");
    const rows = [...this.#writing, ...this.#waiting];
    return open + rows.map(settledLine).join("");
  }
}

/** Whether a store refuses what it is given, whenever it is tried. */
function isOdd(cause: unknown): boolean {
  return cause instanceof TypeError || cause instanceof RangeError ||
    cause instanceof StateError && cause.code === "too_large";
}
