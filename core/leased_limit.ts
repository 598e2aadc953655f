import type { GateState, Hold, LimitGate } from "./_limit_gate.ts";
import { LimitShare, type ShareTerms } from "./_limit_share.ts";
import type { LimitLeases } from "./_limit_leases.ts";
import type { LimitReports } from "./_limit_reports.ts";
import { SliceBook } from "./_slice_book.ts";
import type { StoreCalls } from "./_store_calls.ts";
import { grantLease } from "./limit_store.ts";
import type { Limit, LimitUnit } from "./rate_limit.ts";
import type { SharedLimitSettings } from "./shared_limits.ts";

/** Into how many slices a window is cut. */
const SLICES = 12;
/** What is leased and not used for so long is given back, or for a part of a slice. */
const IDLE_MS = 5_000;
const IDLE_PER_SLICE = 1 / 10;
/** How often a store that has nothing to give is asked all the same: parts of a slice. */
const ASKS_PER_SLICE = 10;
/** What is told where the store's answer is awaited. */
const HINT_MS = 100;
/** How many shares are looked at in one tick. */
const SHARES_PER_TICK = 1_000;
/** How many shares are looked at for one that can go. */
const CANDIDATES = 8;

/** What a {@linkcode LeasedLimit} works with. */
export interface LeasedLimitOptions {
  readonly name: string;
  readonly maxKeys: number;
  readonly settings: SharedLimitSettings;
  readonly calls: StoreCalls;
  readonly leases: LimitLeases;
  readonly reports: LimitReports;
  /** Has `tick` called soon. */
  readonly wake: () => void;
}

/**
 * A limit that several processes have in common. Each leases a part of what a
 * slice of time may have and admits from that, without waiting for the store.
 *
 * A window is twelve slices; the store keeps thirteen of them under the limit,
 * so that no window has more, wherever it begins. On top of it come only what a
 * process uses before it has its first answer, and what it uses while the store
 * is out of reach; both are bounded.
 */
export class LeasedLimit implements LimitGate {
  readonly unit: LimitUnit;
  readonly #options: LeasedLimitOptions;
  readonly #windowMs: number;
  readonly #idleMs: number;
  readonly #terms: ShareTerms;
  readonly #shares = new Map<string, LimitShare>();
  #cursor = this.#shares.values();
  #date = 0;

