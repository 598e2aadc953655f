import { type BudgetAccount, NANO } from "./_budget_account.ts";
import { nanoOf } from "./_budget_lease.ts";
import { BudgetShelf } from "./_budget_shelf.ts";
import type {
  BudgetHold,
  BudgetRefusal,
  BudgetWarning,
} from "./budget_hold.ts";
import type { BudgetPeriod } from "./budget_window.ts";
import type { LedgerCharge, LedgerRow } from "./ledger_row.ts";
import type { StateStore } from "./state_store.ts";

/** A budget: each of its subjects has its own. */
export interface BudgetTerms {
  /** What it is called. */
  readonly name: string;
  /** US dollars in a period, 9,000,000 at most. */
  readonly limit: number;
  /** When it begins anew. */
  readonly period: BudgetPeriod;
  /** Whether spending beyond it is refused. @default {true} */
  readonly isHard?: boolean;
  /** Shares of it at which is warned. @default {[]} */
  readonly warnAt?: readonly number[];
}

/** A budget that has to have room. */
export interface BudgetAsk {
  /** Its name. */
  readonly budget: string;
  /** Whose. */
  readonly subject: string;
}

/** How long a process keeps what it has leased, should it die, in ms. */
const LEASE_MS = 30_000;

/** How a {@linkcode BudgetBook} works. */
export interface BudgetBookOptions {
  /** Where the ledger writes what was spent; stays open. */
  readonly store: StateStore;
  /** The clock, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** How many subjects of each budget are known at a time. @default {50_000} */
  readonly maxAccounts?: number;
  /** Told once for each share that is passed. @default {nobody} */
  readonly onWarning?: (warning: BudgetWarning) => void;
}

/**
 * Budgets that several requests, and several processes, spend from at once.
 *
 * What a request may cost at most is set aside before it is sent, in all of its
 * budgets or in none, and settled with what it did cost. Each process leases a
 * part of what is left from the store and sets aside from that, so that a
 * request waits for the store only when a lease has run out. Where the reserve
 * is an upper bound nothing is overspent; a request of which no bound is known
 * gets all that is left, alone, so that only it can overspend.
 *
 * What was spent is counted by a ledger in the same store: its rows carry the
 * `charges` of their attempts, and {@linkcode BudgetBook.reported} is to be
 * told of those that were written.
 *
 * @example A dollar a day
 * ```ts
 * import { BudgetBook, MemoryStateStore } from "@llm-proxy/context";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const book = new BudgetBook({ store: new MemoryStateStore() });
 * book.define({ name: "team", limit: 1, period: "day" });
 * const asks = [{ budget: "team", subject: "a" }];
 * await book.prepare(asks, 600_000_000_000);
 * const hold = book.take(asks, 600_000_000_000);
 * assert(hold.ok);
 * const next = book.take(asks, 600_000_000_000);
 * assertEquals(next.ok, false);
 * hold.settle(150_000_000_000);
 * await book.prepare(asks, 600_000_000_000);
 * assert(book.take(asks, 600_000_000_000).ok);
 * book.close();
 * ```
 */
