import { JournalKeeper } from "./_journal_keeper.ts";
import { type EntryOwner, OpenEntries, OpenEntry } from "./_ledger_entry.ts";
import { FormBook } from "./_ledger_forms.ts";
import { openLines, rowText } from "./_ledger_lines.ts";
import type { LedgerAlarm } from "./ledger_alarm.ts";
import { recoverJournals } from "./_ledger_recovery.ts";
import { LedgerWriter } from "./_ledger_writer.ts";
import type {
  LedgerAttemptEnd,
  LedgerEnd,
  LedgerHead,
  LedgerIntent,
  LedgerRow,
} from "./ledger_row.ts";
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
  /** How often rows are written, in ms; under load up to ten times as seldom. @default {100} */
  readonly flushMs?: number;
  /** How many rows wait for the store at most. @default {50_000} */
  readonly maxRows?: number;
  /** From how many bytes on the journal is begun anew. @default {4_194_304} */
  readonly journalBytes?: number;
  /** The clock, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /**
   * Whether rows are kept; else only what budgets have spent is.
   *
   * @default {true}
   */
  readonly keepRows?: boolean;
  /** Told of rows that the store has taken, of those that budgets pay for. @default {nobody} */
  readonly onWritten?: (rows: readonly LedgerRow[]) => void;
  /** Told what an operator should know. @default {nobody} */
  readonly onAlarm?: (alarm: LedgerAlarm) => void;
}

/** A request in the ledger, from its beginning to its settlement. */
export interface LedgerEntry {
  /**
   * Notes an attempt; before its first byte is sent, `secured` is to be waited for.
   *
   * @returns Its place, for `ended`.
   */
  attempt(intent: LedgerIntent): number;
  /** Notes how an attempt ended, at its place. */
  ended(place: number, end: LedgerAttemptEnd): void;
  /** Resolves when the journal holds what is known; `undefined` where there is none. */
  secured(): Promise<void> | undefined;
  /** Has the journal hold it at once, before anything is delivered that no attempt was made for. */
  secure(): void;
  /** What the attempts cost so far, in pico-dollars; `undefined` where a price is not known. */
  readonly cost: number | undefined;
  /** Ends it, once: its row waits to be written. */
  settle(end: LedgerEnd): void;
}

const DAY_MS = 86_400_000;
/** How long the end waits for requests that still go on. */
const WAIT_MS = 10;
const MAX_WAITS = 50;
/** How long journals wait that the store would not take, in ms. */
const RECOVER_AGAIN_MS = 1_000;
/** How much is written at a time to a journal that is begun anew, in UTF-16 units. */
const PART = 65_536;

/**
 * What every request cost, a row each, with a row within for each attempt.
 *
 * Nothing on a request's way waits for the store. Rows are written behind, many
 * at a time, together with the sums of their days, so that both are always
 * equal. With a journal, this is guaranteed however the process ends, short of
 * a failure of the machine: an attempt is in the journal before its first byte
 * is sent, so no answer is delivered without a row. Requests whose turn it is
 * together are written to it at once. What was not settled then
 * becomes a row of the state `unknown`, with what was reserved as its cost, when
 * the next ledger starts in the same directory.
 *
 * @example A request with one attempt
 * ```ts
 * import { Ledger, ledgerRows, MemoryStateStore } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemoryStateStore();
 * const ledger = new Ledger({ store });
 * const at = Date.parse("2026-11-23T12:00:00Z");
 * const entry = ledger.begin({ id: "req_1", at, route: "/v1/embeddings" });
 * const place = entry.attempt({
 *   provider: "acme",
 *   model: "acme-1",
 *   reserved: 2_000_000,
 *   price: { source: "config", version: "1" },
 * });
 * await entry.secured();
 * entry.ended(place, { outcome: "ok", cost: 1_500_000 });
 * entry.settle({ status: 200, durationMs: 12 });
 * await ledger.close();
 * const days = { from: "2026-11-23", to: "2026-11-23" };
 * const rows = await Array.fromAsync(ledgerRows(store, days));
 * assertEquals(rows.map(({ cost }) => cost), [1_500_000]);
 * ```
 */
export class Ledger {
  readonly #options: Required<Omit<LedgerOptions, "directory">>;
  readonly #directory: string | undefined;
  readonly #journal: JournalKeeper;
  readonly #open = new OpenEntries();
  /** Whether requests that go on have attempts that have ended since the journal was written. */
  #hasChanged = false;
  readonly #owner: EntryOwner;
  readonly #writer: LedgerWriter;
  #isSpilled = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #recovery: Promise<void> = Promise.resolve();

