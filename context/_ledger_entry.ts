import { attemptLine, endedLine, type OpenRequest } from "./_ledger_lines.ts";
import type { LedgerEntry } from "./ledger.ts";
import {
  costOfAttempts,
  type LedgerAttempt,
  type LedgerEnd,
  type LedgerHead,
  type LedgerIntent,
  type LedgerRow,
} from "./ledger_row.ts";

/** What an entry tells its ledger. */
export interface EntryOptions {
  readonly note: (lines: string) => void;
  readonly secure: () => void;
  readonly settle: (row: LedgerRow) => void;
}

/** A request that goes on. */
export class OpenEntry implements LedgerEntry, OpenRequest {
  readonly head: LedgerHead;
  readonly attempts: (LedgerIntent | LedgerAttempt)[] = [];
  readonly #options: EntryOptions;
  #isSettled = false;

  constructor(head: LedgerHead, options: EntryOptions) {
    this.head = head;
    this.#options = options;
  }

  attempt(intent: LedgerIntent): number {
    const place = this.attempts.push(intent) - 1;
    this.#options.note(attemptLine(this.head.id, intent));
    this.#options.secure();
    return place;
  }

  ended(place: number, end: Omit<LedgerAttempt, keyof LedgerIntent>): void {
    const intent = this.attempts[place];
    if (this.#isSettled || intent === undefined) return;
    const attempt = { ...intent, ...end };
    this.attempts[place] = attempt;
    this.#options.note(endedLine(this.head.id, { at: place, ended: attempt }));
  }

  secure(): void {
    this.#options.secure();
  }

  get cost(): number | undefined {
    return costOfAttempts(this.attempts.map(attemptOf));
  }

  settle(end: LedgerEnd): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const attempts = this.attempts.map(attemptOf);
    this.#options.settle({
      ...this.head,
      ...end,
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
