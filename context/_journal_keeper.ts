import { type RowForm, ToldForms } from "./_ledger_forms.ts";
import { LedgerJournal } from "./_ledger_journal.ts";

/** What a {@linkcode JournalKeeper} goes by. */
export interface JournalKeeperOptions {
  /** Where the journal is; `undefined` for none. */
  readonly directory: string | undefined;
  /** From how many bytes on it is begun anew. */
  readonly maxBytes: number;
  /** Gives all that is nowhere else, in parts, for a journal that is begun anew. */
  readonly needed: () => Iterable<string>;
  /** Told when the disk does not take it, once for each time that it begins to. */
  readonly onFault: (cause: unknown) => void;
}

/** How long a disk that failed is left alone, in ms. */
const RETRY_MS = 1_000;

/** Keeps a journal through whatever the disk does: while that fails, nothing is held up. */
export class JournalKeeper {
  readonly #options: JournalKeeperOptions;
  #journal: LedgerJournal | undefined;
  /** Those that were given up after a fault: they may hold what is nowhere else. */
  readonly #faulty: LedgerJournal[] = [];
  /** Lines that the journal has yet to hold. */
  #lines = "";
  /** The forms that it tells. */
  #told = new ToldForms();
  #faultAt: number | undefined;
  /** Resolves at the end of the turn that notes lines now. */
  #turn: Promise<void> | undefined;

  /** Begins a journal, where there is to be one. */
  constructor(options: JournalKeeperOptions) {
    this.#options = options;
    this.#attempt(() => {
      this.#journal = this.#begun();
    });
  }

  /** Whether there is a journal, though its disk may fail. */
  get isOpen(): boolean {
    return this.#journal !== undefined;
  }

  /** Notes lines, which are of a form, that {@linkcode JournalKeeper.secure} is to write. */
  note(lines: string, form?: RowForm): void {
    if (this.#journal === undefined) return;
    this.#lines += this.#told.before(form) + lines;
  }

  /**
   * Resolves when the journal holds all that was noted. Requests whose turn it
   * is together share one write: what they note comes in the same round of
   * microtasks, and to write once costs far more than to write a line more.
   */
  secured(): Promise<void> {
    return this.#turn ??= Promise.resolve().then(() => {
      this.#turn = undefined;
      this.secure();
    });
  }

  /** Has the journal hold all that was noted. */
  secure(): void {
    if (this.#lines === "" && this.#faultAt === undefined) return;
    const lines = this.#lines;
    this.#lines = "";
    if (this.#faultAt === undefined) return this.#append(lines);
    this.#attempt(() => {
      // It may end in half a line, and lack others.
      const next = this.#begun();
      if (this.#journal !== undefined) this.#faulty.push(this.#journal);
      this.#journal = next;
    });
  }

  /** Begins anew where the journal is long: for when all that was settled is safe elsewhere. */
  renew(): void {
    const { maxBytes } = this.#options;
    if (this.#journal === undefined || this.#journal.size <= maxBytes) return;
    this.#attempt(() => {
      const next = this.#begun();
      this.#lines = "";
      this.#end(false);
      this.#journal = next;
    });
  }

  /** Ends the journal; `keep` where it holds what is nowhere else. */
  close(keep: boolean): void {
    this.secure();
    this.#end(keep);
    this.#journal = undefined;
  }

  #end(keep: boolean): void {
    this.#journal?.close(keep);
    for (const journal of this.#faulty.splice(0)) journal.close(keep);
  }

  /** A new journal, with all that is nowhere else. */
  #begun(): LedgerJournal | undefined {
    const { directory, needed } = this.#options;
    if (directory === undefined) return undefined;
    const next = new LedgerJournal(directory);
    this.#told = new ToldForms();
    try {
      // A disk that is full refuses the first: no others are made.
      for (const lines of needed()) next.append(lines);
    } catch (error) {
      next.close(false);
      throw error;
    }
    return next;
  }

  /** The way of every request, as long as the disk is well. */
  #append(lines: string): void {
    try {
      this.#journal?.append(lines);
    } catch (cause) {
      this.#options.onFault(cause);
      this.#faultAt = performance.now();
    }
  }

  #attempt(work: () => void): void {
    const now = performance.now();
    if (this.#faultAt !== undefined && now - this.#faultAt < RETRY_MS) return;
    try {
      work();
      this.#faultAt = undefined;
    } catch (cause) {
      if (this.#faultAt === undefined) this.#options.onFault(cause);
      this.#faultAt = now;
    }
  }
}
