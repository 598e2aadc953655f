import type { Slot } from "./concurrency_slots.ts";
import type { Limit, LimitUnit } from "./rate_limit.ts";

/** One part of an admission: so much of one limit, for one key. */
export interface Hold {
  /** The name that the limit was defined by. */
  readonly name: string;
  /** Who decides and keeps count. */
  readonly gate: LimitGate;
  /** Whose limit it is. */
  readonly key: string;
  /** What is asked for, then what was taken. */
  amount: number;
  /** The row of the key, -1 for none; good from `wait` to `take`. */
  row: number;
  /** Where and when it was taken; for the gate alone. */
  mark: number;
  /** In which life of the row it was taken; for the gate alone. */
  stamp: number;
  /** The slots that were taken; for the gate alone. */
  slot: Slot | undefined;
}

/** How a limit stands for one key. */
export interface GateState {
  /** The most that there can be. */
  readonly limit: number;
  /** What could be taken now. */
  readonly remaining: number;
  /** Milliseconds until all of it can be taken, if nobody takes any. */
  readonly resetMs: number;
}

/** One limit, with its state for every key. Times are ms and never go back. */
export interface LimitGate {
  /** What is counted. */
  readonly unit: LimitUnit;
  /** Milliseconds until the hold fits: 0 now, Infinity never. Consumes nothing. */
  wait(hold: Hold, now: number): number;
  /** Takes it, at once after `wait` said 0. */
  take(hold: Hold, now: number): void;
  /** Ends a hold, once. `used` is what it came to, `undefined` where nobody knows. */
  end(hold: Hold, used: number | undefined, now: number): void;
  /** How it stands for a key. */
  state(key: string, now: number): GateState;
  /** Goes on under another limit with the state there is; false where it can't. */
  adopt(limit: Limit): boolean;
}
