import { leaseBudget } from "./_budget_lease.ts";
import type { BudgetTerms } from "./budget_book.ts";
import type { BudgetWindow } from "./budget_window.ts";
import type { LedgerCharge } from "./ledger_row.ts";
import type { StateStore } from "./state_store.ts";

/** What all accounts of a book share. */
export interface AccountTerms {
  readonly store: StateStore;
  readonly owner: string;
  readonly now: () => number;
  readonly ttlMs: number;
  /** Told of what was spent, for warnings. */
  readonly onSpent: (account: BudgetAccount) => void;
}

/** Nano-dollars in a US dollar. */
export const NANO = 1_000_000_000;
/** How much of what is left a process leases at a time. */
const LEASE_SHARE = 1 / 8;
/** For how long a store that has nothing to give is not asked again, in ms. */
const DRY_MS = 250;

/** What one process knows of one window of a budget, for one subject. Amounts in nano-dollars. */
export class BudgetAccount {
  readonly charge: LedgerCharge;
  readonly window: BudgetWindow;
  limit = 0;
  isHard = true;
  /** How many of the shares to warn at were passed. */
  warned = 0;
  readonly #terms: AccountTerms;
  /** What the store knew to be spent, and what has reached it since. */
  #known = 0;
  /** What was spent and has not reached the store. */
  #unreported = 0;
  /** What requests under way have set aside. */
  #held = 0;
  #granted = 0;
  #until = 0;
  #dryUntil = 0;
  #asking: Promise<void> | undefined;
  /** What those want who wait for the store. */
  #wanted = 0;
  /** The failure of the last call to the store. */
  fault: unknown;

  constructor(
    { charge, window }: {
      readonly charge: LedgerCharge;
      readonly window: BudgetWindow;
    },
    terms: AccountTerms,
  ) {
    this.charge = charge;
    this.window = window;
    this.#terms = terms;
  }

  /** Goes by other terms from now on; what was leased by the old ones is asked for anew. */
  change({ limit, isHard = true }: BudgetTerms): void {
    const nano = Math.round(limit * NANO);
    if (nano === this.limit && isHard === this.isHard) return;
    this.limit = nano;
    this.isHard = isHard;
    this.warned = 0;
    this.#until = 0;
    this.#dryUntil = 0;
  }

  /** What was spent, as far as this process knows. */
  get spent(): number {
    return this.#known + this.#unreported;
  }

  /** Whether nothing of it would be lost with it. */
  get isIdle(): boolean {
    return this.#held === 0 && this.#unreported === 0 &&
      this.#asking === undefined;
  }

  /** What may be set aside at once, without the store. */
  room(now: number): number {
    return now >= this.#until ? 0 : this.#granted - this.#used;
  }

  /** Whether nothing is known of it now: the store fails, or has not answered yet. */
  isUnknown(now: number): boolean {
    return this.fault !== undefined ||
      this.#asking !== undefined && now >= this.#until;
  }

  /** Whether the store may have more to give. */
  mayRefill(now: number): boolean {
    return now >= this.#dryUntil;
  }

  /** Whether a request would fit once others have ended. */
  fitsLater(amount: number): boolean {
    return this.spent + amount <= this.limit;
  }

  /** Sets aside. */
  hold(amount: number, now: number): void {
    this.#held += amount;
    // Asked for before it is needed, so that requests need not wait; of a soft
    // one only what others spend has to be known.
    const isDue = this.isHard ? this.room(now) < amount : now >= this.#until;
    if (isDue && this.mayRefill(now)) void this.refill(amount);
  }

  /** Makes the lease last, where something depends on it and it ends soon. */
  renew(): Promise<void> | undefined {
    const { now, ttlMs } = this.#terms;
    const isDue = this.#used > 0 && this.#until - now() < ttlMs / 2;
    return this.isHard && isDue ? this.refill(0) : undefined;
  }

  /** What is left of the whole, as far as this process knows, others' leases not counted. */
  get left(): number {
    return Math.max(0, this.limit - this.spent - this.#held);
  }

  /** Gives back what was set aside, but for what was spent. */
  settle(amount: number, spent: number): void {
    this.#held -= amount;
    this.#unreported += spent;
    this.#dryUntil = 0;
    if (spent > 0) this.#terms.onSpent(this);
  }

  /** Notes that the store knows of what was spent. */
  reported(spent: number): void {
    this.#unreported -= spent;
    this.#known += spent;
    // The lease covered it until now, and others see it as spent from now on.
    this.#granted -= spent;
  }

  /** Asks the store for more, for all who want it at the time, one call after the other. */
  refill(need: number): Promise<void> {
    this.#wanted += need;
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  get #used(): number {
    return this.#held + this.#unreported;
  }

  async #askAll(): Promise<void> {
    do {
      // Whoever comes in the same turn is asked for as well.
      await Promise.resolve();
      const wanted = this.#wanted;
      this.#wanted = 0;
      await this.#ask(wanted);
    } while (this.#wanted > 0 && this.mayRefill(this.#terms.now()));
    this.#wanted = 0;
  }

  async #ask(need: number): Promise<void> {
    const { store, owner, now, ttlMs } = this.#terms;
    const at = now();
    const reportedBefore = this.#known;
    try {
      const { spent, granted } = await leaseBudget(store, {
        charge: this.charge,
        limit: this.limit,
        used: this.#used,
        more: Math.max(need, Math.ceil(this.left * LEASE_SHARE)),
        owner,
        now: at,
        ttlMs,
        end: this.window.end,
      });
      // What was reported meanwhile may be in it, or not: it counts as not.
      const meanwhile = this.#known - reportedBefore;
      this.#known = spent + meanwhile;
      this.#granted = granted - meanwhile;
      this.#until = at + ttlMs;
      this.fault = undefined;
      const after = now();
      if (this.room(after) < need) this.#dryUntil = after + DRY_MS;
    } catch (fault) {
      this.fault = fault;
      this.#dryUntil = now() + DRY_MS;
    }
  }
}
