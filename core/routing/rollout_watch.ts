import { SlidingCount } from "../_sliding_count.ts";

/** When an arm is worse than what it is tried against. */
export interface RolloutRule {
  /** How much larger its share of failed attempts may be, 0 to 1. @default {0.05} */
  readonly errors?: number;
  /** By what factor its answers may begin later, on average. @default {2} */
  readonly slowdown?: number;
  /** How many attempts of each side must have been seen. @default {50} */
  readonly minRequests?: number;
  /** Over how long both are looked at, in ms. @default {600_000} */
  readonly window?: number;
  /** A clock that never goes back, in ms. @default {performance.now} */
  readonly now?: () => number;
}

/** One attempt that has ended. */
export interface RolloutAttempt {
  /** It went where the arm leads; else where the rest of the route's traffic goes. */
  readonly inArm: boolean;
  /** The upstream failed. */
  readonly failed: boolean;
  /** When the answer began, in ms after the request; absent where none came. */
  readonly firstByteMs?: number | undefined;
}

/** Parts of the window that are forgotten one at a time. */
const SLOTS = 20;

/** What is known of one side. */
class Side {
  readonly #attempts = new SlidingCount(SLOTS);
  readonly #failures = new SlidingCount(SLOTS);
  readonly #answers = new SlidingCount(SLOTS);
  readonly #milliseconds = new SlidingCount(SLOTS);

  note(slot: number, { failed, firstByteMs }: RolloutAttempt): void {
    this.#attempts.add(slot, 1);
    if (failed) this.#failures.add(slot, 1);
    if (firstByteMs === undefined) return;
    this.#answers.add(slot, 1);
    this.#milliseconds.add(slot, firstByteMs);
  }

  at(slot: number): {
    readonly attempts: number;
    readonly errors: number;
    readonly ms: number;
  } {
    const attempts = this.#attempts.at(slot);
    return {
      attempts,
      errors: attempts === 0 ? 0 : this.#failures.at(slot) / attempts,
      ms: this.#milliseconds.at(slot) / Math.max(1, this.#answers.at(slot)),
    };
  }
}

/**
 * Compares an arm of a route with the rest of its traffic at the same time, so
 * that a bad hour of both is held against neither, and tells when the arm is
 * worse. Time and memory of a call are fixed.
 *
 * @example An arm that fails
 * ```ts
 * import { RolloutWatch } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const watch = new RolloutWatch({ minRequests: 3 });
 * const verdicts = [1, 2, 3].map(() => {
 *   watch.note({ inArm: false, failed: false, firstByteMs: 300 });
 *   return watch.note({ inArm: true, failed: true });
 * });
 * assertEquals(verdicts, [
 *   undefined,
 *   undefined,
 *   "100 % of its 3 attempts failed, 0 % of the others",
 * ]);
 * ```
 */
export class RolloutWatch {
  readonly #rule: Required<RolloutRule>;
  readonly #arm = new Side();
  readonly #rest = new Side();

  /** Has seen nothing yet. */
  constructor(rule: RolloutRule = {}) {
    this.#rule = {
      errors: 0.05,
      slowdown: 2,
      minRequests: 50,
      window: 600_000,
      now: () => performance.now(),
      ...rule,
    };
  }

  /**
   * Notes an attempt.
   *
   * @returns Why the arm is worse, in words, where it is.
   */
  note(attempt: RolloutAttempt): string | undefined {
    const { window, now, minRequests, errors, slowdown } = this.#rule;
    const slot = Math.floor(now() / (window / SLOTS));
    (attempt.inArm ? this.#arm : this.#rest).note(slot, attempt);
    if (!attempt.inArm) return undefined;
    const arm = this.#arm.at(slot);
    const rest = this.#rest.at(slot);
    if (arm.attempts < minRequests || rest.attempts < minRequests) {
      return undefined;
    }
    if (arm.errors - rest.errors > errors) {
      return `${percent(arm.errors)} of its ${arm.attempts} attempts failed, ${
        percent(rest.errors)
      } of the others`;
    }
    return rest.ms > 0 && arm.ms > rest.ms * slowdown
      ? `its answers begin after ${Math.round(arm.ms)} ms, the others after ${
        Math.round(rest.ms)
      } ms`
      : undefined;
  }
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
