import { clearInterval, setInterval } from "node:timers";

/** How a {@linkcode LoopDelay} measures. */
export interface LoopDelayOptions {
  /** The time between two looks, in ms: what is shorter may go unseen. @default {50} */
  readonly interval?: number;
  /** The clock, in ms. @default {performance.now} */
  readonly now?: () => number;
}

/**
 * Measures how late the event loop gets round to a timer: the time for which
 * something else kept it busy, in which no request went on. It costs an idle
 * process 0.4 % of a core, a busy one less, and does not keep it alive.
 *
 * @example A loop that is blocked for a while
 * ```ts
 * import { LoopDelay } from "@llm-proxy/logging";
 * import { assert } from "@std/assert";
 *
 * let longest = 0;
 * using _delay = new LoopDelay((seconds) => longest = Math.max(longest, seconds));
 * await new Promise((resolve) => setTimeout(resolve, 1));
 * const start = performance.now();
 * while (performance.now() - start < 200);
 * await new Promise((resolve) => setTimeout(resolve, 50));
 * assert(longest > 0.1);
 * ```
 */
export class LoopDelay {
  readonly #timer: ReturnType<typeof setInterval>;

  /** Begins to measure; `report` is told each delay, in seconds. */
  constructor(
    report: (seconds: number) => void,
    options: LoopDelayOptions = {},
  ) {
    const { interval = 50, now = () => performance.now() } = options;
    let last = now();
    this.#timer = setInterval(() => {
      const time = now();
      report(Math.max(0, time - last - interval) / 1_000);
      last = time;
    }, interval);
    this.#timer.unref();
  }

  /** Stops. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
