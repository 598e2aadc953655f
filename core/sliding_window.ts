import type { KeyRows, RowPart } from "./_key_rows.ts";
import type { GateState, Hold, LimitGate } from "./_limit_gate.ts";
import type { Limit, LimitUnit } from "./rate_limit.ts";

/** Into how many parts a window is cut. */
const PARTS = 12;
/** One more, for a window begins and ends inside a part. */
const GROUPS = PARTS + 1;
/** A time and a count each. */
const CELLS = 2 * GROUPS;
/** The largest count that fits. */
const MAX_COUNT = 0xffff_ffff;

/**
 * Sliding windows that never have more than the limit, wherever they begin.
 *
 * What comes within one twelfth of a window is one group: a count and the time
 * of its last. A group counts until its last is a window old, so a burst is let
 * go to the millisecond, and what is spread evenly at most a twelfth late. Who
 * keeps to 12/13 of a limit, evenly, is never refused.
 */
export class SlidingWindow implements LimitGate, RowPart {
  readonly unit: LimitUnit;
  readonly bytes = CELLS * 4;
  readonly #windowMs: number;
  readonly #partMs: number;
  #rows!: KeyRows;
  #offset = 0;
  #capacity = 0;
  /** What one count stands for, more than 1 where a limit would not fit. */
  #grain = 1;
  /** The most that one which had to go may have used, and when at the latest. */
  #forgotten = 0;
  #forgottenAt = 0;

  /** Takes a limit without a burst. */
  constructor(limit: Limit) {
    this.unit = limit.unit;
    this.#windowMs = limit.windowMs;
    this.#partMs = limit.windowMs / PARTS;
    this.#setAmount(limit.amount);
  }

  adopt(limit: Limit): boolean {
    const { unit, windowMs, burst, amount } = limit;
    const fits = unit === this.unit && windowMs === this.#windowMs &&
      burst === undefined && grainOf(amount) === this.#grain;
    if (fits) this.#setAmount(amount);
    return fits;
  }

  wait({ row, amount }: Hold, now: number): number {
    const room = this.#capacity - this.#counts(amount);
    if (room < 0) return Infinity;
    const used = this.#used(row, now);
    return used <= room ? 0 : this.#waitFor(row, used - room, now);
  }

  take(hold: Hold, now: number): void {
    const row = hold.row < 0 ? this.#rows.obtain(hold.key, now) : hold.row;
    hold.mark = Math.ceil(now);
    this.#add(row, this.#counts(hold.amount), hold.mark);
  }

  end(hold: Hold, used: number | undefined, now: number): void {
    if (used === undefined || used === hold.amount) return;
    const more = this.#counts(used) - this.#counts(hold.amount);
    if (more > 0) this.#charge(hold.key, more, now);
    else if (more < 0) this.#giveBack(hold, -more);
  }

  state(key: string, now: number): GateState {
    const row = this.#rows.find(key);
    const used = this.#used(row, now);
    return {
      limit: this.#capacity * this.#grain,
      remaining: Math.max(0, this.#capacity - used) * this.#grain,
      resetMs: used === 0 ? 0 : this.#waitFor(row, used, now),
    };
  }

  place(rows: KeyRows, offset: number): void {
    this.#rows = rows;
    this.#offset = offset;
  }

  weight(row: number, now: number): number {
    return this.#used(row, now) / this.#capacity;
  }

  added(row: number, now: number): void {
    const count = this.#used(-1, now);
    if (count > 0) this.#add(row, count, this.#forgottenAt);
  }

  evicted(row: number, now: number): void {
    const used = this.#used(row, now);
    if (used === 0) return;
    const last = now + this.#waitFor(row, used, now) - this.#windowMs;
    this.#forgotten = Math.max(this.#used(-1, now), used);
    this.#forgottenAt = Math.max(this.#forgottenAt, Math.floor(last));
  }

  #setAmount(amount: number): void {
    this.#grain = grainOf(amount);
    this.#capacity = Math.floor(amount / this.#grain);
  }

  #counts(amount: number): number {
    return Math.min(MAX_COUNT, Math.ceil(amount / this.#grain));
  }

  /** What counts now; of -1 what a new row would begin with. */
  #used(row: number, now: number): number {
    const tick = Math.floor(now);
    if (row < 0) {
      return tick - this.#forgottenAt < this.#windowMs ? this.#forgotten : 0;
    }
    const { whole } = this.#rows.cells(row);
    const from = this.#at(row);
    let sum = 0;
    for (let at = from; at < from + CELLS; at += 2) {
      if (ageOf(whole[at]!, tick) <= this.#windowMs) sum += whole[at + 1]!;
    }
    return sum;
  }

  /** Milliseconds until so much has left the window, the oldest first. */
  #waitFor(row: number, count: number, now: number): number {
    if (row < 0) return Math.ceil(this.#forgottenAt + this.#windowMs - now);
    const { whole } = this.#rows.cells(row);
    const from = this.#at(row);
    const tick = Math.floor(now);
    const newest = Math.floor(Math.ceil(now) / this.#partMs);
    let left = count;
    for (let i = 1; i <= GROUPS; i++) {
      const at = from + 2 * ((newest + i) % GROUPS);
      const age = ageOf(whole[at]!, tick);
      if (age > this.#windowMs) continue;
      left -= whole[at + 1]!;
      if (left <= 0) return Math.ceil(tick + 1 - age + this.#windowMs - now);
    }
    return this.#windowMs;
  }

  /** Counts at a time, in the group of that time. */
  #add(row: number, count: number, tick: number): void {
    const { whole } = this.#rows.cells(row);
    const at = this.#groupAt(row, tick);
    // Else it is left from an earlier round.
    const isCurrent = ((tick - whole[at]!) >>> 0) <= this.#partMs;
    const before = isCurrent ? whole[at + 1]! : 0;
    whole[at] = tick;
    whole[at + 1] = Math.min(MAX_COUNT, before + count);
  }

  #charge(key: string, count: number, now: number): void {
    this.#add(this.#rows.obtain(key, now), count, Math.ceil(now));
    this.#rows.tidy(now);
  }

  /** Takes it off the group it was counted in, while that is there. */
  #giveBack({ key, mark }: Hold, count: number): void {
    const row = this.#rows.find(key);
    if (row < 0) return;
    const { whole } = this.#rows.cells(row);
    const at = this.#groupAt(row, mark);
    if (((whole[at]! - mark) >>> 0) > this.#partMs) return;
    whole[at + 1] = Math.max(0, whole[at + 1]! - count);
  }

  #groupAt(row: number, tick: number): number {
    return this.#at(row) + 2 * (Math.floor(tick / this.#partMs) % GROUPS);
  }

  #at(row: number): number {
    return (this.#rows.base(row) + this.#offset) >> 2;
  }
}

/**
 * One more than the milliseconds since then. Times are kept modulo 2 ** 32, 49
 * days, and one that was rounded up may be ahead of the tick by 1.
 */
function ageOf(time: number, tick: number): number {
  return (tick + 1 - time) >>> 0;
}

/** Counts are 32 bits wide; half of that is room for debts. */
function grainOf(amount: number): number {
  return Math.ceil(amount / (MAX_COUNT >>> 1));
}
