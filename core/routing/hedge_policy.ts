import type { LatencyView } from "./latency.ts";

/** When and how often slow requests are sent a second time. */
export interface HedgeOptions {
  /** The second call starts when this share of first tokens would have come. @default {0.95} */
  readonly quantile?: number;
  /** The most second calls for each request, 0 to 1. @default {0.05} */
  readonly maxShare?: number;
  /** The most that second calls may cost for each dollar that requests cost, 0 to 1. @default {0.05} */
  readonly maxCostShare?: number;
  /** How many first tokens must have been measured. @default {50} */
  readonly minSamples?: number;
  /** No second call starts earlier, in ms. @default {100} */
  readonly minDelayMs?: number;
  /** No second call waits longer, in ms. @default {30_000} */
  readonly maxDelayMs?: number;
  /** How many second calls may be saved up. @default {5} */
  readonly burst?: number;
}

/** Sums of decimal fractions are a little off. */
const ROUNDING = 1e-9;
/** How quickly the mean cost of a request follows. */
const FOLLOW = 0.02;

/**
 * Says when a second call to another deployment is worth while: when the first
 * has been silent longer than nearly all of its kind. The share of such calls
 * and what they cost are capped, so that a bad hour does not double the bill.
 *
 * It holds no timer: wait `delay()`, then `withdraw()`, and call only where
 * that is granted. The shared budget for extra attempts is to be asked as well
 * . A probe of a breaker is never hedged.
 *
 * @example One second call in twenty requests
 * ```ts
 * import { HedgePolicy } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const policy = new HedgePolicy({ maxShare: 0.05 });
 * for (let request = 0; request < 20; request++) policy.deposit(100);
 * assertEquals(policy.withdraw(100), true);
 * assertEquals(policy.withdraw(100), false);
 * ```
 */
export class HedgePolicy {
  readonly #options: Required<HedgeOptions>;
  /** Second calls that are saved up. */
  #calls = 0;
  /** Millionths of a dollar that are saved up. */
  #credit = 0;
  #meanCost = 0;

  /**
   * Begins with nothing saved.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: HedgeOptions = {}) {
    this.#options = {
      quantile: within(options.quantile ?? 0.95, "quantile", 1),
      maxShare: within(options.maxShare ?? 0.05, "maxShare", 1),
      maxCostShare: within(options.maxCostShare ?? 0.05, "maxCostShare", 1),
      minSamples: within(options.minSamples ?? 50, "minSamples"),
      minDelayMs: within(options.minDelayMs ?? 100, "minDelayMs"),
      maxDelayMs: within(options.maxDelayMs ?? 30_000, "maxDelayMs"),
      burst: within(options.burst ?? 5, "burst"),
    };
  }

  /** How many second calls could be made now, as far as their number goes. */
  get left(): number {
    return Math.floor(this.#calls + ROUNDING);
  }

  /**
   * Counts a request, at its first attempt.
   *
   * @param cost What it will cost about, in millionths of a dollar; 0 where unknown.
   */
  deposit(cost: number = 0): void {
    const { maxShare, maxCostShare, burst } = this.#options;
    this.#calls = Math.min(burst, this.#calls + maxShare);
    if (!(cost > 0)) return;
    this.#meanCost = this.#meanCost === 0
      ? cost
      : this.#meanCost + (cost - this.#meanCost) * FOLLOW;
    // What dear requests have saved up is not for many cheap ones to spend.
    const most = burst * this.#meanCost;
    this.#credit = Math.min(most, this.#credit + maxCostShare * cost);
  }

  /** How long to wait for an answer of that kind before a second call, in ms; `undefined` where too little is known. */
  delay(
    latency: Pick<LatencyView, "samples" | "quantile">,
  ): number | undefined {
    const { quantile, minSamples, minDelayMs, maxDelayMs } = this.#options;
    if (latency.samples < minSamples) return undefined;
    const usual = latency.quantile(quantile);
    if (usual === undefined) return undefined;
    return Math.min(maxDelayMs, Math.max(minDelayMs, usual));
  }

  /**
   * Takes a second call, just before it is made.
   *
   * @param cost What it will cost about, in millionths of a dollar; 0 where unknown.
   * @returns Whether it may be made; where not nothing is taken.
   */
  withdraw(cost: number = 0): boolean {
    if (this.#calls + ROUNDING < 1) return false;
    if (cost > 0 && this.#credit + ROUNDING < cost) return false;
    this.#calls -= 1;
    this.#credit -= Math.max(0, cost);
    return true;
  }

  /** Gives back what was taken for a second call that was not made after all. */
  giveBack(cost: number = 0): void {
    this.#calls = Math.min(this.#options.burst, this.#calls + 1);
    this.#credit += Math.max(0, cost);
  }
}

function within(value: number, name: string, most: number = 1e9): number {
  if (value >= 0 && value <= most) return value;
  throw new RangeError(`'${name}' must be from 0 to ${most}, not ${value}`);
}