  constructor(limit: Limit, options: LeasedLimitOptions) {
    const { name, maxKeys, reports } = options;
    this.unit = limit.unit;
    this.#options = options;
    this.#windowMs = limit.windowMs;
    this.#idleMs = Math.max(
      IDLE_MS,
      limit.windowMs / SLICES * IDLE_PER_SLICE,
    );
    this.#terms = {
      limit: `${name} ${limit.unit}/${limit.windowMs}`,
      capacity: 0,
      credit: 0,
      span: SLICES + 1,
      sliceMs: limit.windowMs / SLICES,
      reports,
      offline: new SliceBook({
        span: SLICES + 1,
        sliceMs: limit.windowMs / SLICES,
        maxKeys,
      }),
    };
    this.adopt(limit);
  }

  adopt({ unit, windowMs, amount, burst = 0 }: Limit): boolean {
    if (unit !== this.unit || windowMs !== this.#windowMs) return false;
    const { creditShare } = this.#options.settings;
    this.#terms.capacity = Math.max(amount, burst);
    this.#terms.credit = Math.floor(this.#terms.capacity * creditShare);
    return true;
  }

  wait({ key, amount }: Hold): number {
    const { capacity } = this.#terms;
    if (amount > capacity) return Infinity;
    const share = this.#share(key);
    if (share === undefined) return HINT_MS;
    share.need = Math.max(1, amount);
    if (!this.#options.calls.isOnline) return this.#offlineWait(share, amount);
    if (share.fits(amount)) return 0;
    this.#refill(share);
    if (!share.isBlocked) return HINT_MS;
    // What is owed has to be covered before there is more.
    const wait = this.#until(share.blockedUntil);
    return share.balance < 0 ? wait + HINT_MS : wait;
  }

  /** Asks for a lease where none is left; the promise is of the answer. */
  prepare(key: string, amount: number): Promise<void> | undefined {
    const { capacity } = this.#terms;
    const share = amount > capacity ? undefined : this.#share(key);
    if (share === undefined || share.balance >= amount) return undefined;
    share.need = Math.max(1, amount);
    share.usedAt = this.#date;
    this.#refill(share);
    this.#options.wake();
    return share.isAsking ? share.answered() : undefined;
  }

  take(hold: Hold): void {
    const share = this.#own(hold.key, this.#sliceOf(this.#date));
    share.use(hold.amount);
    share.usedAt = this.#date;
    hold.mark = share.slice;
    if (!this.#options.calls.isOnline) share.goOffline();
    if (share.isLow) this.#refill(share);
    this.#options.wake();
  }

  end(hold: Hold, used: number | undefined): void {
    if (used === undefined || used === hold.amount) return;
    const share = this.#own(hold.key, this.#slice());
    const more = used - hold.amount;
    if (more > 0 || hold.mark === share.slice) share.use(more);
    else share.tell(hold.mark, more);
    if (!this.#options.calls.isOnline) share.goOffline();
    if (share.balance < 0) this.#refill(share);
    this.#options.wake();
  }

  state(key: string): GateState {
    const { capacity, span, sliceMs } = this.#terms;
    const share = this.#shares.get(key);
    if (share === undefined) {
      return { limit: capacity, remaining: capacity, resetMs: 0 };
    }
    const left = share.isBlocked ? 0 : share.left;
    const end = (share.slice + span) * sliceMs;
    return {
      limit: capacity,
      remaining: Math.max(0, Math.min(capacity, share.balance + left)),
      resetMs: Math.max(0, Math.ceil(end - this.#options.settings.date())),
    };
  }

  /** Gives back what is not used, a slice of the shares at a time; false when none is left. */
  tick(): boolean {
    const slice = this.#slice();
    for (let i = Math.min(SHARES_PER_TICK, this.#shares.size); i > 0; i--) {
      const share = this.#next();
      share.enter(slice);
      const unused = this.#date - share.usedAt;
      if (share.balance > 0 && !(unused >= 0 && unused < this.#idleMs)) {
        share.giveBack();
      }
      if (share.balance < 0 && !share.isBlocked) this.#refill(share);
      if (share.isIdle) this.#shares.delete(share.key);
    }
    return this.#shares.size > 0;
  }

  /** Gives back all that is leased. */
  close(): void {
    for (const share of this.#shares.values()) share.leave();
    this.#shares.clear();
  }

  #slice(): number {
    this.#date = this.#options.settings.date();
    return this.#sliceOf(this.#date);
  }

  #sliceOf(date: number): number {
    return Math.floor(date / this.#terms.sliceMs);
  }

  #until(slice: number): number {
    const { sliceMs } = this.#terms;
    return Math.max(1, Math.ceil(slice * sliceMs - this.#date));
  }

  /** The share of a key; `undefined` where there are too many that matter. */
  #share(key: string): LimitShare | undefined {
    const slice = this.#slice();
    if (!this.#shares.has(key)) {
      while (this.#shares.size >= this.#options.maxKeys) {
        if (!this.#evict(slice)) return undefined;
      }
    }
    return this.#own(key, slice);
  }

  /** The share of a key, however many there are: something was taken or is due. */
  #own(key: string, slice: number): LimitShare {
    let share = this.#shares.get(key);
    if (share === undefined) {
      share = new LimitShare(key, slice, this.#terms);
      this.#shares.set(key, share);
    }
    share.enter(slice);
    return share;
  }

  /** Has the one of a few go that was not used for longest; false where none may. */
  #evict(slice: number): boolean {
    let oldest: LimitShare | undefined;
    for (let i = Math.min(CANDIDATES, this.#shares.size); i > 0; i--) {
      const share = this.#next();
      share.enter(slice);
      // A key that is over its limit must not begin anew.
      if (share.isAsking || share.isBlocked) continue;
      if (oldest === undefined || share.usedAt < oldest.usedAt) oldest = share;
    }
    if (oldest === undefined) return false;
    oldest.leave();
    this.#shares.delete(oldest.key);
    return true;
  }

  #refill(share: LimitShare): void {
    if (share.isAsking) return;
    const since = this.#date - share.askedAt;
    const pause = this.#terms.sliceMs / ASKS_PER_SLICE;
    if (share.isBlocked && since >= 0 && since < pause) return;
    share.askedAt = this.#date;
    share.isAsking = this.#options.leases.want(share);
  }

  /** What there is to use without the store, and a try whether it is back. */
  #offlineWait(share: LimitShare, amount: number): number {
    this.#refill(share);
    const { settings } = this.#options;
    const { offline, limit, span, sliceMs, capacity } = this.#terms;
    const least = amount - Math.max(0, share.balance);
    if (least <= 0) return 0;
    const windowId = offline.place(share.key, share.slice);
    if (!offline.hasRoomFor(share.key, windowId)) return settings.retryMs;
    const { granted, fitsAt } = grantLease(
      offline.counts(share.key, windowId),
      {
        limit,
        key: share.key,
        amount: least,
        least,
        windowId,
        span,
        capacity: Math.floor(capacity * settings.offlineShare),
        sliceMs,
      },
    );
    if (granted >= least) return 0;
    return fitsAt === Infinity ? settings.retryMs : this.#until(fitsAt);
  }

  /** The next share, round and round; there must be one. */
  #next(): LimitShare {
    let { value } = this.#cursor.next();
    if (value === undefined) {
      this.#cursor = this.#shares.values();
      ({ value } = this.#cursor.next());
    }
    return value!;
  }
}
