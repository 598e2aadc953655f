import type { RowForm } from "./_ledger_forms.ts";
import {
  attemptLine,
  beginLine,
  endedLines,
  firstLine,
  type OpenRequest,
} from "./_ledger_lines.ts";
import type { LedgerEntry } from "./ledger.ts";
import {
  costOfAttempts,
  type LedgerAttempt,
  type LedgerAttemptEnd,
  type LedgerEnd,
  type LedgerHead,
  type LedgerIntent,
  type LedgerRow,
} from "./ledger_row.ts";

/** What an entry tells its ledger. */
export interface EntryOwner {
  /** Whether there is a journal. */
  isJournaled(): boolean;
  /** The form of a request, by its first attempt; `undefined` where it is told in full. */
  formOf(head: LedgerHead, intent: LedgerIntent): RowForm | undefined;
  /** Has the journal note these lines, which are of a form. */
  note(lines: string, form?: RowForm): void;
  /** Resolves when the journal holds all that was noted. */
  secured(): Promise<void>;
  /** Has it hold that at once. */
  secure(): void;
  /** Is told that attempts have ended of which the journal does not know. */
  changed(): void;
  /** Takes the row of one that is settled. */
  settle(entry: OpenEntry, row: LedgerRow): void;
}

/** A request that goes on. */
export class OpenEntry implements LedgerEntry, OpenRequest {
  readonly head: LedgerHead;
  attempts: (LedgerIntent | LedgerAttempt)[] = [];
  /** Its place among those that go on. */
  place = 0;
  /** What it has in common with others; known where it has an attempt. */
  form: RowForm | undefined;
  readonly #owner: EntryOwner;
  /** Whether attempts have ended since the journal was told of it. */
  #hasChanged = false;
  #isNoted = false;
  #isSettled = false;

  constructor(head: LedgerHead, owner: EntryOwner) {
    this.head = head;
    this.#owner = owner;
  }

  attempt(intent: LedgerIntent): number {
    const at = this.attempts.length;
    if (at === 0) {
      // Most have one: to push it would make room for many.
      this.attempts = [intent];
      this.form = this.#owner.formOf(this.head, intent);
    } else this.attempts.push(intent);
    if (!this.#owner.isJournaled()) return at;
    this.noteChanges();
    this.#noteAttempt(at, intent);
    this.#isNoted = true;
    return at;
  }

  ended(place: number, end: LedgerAttemptEnd): void {
    const intent = this.attempts[place];
    if (this.#isSettled || intent === undefined) return;
    const { provider, reserved, charges } = intent;
    const { model = intent.model, price = intent.price } = end;
    const { outcome, usage, cost, reported } = end;
    this.attempts[place] = {
      provider,
      model,
      reserved,
      price,
      charges,
      outcome,
      usage,
      cost,
      reported,
    };
    if (!this.#owner.isJournaled()) return;
    this.#hasChanged = true;
    this.#owner.changed();
  }

  /** Has the journal note what attempts have come to, where it does not know. */
  noteChanges(): void {
    if (!this.#hasChanged) return;
    this.#hasChanged = false;
    this.#owner.note(endedLines(this));
  }

  secured(): Promise<void> | undefined {
    if (!this.#owner.isJournaled()) return;
    this.#note();
    return this.#owner.secured();
  }

  secure(): void {
    if (!this.#owner.isJournaled()) return;
    this.#note();
    this.#owner.secure();
  }

  #noteAttempt(at: number, attempt: LedgerIntent): void {
    const { head, form } = this;
    // A journal that was begun after the first attempt has that already.
    if (this.#isNoted || at > 0) {
      this.#owner.note(attemptLine(head.id, { at, attempt }));
    } else if (form === undefined) this.#owner.note(firstLine(head, attempt));
    else this.#owner.note(form.begin(head, attempt), form);
  }

  #note(): void {
    if (!this.#isNoted) this.#owner.note(beginLine(this.head));
    this.#isNoted = true;
  }

  get cost(): number | undefined {
    return costOfAttempts(this.attempts.map(attemptOf));
  }

  settle(end: LedgerEnd): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { id, at, route, key, user, team, organisation, model } = this.head;
    const { status, error, durationMs, cache, problems } = end;
    const attempts = this.attempts.every(isEnded)
      ? this.attempts
      : this.attempts.map(attemptOf);
    this.#owner.settle(this, {
      id,
      at,
      route,
      key,
      user,
      team,
      organisation,
      model,
      status,
      error,
      durationMs,
      cache,
      problems,
      state: "settled",
      attempts,
      cost: costOfAttempts(attempts),
    });
  }
}

/**
 * Those that go on, each in its place. A map that every request enters and
 * leaves makes new tables all the time, and each that the engine holds to be
 * old keeps the next one alive with all that is in it.
 */
export class OpenEntries {
  readonly #places: (OpenEntry | undefined)[] = [];
  readonly #free: number[] = [];

  /** How many there are. */
  get size(): number {
    return this.#places.length - this.#free.length;
  }

  /** Adds one. */
  add(entry: OpenEntry): void {
    entry.place = this.#free.pop() ?? this.#places.length;
    this.#places[entry.place] = entry;
  }

  /** Takes one out, once. */
  delete({ place }: OpenEntry): void {
    this.#places[place] = undefined;
    this.#free.push(place);
  }

  /** All of them. */
  *[Symbol.iterator](): Generator<OpenEntry> {
    for (const entry of this.#places) if (entry !== undefined) yield entry;
  }
}

function isEnded(
  attempt: LedgerIntent | LedgerAttempt,
): attempt is LedgerAttempt {
  return "outcome" in attempt;
}

/** An attempt that nobody has ended counts as what was reserved. */
function attemptOf(attempt: LedgerIntent | LedgerAttempt): LedgerAttempt {
  if (isEnded(attempt)) return attempt;
  return {
    ...attempt,
    outcome: "unknown",
    ...(attempt.price !== undefined && { cost: attempt.reserved }),
  };
}