  /** Begins a journal; nothing is read yet. */
  constructor(options: LedgerOptions) {
    this.#options = {
      retentionMs: 90 * DAY_MS,
      flushMs: 100,
      maxRows: 50_000,
      journalBytes: 4 * 1024 * 1024,
      now: Date.now,
      keepRows: true,
      onWritten: () => {},
      onAlarm: () => {},
      ...options,
    };
    this.#directory = options.directory;
    this.#writer = new LedgerWriter(this.#options);
    this.#journal = new JournalKeeper({
      directory: options.directory,
      maxBytes: this.#options.journalBytes,
      needed: () => this.#needed(),
      onFault: (cause) => this.#options.onAlarm({ type: "journal", cause }),
    });
    const forms = new FormBook();
    this.#owner = {
      isJournaled: () => this.#journal.isOpen,
      formOf: (head, intent) => forms.formOf(head, intent),
      note: (lines, form) => this.#journal.note(lines, form),
      secured: () => this.#journal.secured(),
      secure: () => this.#journal.secure(),
      changed: () => {
        this.#hasChanged = true;
        this.#wake();
      },
      settle: (entry, row) => this.#settle(entry, row),
    };
  }

  /** How many rows wait to be written. */
  get waiting(): number {
    return this.#writer.size;
  }

  /**
   * Writes the rows of processes that ended early; resolves when that is done,
   * or can't be yet: then it is tried again until it is.
   */
  recover(): Promise<void> {
    const directory = this.#directory;
    if (directory !== undefined) {
      this.#recovery = this.#recoverFrom(directory, this.#options.onAlarm);
    }
    return this.#recovery;
  }

  /** Begins a request. */
  begin(head: LedgerHead): LedgerEntry {
    const entry = new OpenEntry(head, this.#owner);
    this.#open.add(entry);
    return entry;
  }

  /** Writes what waits; resolves when the store has it, or has failed. */
  flush(): Promise<void> {
    this.#secure();
    return this.#writer.flush(() => {
      if (this.#isDurable && !this.#isSpilled) this.#journal.renew();
    });
  }

  /** Writes what waits and ends; what the store does not take stays in the journal. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    await this.#recovery;
    // Those that were just cut off settle in the turns that follow.
    for (let waits = 0; this.#open.size > 0 && waits < MAX_WAITS; waits++) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    clearTimeout(this.#timer);
    await this.flush();
    if (this.waiting > 0) await this.flush();
    this.#secure();
    this.#journal.close(
      this.#isSpilled || this.#open.size > 0 || this.waiting > 0 ||
        !this.#isDurable,
    );
  }

  async #recoverFrom(
    directory: string,
    onAlarm: (alarm: LedgerAlarm) => void,
  ): Promise<void> {
    const { store, retentionMs, now } = this.#options;
    const isDone = await recoverJournals(directory, {
      store,
      retentionMs,
      now,
      onAlarm,
      isDurable: () => this.#isDurable,
    });
    if (isDone || this.#isClosed) return;
    const again = (): void => {
      // To read takes a while: not for a store that is known to fail.
      if (!this.#isDurable) return wait();
      this.#recovery = this.#recoverFrom(directory, (alarm) => {
        // What is wrong has been told.
        if (alarm.type === "recovered") onAlarm(alarm);
      });
    };
    const wait = (): void => {
      this.#retry = setTimeout(again, RECOVER_AGAIN_MS);
    };
    wait();
  }

  /** Has the journal hold all that is known: of attempts that ended, only where the request goes on. */
  #secure(): void {
    if (this.#hasChanged) {
      for (const open of this.#open) open.noteChanges();
    }
    this.#hasChanged = false;
    this.#journal.secure();
  }

  #settle(entry: OpenEntry, row: LedgerRow): void {
    // Of its attempts its row says all.
    this.#open.delete(entry);
    const text = rowText(row, entry.form);
    this.#journal.note(text.line, text.form);
    if (this.waiting >= this.#options.maxRows) {
      this.#isSpilled = true;
      this.#secure();
      this.#options.onAlarm({ type: "dropped", id: row.id });
      return;
    }
    this.#writer.add(row, text);
    this.#wake();
  }

  /** While there is something to tell, the journal has it at each turn, and the store when it is time. */
  #wake(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.waiting === 0 && !this.#hasChanged) return;
      if (this.#writer.isDue) void this.flush();
      else this.#secure();
      this.#wake();
    }, this.#options.flushMs);
  }

  /** Whether what the store has taken is safe with it. */
  get #isDurable(): boolean {
    const { status } = this.#options.store;
    return status === undefined ||
      status.mode !== "degraded" && status.waiting === 0;
  }

  /** All that is nowhere else, many lines at a time. */
  *#needed(): Generator<string> {
    let lines = "";
    for (const open of this.#open) {
      lines += openLines(open);
      if (lines.length < PART) continue;
      yield lines;
      lines = "";
    }
    yield lines;
    yield* this.#writer.texts();
  }
}
