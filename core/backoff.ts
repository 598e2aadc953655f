/** Where a request stands when it has to wait. */
export interface BackoffStep {
  /** The number of the retry that the wait comes before, from 1. */
  readonly retry: number;
  /** The wait before the last one, in milliseconds; 0 before the first. */
  readonly previousMs: number;
  /** Gives numbers from 0 up to but not including 1. */
  readonly random: () => number;
}

/** Says how long to wait before a retry, in milliseconds. */
export type Backoff = (step: BackoffStep) => number;

/** Bounds of a {@linkcode Backoff}. */
export interface BackoffOptions {
  /**
   * The bound of the first wait, in milliseconds.
   *
   * @default {500}
   */
  readonly baseMs?: number;
  /**
   * The longest wait, in milliseconds.
   *
   * @default {8_000}
   */
  readonly maxMs?: number;
}

/**
 * Full jitter: any time between nothing and a bound that doubles with each
 * retry. It spreads the retries of many callers over the whole span, which
 * keeps them from coming back as one wave.
 *
 * @throws {RangeError} when a bound is negative or no number, or the base is above the maximum.
 *
 * @example The bound doubles
 * ```ts
 * import { fullJitter } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = fullJitter({ baseMs: 100, maxMs: 300 });
 * const random = () => 0.5;
 * assertEquals(backoff({ retry: 1, previousMs: 0, random }), 50);
 * assertEquals(backoff({ retry: 2, previousMs: 50, random }), 100);
 * assertEquals(backoff({ retry: 3, previousMs: 100, random }), 150);
 * ```
 */
export function fullJitter(options: BackoffOptions = {}): Backoff {
  const { baseMs, maxMs } = checked(options);
  return ({ retry, random }) =>
    random() * Math.min(maxMs, baseMs * 2 ** (retry - 1));
}

/**
 * Decorrelated jitter: any time between the base and three times the wait
 * before. Unlike full jitter it never waits less than the base.
 *
 * @throws {RangeError} when a bound is negative or no number, or the base is above the maximum.
 *
 * @example Each wait is drawn from the one before
 * ```ts
 * import { decorrelatedJitter } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = decorrelatedJitter({ baseMs: 100, maxMs: 1_000 });
 * const random = () => 0.5;
 * assertEquals(backoff({ retry: 1, previousMs: 0, random }), 200);
 * assertEquals(backoff({ retry: 2, previousMs: 200, random }), 350);
 * ```
 */
export function decorrelatedJitter(options: BackoffOptions = {}): Backoff {
  const { baseMs, maxMs } = checked(options);
  return ({ previousMs, random }) => {
    const most = Math.max(baseMs, previousMs) * 3;
    return Math.min(maxMs, baseMs + random() * (most - baseMs));
  };
}

function checked(options: BackoffOptions): Required<BackoffOptions> {
  const { baseMs = 500, maxMs = 8_000 } = options;
  if (!(baseMs >= 0 && maxMs >= baseMs && maxMs < Infinity)) {
    throw new RangeError(
      `Cannot back off: 'baseMs' (${baseMs}) and 'maxMs' (${maxMs}) must be finite, 0 or more, and in this order`,
    );
  }
  return { baseMs, maxMs };
}
