import { SlidingCount } from "./_sliding_count.ts";

/** Bounds of a {@linkcode RetryBudget}. */
export interface RetryBudgetOptions {
  /**
   * How many extra attempts there may be for each request, on average: a share
   * between 0 and 1.
   *
   * @default {0.1}
   */
  readonly ratio?: number;
  /**
   * How many extra attempts a window may have however little traffic there is.
   *
   * @default {3}
   */
  readonly floor?: number;
  /**
   * How long a request, or an extra attempt, is remembered, in milliseconds.
   *
   * @default {10_000}
   */
  readonly windowMs?: number;
  /**
   * A clock that never goes back, in milliseconds.
   *
   * @default {performance.now}
   */
  readonly now?: () => number;
}

/** In how many steps the window slides. */
const SLOTS = 20;

/**
 * Bounds how much traffic retries, fallbacks and hedges add: one budget for
 * all three, so that layers do not multiply (R-5, U16).
 *
 * Within a sliding window the extra attempts may be a share of the requests,
 * or a small floor where that is more. What is not used within the window is
 * lost, so a quiet day does not pay for a storm. Each request deposits once,
 * at its first attempt; each further attempt withdraws, before it is made.
 *
 * An extra attempt that went well may be given back: it was worth its cost and
 * is no sign of an outage. Where nothing goes well nothing comes back, and the
 * share holds; where one deployment of several fails, all its requests can move.
 * Hedges go well by nature, so theirs are not given back.
 *
 * The memory is fixed, and so is the time of each call.
 *
 * @example A request and one more attempt
 * ```ts
 * import { RetryBudget } from "@llm-proxy/core";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const budget = new RetryBudget({ floor: 1 });
 * budget.deposit();
 * const giveBack = budget.withdraw();
 * assert(giveBack);
 * assertEquals(budget.withdraw(), undefined);
 * giveBack();
 * assertEquals(budget.left, 1);
 * ```
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #floor: number;
  readonly #slotMs: number;
  readonly #now: () => number;
  readonly #requests = new SlidingCount(SLOTS);
  // One slot more than for requests: slots are coarse, and so their error
  // makes the budget smaller, never larger.
  readonly #extras = new SlidingCount(SLOTS + 1);

  /**
   * Begins with the floor.
   *
   * @throws {RangeError} when an option is out of its range.
   */
  constructor(options: RetryBudgetOptions = {}) {
    const { ratio = 0.1, floor = 3, windowMs = 10_000 } = options;
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new RangeError(`'ratio' must be between 0 and 1, not ${ratio}`);
    }
    if (!Number.isInteger(floor) || floor < 0) {
      throw new RangeError(`'floor' must be an integer >= 0, not ${floor}`);
    }
    if (!(windowMs > 0 && windowMs < Infinity)) {
      throw new RangeError(`'windowMs' must be above 0, not ${windowMs}`);
    }
    this.#ratio = ratio;
    this.#floor = floor;
    this.#slotMs = windowMs / SLOTS;
    this.#now = options.now ?? (() => performance.now());
  }

  /** How many extra attempts may be made now. */
  get left(): number {
    return this.#leftAt(this.#slot());
  }

  /**
   * Counts a request, at its first attempt.
   *
   * @param now The time, where it is known, on the budget's clock.
   */
  deposit(now?: number): void {
    this.#requests.add(this.#slot(now), 1);
  }

  /**
   * Takes one extra attempt out of the budget.
   *
   * @returns Gives it back, where it went well or was not made after all; does
   * so once. `undefined` where the budget is spent: the attempt must not be made.
   */
  withdraw(): (() => void) | undefined {
    const slot = this.#slot();
    if (this.#leftAt(slot) < 1) return undefined;
    this.#extras.add(slot, 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#extras.add(slot, -1);
    };
  }

  #leftAt(slot: number): number {
    const share = this.#ratio * this.#requests.at(slot);
    const most = Math.max(this.#floor, share);
    return Math.max(0, Math.floor(most - this.#extras.at(slot)));
  }

  #slot(now: number = this.#now()): number {
    return Math.floor(now / this.#slotMs);
  }
}
