import { type AccountTerms, BudgetAccount } from "./_budget_account.ts";
import type { BudgetTerms } from "./budget_book.ts";
import { type BudgetWindow, budgetWindow } from "./budget_window.ts";
import type { LedgerCharge } from "./ledger_row.ts";

/** The accounts of one budget: those of the window at hand, and earlier ones that something depends on. */
export class BudgetShelf {
  #terms: BudgetTerms;
  readonly #shared: AccountTerms;
  readonly #maxAccounts: number;
  #window: BudgetWindow = { name: "", end: -Infinity };
  #accounts = new Map<string, BudgetAccount>();
  #earlier: BudgetAccount[] = [];

  constructor(
    terms: BudgetTerms,
    { maxAccounts, ...shared }: Omit<AccountTerms, "onSpent"> & {
      readonly maxAccounts: number;
      readonly onSpent: (account: BudgetAccount, terms: BudgetTerms) => void;
    },
  ) {
    this.#terms = terms;
    this.#maxAccounts = maxAccounts;
    const { onSpent } = shared;
    this.#shared = {
      ...shared,
      onSpent: (account) => onSpent(account, this.#terms),
    };
  }

  /** Changes the budget, at once. */
  define(terms: BudgetTerms): void {
    const { period } = this.#terms;
    this.#terms = terms;
    if (terms.period !== period) this.#turn();
    for (const account of this.#accounts.values()) account.change(terms);
  }

  /** The account of a subject in the window at hand. */
  account(subject: string, now: number): BudgetAccount {
    if (now >= this.#window.end) this.#turn();
    return this.#accounts.get(subject) ?? this.#add(subject);
  }

  /** The account that a charge is of, where it is known. */
  find([, subject, window]: LedgerCharge): BudgetAccount | undefined {
    if (window === this.#window.name) return this.#accounts.get(subject);
    return this.#earlier.find(({ charge }) =>
      charge[1] === subject && charge[2] === window
    );
  }

  /** Every account. */
  *all(): Generator<BudgetAccount> {
    yield* this.#accounts.values();
    yield* this.#earlier;
  }

  #turn(): void {
    const left = [...this.#earlier, ...this.#accounts.values()];
    this.#earlier = left.filter(({ isIdle }) => !isIdle);
    this.#accounts = new Map();
    this.#window = budgetWindow(this.#terms.period, this.#shared.now());
  }

  #add(subject: string): BudgetAccount {
    if (this.#accounts.size >= this.#maxAccounts) this.#evict();
    const account = new BudgetAccount({
      charge: [this.#terms.name, subject, this.#window.name],
      window: this.#window,
    }, this.#shared);
    account.change(this.#terms);
    this.#accounts.set(subject, account);
    return account;
  }

  /** Forgets the oldest that nothing depends on: the store remembers. */
  #evict(): void {
    for (const [subject, { isIdle }] of this.#accounts) {
      if (!isIdle) continue;
      this.#accounts.delete(subject);
      return;
    }
  }
}
