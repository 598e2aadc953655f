import {
  attemptLine,
  beginLine,
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
  /** Has the journal note these lines. */
  note(lines: string): void;
  /** Has the journal hold all that was noted. */
  secure(): void;
  /** Is told that an attempt has ended. */
  changed(entry: OpenRequest): void;
  /** Takes the row of one that is settled. */
  settle(entry: OpenRequest, row: LedgerRow): void;
}

/** A request that goes on. */
export class OpenEntry implements LedgerEntry, OpenRequest {
  readonly head: LedgerHead;
  readonly attempts: (LedgerIntent | LedgerAttempt)[] = [];
  readonly #owner: EntryOwner;
  #isNoted = false;
  #isSettled = false;

  constructor(head: LedgerHead, owner: EntryOwner) {
    this.head = head;
    this.#owner = owner;
  }

  attempt(intent: LedgerIntent): number {
    const at = this.attempts.push(intent) - 1;
    if (!this.#owner.isJournaled()) return at;
    const { head } = this;
    this.#owner.note(
      this.#isNoted
        ? attemptLine(head.id, { at, attempt: intent })
        : firstLine(head, intent),
    );
    this.#isNoted = true;
    this.#owner.secure();
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
    this.#owner.changed(this);
  }

  secure(): void {
    if (!this.#owner.isJournaled()) return;
    if (!this.#isNoted) this.#owner.note(beginLine(this.head));
    this.#isNoted = true;
    this.#owner.secure();
  }

  get cost(): number | undefined {
    return costOfAttempts(this.attempts.map(attemptOf));
  }

  settle(end: LedgerEnd): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { id, at, route, key, user, team, organisation, model } = this.head;
    const { status, error, durationMs, cache, problems } = end;
    const attempts = this.attempts.map(attemptOf);
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

/** An attempt that nobody has ended counts as what was reserved. */
function attemptOf(attempt: LedgerIntent | LedgerAttempt): LedgerAttempt {
  if ("outcome" in attempt) return attempt;
  return {
    ...attempt,
    outcome: "unknown",
    ...(attempt.price !== undefined && { cost: attempt.reserved }),
  };
}