export class BudgetBook {
  readonly #shelves = new Map<string, BudgetShelf>();
  readonly #options: Required<BudgetBookOptions>;
  readonly #owner = crypto.randomUUID();
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Knows no budget yet. */
  constructor(options: BudgetBookOptions) {
    this.#options = {
      now: Date.now,
      maxAccounts: 50_000,
      onWarning: () => {},
      ...options,
    };
  }

  /**
   * Defines a budget, or changes it at once; what was spent stays spent.
   *
   * @throws {RangeError} when its limit is out of range.
   */
  define(terms: BudgetTerms): void {
    if (!(terms.limit > 0 && terms.limit <= 9_000_000)) {
      throw new RangeError(
        `A budget must be of 0 to 9,000,000 US dollars, got '${terms.limit}'`,
      );
    }
    const shelf = this.#shelves.get(terms.name);
    if (shelf !== undefined) {
      shelf.define(terms);
      return;
    }
    const { store, now, maxAccounts } = this.#options;
    this.#shelves.set(
      terms.name,
      new BudgetShelf(terms, {
        store,
        owner: this.#owner,
        now,
        ttlMs: LEASE_MS,
        maxAccounts,
        onSpent: (account, terms) => this.#warn(account, terms),
      }),
    );
  }

  /**
   * Asks the store where what was leased is not enough.
   *
   * @param pico What is to be set aside, in pico-dollars; `undefined` for all that is left.
   * @returns Nothing where it is, or where the store was asked just now.
   */
  prepare(
    asks: readonly BudgetAsk[],
    pico: number | undefined,
  ): Promise<unknown> | undefined {
    const now = this.#options.now();
    let refills: Promise<void>[] | undefined;
    for (const ask of asks) {
      const account = this.#account(ask, now);
      if (!account.isHard || !account.mayRefill(now)) continue;
      const need = pico === undefined ? account.left : nanoOf(pico);
      if (account.room(now) >= need && need > 0) continue;
      refills ??= [];
      refills.push(account.refill(need));
    }
    return refills && Promise.all(refills);
  }

  /**
   * Sets money aside in all budgets, or in none.
   *
   * @param pico How much, in pico-dollars; `undefined` for all that is left.
   */
  take(
    asks: readonly BudgetAsk[],
    pico: number | undefined,
  ): BudgetHold | BudgetRefusal {
    const now = this.#options.now();
    const accounts: BudgetAccount[] = [];
    const amounts: number[] = [];
    const charges: LedgerCharge[] = [];
    for (const ask of asks) {
      const account = this.#account(ask, now);
      const amount = amountOf(account, { pico, now });
      if (amount === undefined) return refusal(account, { pico, now });
      accounts.push(account);
      amounts.push(amount);
      charges.push(account.charge);
    }
    accounts.forEach((account, at) => account.hold(amounts[at] ?? 0, now));
    this.#keepLeases();
    let isSettled = false;
    return {
      ok: true,
      charges,
      settle(spent): void {
        if (isSettled) return;
        isSettled = true;
        const nano = spent > 0 ? nanoOf(spent) : 0;
        accounts.forEach((account, at) =>
          account.settle(amounts[at] ?? 0, nano)
        );
      },
    };
  }

  /** Is to be told of the rows that the ledger has written. */
  reported(rows: readonly LedgerRow[]): void {
    for (const { attempts } of rows) {
      for (const { cost, charges } of attempts) {
        if (!cost || charges === undefined) continue;
        const nano = nanoOf(cost);
        for (const charge of charges) {
          this.#shelves.get(charge[0])?.find(charge)?.reported(nano);
        }
      }
    }
  }

  /** How the windows stand that are known; of each budget, whose, and what is left in US dollars. */
  *views(): Generator<BudgetAsk & { readonly leftUsd: number }> {
    for (const shelf of this.#shelves.values()) {
      for (const { charge: [budget, subject], left } of shelf.all()) {
        yield { budget, subject, leftUsd: left / NANO };
      }
    }
  }

  /** Keeps no lease any longer. */
  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #account({ budget, subject }: BudgetAsk, now: number): BudgetAccount {
    const shelf = this.#shelves.get(budget);
    if (shelf === undefined) {
      throw new TypeError(`There is no budget '${budget}'`);
    }
    return shelf.account(subject, now);
  }

  #warn(account: BudgetAccount, { warnAt = [] }: BudgetTerms): void {
    const share = account.spent / account.limit;
    const passed = warnAt.filter((at) => share >= at);
    if (passed.length <= account.warned) return;
    account.warned = passed.length;
    const [budget, subject] = account.charge;
    this.#options.onWarning({
      budget,
      subject,
      share: Math.max(...passed),
      spentUsd: account.spent / NANO,
      limitUsd: account.limit / NANO,
      resetAt: account.window.end,
    });
  }

  #keepLeases(): void {
    this.#timer ??= setInterval(() => {
      let isIdle = true;
      for (const shelf of this.#shelves.values()) {
        for (const account of shelf.all()) {
          void account.renew();
          isIdle &&= account.isIdle;
        }
      }
      if (isIdle) this.close();
    }, LEASE_MS / 4);
  }
}

/** How much is wanted, in pico-dollars, and when. */
interface Wanted {
  readonly pico: number | undefined;
  readonly now: number;
}

/**
 * What is to be set aside of an account, in nano-dollars: where nobody knows
 * how much is needed, all that there is. `undefined` where there is no room.
 */
function amountOf(
  account: BudgetAccount,
  { pico, now }: Wanted,
): number | undefined {
  if (!account.isHard) return 0;
  const room = account.room(now);
  if (pico !== undefined) {
    const need = nanoOf(pico);
    return room >= need ? need : undefined;
  }
  const isAll = room >= account.left || !account.mayRefill(now);
  return room > 0 && isAll ? room : undefined;
}

function refusal(
  account: BudgetAccount,
  { pico, now }: Wanted,
): BudgetRefusal {
  const [budget, subject] = account.charge;
  const isFull = !account.fitsLater(pico === undefined ? 1 : nanoOf(pico));
  const reason = account.isUnknown(now) ? "unknown" : isFull ? "spent" : "busy";
  return {
    ok: false,
    budget,
    subject,
    resetAt: account.window.end,
    leftUsd: account.left / NANO,
    reason,
  };
}
