import type { LedgerCharge } from "./ledger_row.ts";

/** Money that is set aside. */
export interface BudgetHold {
  /** It was set aside. */
  readonly ok: true;
  /** The windows that pay, for the ledger. */
  readonly charges: readonly LedgerCharge[];
  /** Gives back what was set aside, but for what was spent, in pico-dollars; once. */
  settle(spent: number): void;
}

/** Why money was not set aside. */
export interface BudgetRefusal {
  /** It was not. */
  readonly ok: false;
  /** The budget without room. */
  readonly budget: string;
  /** Whose it is. */
  readonly subject: string;
  /** When it begins anew, in ms since 1970; Infinity for never. */
  readonly resetAt: number;
  /** What is left of it, in US dollars: less than was asked for. */
  readonly leftUsd: number;
  /**
   * `spent`: there is no room until then; `busy`: what requests under way have
   * set aside may come back; `unknown`: the store is out of reach.
   */
  readonly reason: "spent" | "busy" | "unknown";
}

/** A budget that has passed a share of its limit. */
export interface BudgetWarning {
  /** Its name. */
  readonly budget: string;
  /** Whose. */
  readonly subject: string;
  /** The share that was passed. */
  readonly share: number;
  /** What was spent, in US dollars. */
  readonly spentUsd: number;
  /** What may be spent, in US dollars. */
  readonly limitUsd: number;
  /** When it begins anew, in ms since 1970; Infinity for never. */
  readonly resetAt: number;
}
