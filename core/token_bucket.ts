import type { KeyRows, RowPart } from "./_key_rows.ts";
import type { GateState, Hold, LimitGate } from "./_limit_gate.ts";
import type { Limit, LimitUnit } from "./rate_limit.ts";

/** A clock in floating point has errors; none of them reaches a microsecond. */
const EPSILON = 1e-3;

/**
 * Token buckets by GCRA: instead of a level that has to be refilled, the one
 * moment at which the bucket will be full again. Taking moves it on, and it
 * must not get further away than a whole bucket takes to fill.
 *
 * A second number keeps how far that moment was ever moved back, so that what
 * comes back unused is not given twice.
 */
export class TokenBucket implements LimitGate, RowPart {
  readonly unit: LimitUnit;
  readonly bytes = 16;
  #rows!: KeyRows;
  #offset = 0;
  #burst = 0;
  #windowMs = 0;
  /** Time that refills one. */
  #each = 0;
  /** Time that refills all. */
  #depth = 0;
  /** The latest moment of those that had to go: new keys begin with it. */
  #forgotten = 0;

  /** Takes a limit with a burst. */
  constructor(limit: Limit) {
    this.unit = limit.unit;
    this.adopt(limit);
  }

  adopt({ unit, amount, windowMs, burst }: Limit): boolean {
    if (unit !== this.unit || burst === undefined) return false;
    this.#burst = burst;
    this.#windowMs = windowMs;
    this.#each = windowMs / amount;
    this.#depth = burst * this.#each;
    return true;
  }

  wait({ row, amount }: Hold, now: number): number {
    if (amount > this.#burst) return Infinity;
    const full = Math.max(this.#fullAt(row), now) + amount * this.#each;
    const over = full - this.#depth - now;
    return over <= EPSILON ? 0 : Math.ceil(over - EPSILON);
  }

  take(hold: Hold, now: number): void {
    const row = hold.row < 0 ? this.#rows.obtain(hold.key, now) : hold.row;
    const { real } = this.#rows.cells(row);
    const at = this.#at(row);
    const fullAt = Math.max(real[at]!, now) + hold.amount * this.#each;
    real[at] = fullAt;
    hold.mark = fullAt + real[at + 1]!;
    hold.stamp = this.#rows.stamp(row);
  }

  end(hold: Hold, used: number | undefined, now: number): void {
    if (used === undefined || used === hold.amount) return;
    if (used > hold.amount) this.#charge(hold.key, used - hold.amount, now);
    else this.#giveBack(hold, hold.amount - used, now);
  }

  state(key: string, now: number): GateState {
    const fullAt = this.#fullAt(this.#rows.find(key));
    const resetMs = Math.max(0, fullAt - now);
    const left = Math.floor((this.#depth - resetMs + EPSILON) / this.#each);
    return {
      limit: this.#burst,
      remaining: Math.max(0, left),
      resetMs: Math.ceil(resetMs),
    };
  }

  place(rows: KeyRows, offset: number): void {
    this.#rows = rows;
    this.#offset = offset;
  }

  weight(row: number, now: number): number {
    return Math.max(0, this.#fullAt(row) - now) / this.#depth;
  }

  added(row: number): void {
    this.#rows.cells(row).real[this.#at(row)] = this.#forgotten;
  }

  evicted(row: number): void {
    this.#forgotten = Math.max(this.#forgotten, this.#fullAt(row));
  }

  /** A debt blocks for no longer than a window, whatever a provider reports. */
  #charge(key: string, amount: number, now: number): void {
    const row = this.#rows.obtain(key, now);
    const { real } = this.#rows.cells(row);
    const at = this.#at(row);
    const before = Math.max(real[at]!, now);
    const most = Math.max(before, now + this.#depth + this.#windowMs);
    real[at] = Math.min(before + amount * this.#each, most);
    this.#rows.tidy(now);
  }

  /**
   * What was refilled since then is not given back a second time. The oldest
   * is refilled first, so a reservation is gone at the moment at which, when it
   * was made, the bucket was to be full again; or earlier by as much as came
   * back of others since then.
   */
  #giveBack({ key, mark, stamp }: Hold, amount: number, now: number): void {
    const row = this.#rows.find(key);
    if (row < 0 || this.#rows.stamp(row) !== stamp) return;
    const { real } = this.#rows.cells(row);
    const at = this.#at(row);
    const left = mark - real[at + 1]! - now;
    const back = Math.max(0, Math.min(amount * this.#each, left));
    real[at]! -= back;
    real[at + 1]! += back;
  }

  #fullAt(row: number): number {
    if (row < 0) return this.#forgotten;
    return this.#rows.cells(row).real[this.#at(row)]!;
  }

  #at(row: number): number {
    return (this.#rows.base(row) + this.#offset) >> 3;
  }
}
