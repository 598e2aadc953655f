import type { Lessee } from "./_limit_leases.ts";
import type { LimitReports } from "./_limit_reports.ts";
import type { SliceBook } from "./_slice_book.ts";
import type { LimitLeaseAsk, LimitLeaseGrant } from "./limit_store.ts";

/** What all shares of a limit have in common. */
export interface ShareTerms {
  /** The name of the limit in the store. */
  readonly limit: string;
  /** The most in a window, for all processes together. */
  capacity: number;
  /** What may be used before the store has answered. */
  credit: number;
  /** Slices that make a window, and one more: it begins and ends inside a slice. */
  readonly span: number;
  /** Length of a slice in milliseconds. */
  readonly sliceMs: number;
  /** Where to tell what no lease covered, and what was left of one. */
  readonly reports: LimitReports;
  /** What was used while the store was out of reach. */
  readonly offline: SliceBook;
}

/** The first lease of a slice, and the largest, as parts of the capacity. */
const FIRST_LEASE = 1 / 20;
const LARGEST_LEASE = 1 / 5;

/** The slice of a share that is gone. */
const NO_SLICE = -1;

/**
 * What one process has of a limit for one key: leased and not used, or, below
 * 0, used without a lease until the store has answered.
 *
 * What is left of a slice goes on to the next: the store counts it there
 * instead, so that what is used is always counted in the slice of its use.
 */
export class LimitShare implements Lessee {
  readonly key: string;
  readonly #terms: ShareTerms;
  #slice: number;
  #balance = 0;
  #leases = 0;
  #answered: PromiseWithResolvers<void> | undefined;
  /** Until this slice the store has nothing to give. */
  #blockedUntil = -Infinity;
  /** What the last request wanted. */
  need = 1;
  /** What the store had left for anybody when it last answered. */
  left: number;
  /** An ask is under way. */
  isAsking = false;
  /** When it was last used, and asked for, by the common clock. */
  usedAt = -Infinity;
  askedAt = -Infinity;

  constructor(key: string, slice: number, terms: ShareTerms) {
    this.key = key;
    this.#slice = slice;
    this.left = terms.capacity;
    this.#terms = terms;
  }

  /** The slice that the balance is good for. */
  get slice(): number {
    return this.#slice;
  }

  /** What may be used; below 0 what was used without a lease. */
  get balance(): number {
    return this.#balance;
  }

  /** The slice from which on the store may have something again. */
  get blockedUntil(): number {
    return this.#blockedUntil;
  }

  /** The store has nothing to give in this slice. */
  get isBlocked(): boolean {
    return this.#blockedUntil > this.#slice;
  }

  /** Says no more than no share would. */
  get isIdle(): boolean {
    return this.#balance === 0 && !this.isAsking && !this.isBlocked;
  }

  /** It is time to ask for more. */
  get isLow(): boolean {
    return this.#balance < Math.max(this.need, this.#lease() / 2);
  }

  /** Goes on to another slice. */
  enter(slice: number): void {
    if (slice === this.#slice) return;
    const from = this.#slice;
    this.#slice = slice;
    this.#leases = 0;
    if (this.#balance > 0) this.#balance = this.#moved(this.#balance, from);
  }

  /** Is gone: a lease that is still to come is given back. */
  leave(): void {
    this.giveBack();
    this.#slice = NO_SLICE;
    this.#answered?.resolve();
  }

  /** Whether so much may be used: leased, or on credit. */
  fits(amount: number): boolean {
    if (this.#balance >= amount) return true;
    if (this.isBlocked) return false;
    return this.#balance >= 0 || this.#balance - amount >= -this.#terms.credit;
  }

  /** Uses so much; below 0 it comes back. */
  use(amount: number): void {
    this.#balance -= amount;
  }

  /** Squares the balance with the store, by the next report. */
  giveBack(): void {
    this.tell(this.#slice, -this.#balance);
    this.#balance = 0;
  }

  /** What was used without a lease counts against what may be used offline. */
  goOffline(): void {
    if (this.#balance >= 0) return;
    const { offline } = this.#terms;
    const slice = offline.place(this.key, this.#slice);
    offline.add(this.key, slice, -this.#balance);
    this.giveBack();
  }

  /** Has a sum reported; below 0 it is given back. */
  tell(windowId: number, amount: number): void {
    const { limit, span, sliceMs, reports } = this.#terms;
    reports.add({ limit, key: this.key, windowId, amount, span, sliceMs });
  }

  /** Resolves when the ask that is under way has its answer. */
  answered(): Promise<void> {
    this.#answered ??= Promise.withResolvers();
    return this.#answered.promise;
  }

  ask(): LimitLeaseAsk | undefined {
    if (this.#slice === NO_SLICE) return undefined;
    const { limit, span, sliceMs, capacity } = this.#terms;
    const debt = Math.max(0, -this.#balance);
    const more = Math.max(this.need, this.#lease());
    return {
      limit,
      key: this.key,
      amount: Math.min(capacity, debt + more),
      least: Math.min(capacity, debt + this.need),
      windowId: this.#slice,
      span,
      capacity,
      sliceMs,
    };
  }

  answer(ask: LimitLeaseAsk, grant: LimitLeaseGrant | undefined): void {
    this.isAsking = false;
    this.#answered?.resolve();
    this.#answered = undefined;
    if (grant === undefined) {
      this.goOffline();
      return;
    }
    const { granted, left, fitsAt } = grant;
    const isAll = granted >= ask.amount;
    this.left = left;
    this.#leases++;
    this.#blockedUntil = isAll ? -Infinity : fitsAt;
    this.#balance += this.#moved(granted, ask.windowId);
  }

  /** How much of what was leased in an earlier slice is still good: all or nothing. */
  #moved(amount: number, from: number): number {
    const slice = this.#slice;
    if (slice === from) return amount;
    this.tell(from, -amount);
    // Only so far the store has not let anybody have it in between.
    const isNear = slice > from && slice - from < this.#terms.span - 1;
    if (!isNear || slice === NO_SLICE) return 0;
    this.tell(slice, amount);
    return amount;
  }

  /** The size of the next lease: larger from one to the next within a slice. */
  #lease(): number {
    const { capacity } = this.#terms;
    const share = Math.min(LARGEST_LEASE, FIRST_LEASE * 2 ** this.#leases);
    return Math.ceil(capacity * share);
  }
}
