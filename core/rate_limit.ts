/** What a limit counts. */
export type LimitUnit = "requests" | "tokens" | "concurrent";

/**
 * One limit, in numbers.
 *
 * Without `burst` no window of that length ever has more than `amount`: a
 * sliding window, in which what came within one twelfth of it comes free
 * together, with its last. With `burst` the limit is a token bucket that holds `burst`
 * and is refilled with `amount` per window, so a window has at most
 * `amount + burst` (L8).
 */
export interface Limit {
  /** What is counted. */
  readonly unit: LimitUnit;
  /** How much in a window; for `concurrent` how many at once. A whole number. */
  readonly amount: number;
  /** Length of the window in milliseconds, at most 31 days; 0 for `concurrent`. */
  readonly windowMs: number;
  /** What a bucket holds. Absent: a sliding window. */
  readonly burst?: number;
}

/** Limits by name, as a config file has them. */
export interface LimitRecord {
  /** Requests in a second. */
  readonly requests_per_second?: number | undefined;
  /** Requests in a minute. */
  readonly requests_per_minute?: number | undefined;
  /** Requests in an hour. */
  readonly requests_per_hour?: number | undefined;
  /** Requests in a day. */
  readonly requests_per_day?: number | undefined;
  /** Tokens in a second. */
  readonly tokens_per_second?: number | undefined;
  /** Tokens in a minute. */
  readonly tokens_per_minute?: number | undefined;
  /** Tokens in an hour. */
  readonly tokens_per_hour?: number | undefined;
  /** Tokens in a day. */
  readonly tokens_per_day?: number | undefined;
  /** Requests at once. */
  readonly concurrent?: number | undefined;
}

const SECOND = 1_000;
const DAY = 86_400 * SECOND;
const WINDOW_MS: ReadonlyMap<string, number> = new Map([
  ["second", SECOND],
  ["minute", 60 * SECOND],
  ["hour", 3_600 * SECOND],
  ["day", DAY],
]);
const MAX_WINDOW = 31 * DAY;
const MAX_AMOUNT = 1e15;
const MAX_TEXT = 100;

const RATE =
  /^(\d+(?:\.\d+)?)(?:\s*(requests?|tokens?))?\s*\/\s*(second|minute|hour|day)(?:\s+burst\s+(\d+))?$/i;
const SLOTS = /^(\d+)\s+concurrent$/i;
const NAME = /^(requests|tokens)_per_(second|minute|hour|day)$/;

/**
 * Reads one limit: `100/minute`, `5000 tokens/hour`, `10/second burst 20`,
 * `8 concurrent`.
 *
 * The windows are `second`, `minute`, `hour` and `day`; what is not said to be
 * tokens is requests. A number with a fraction keeps its rate: `0.5/second` is
 * 1 in 2 seconds.
 *
 * @throws {SyntaxError} when the text is no limit.
 * @throws {RangeError} when a number is 0 or too large.
 *
 * @example Requests and tokens
 * ```ts
 * import { parseLimit } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseLimit("100/minute"), {
 *   unit: "requests",
 *   amount: 100,
 *   windowMs: 60_000,
 * });
 * assertEquals(parseLimit("5000 tokens/hour burst 800").burst, 800);
 * ```
 */
export function parseLimit(text: string): Limit {
  const line = text.length > MAX_TEXT ? "" : text.trim();
  const [, slots] = SLOTS.exec(line) ?? [];
  if (slots !== undefined) {
    return checkLimit({ unit: "concurrent", amount: +slots, windowMs: 0 });
  }
  const [, amount, what = "", window = "", burst] = RATE.exec(line) ?? [];
  if (amount === undefined) {
    throw new SyntaxError(
      `Cannot read limit '${
        text.slice(0, MAX_TEXT)
      }': write it as '100/minute', '5000 tokens/hour', '10/second burst 20' or '8 concurrent'`,
    );
  }
  const unit = /^t/i.test(what) ? "tokens" : "requests";
  const limit = wholeLimit(unit, +amount, window.toLowerCase());
  return checkLimit(
    burst === undefined ? limit : { ...limit, burst: +burst },
  );
}

/**
 * Reads what a config file may hold: one limit as text, several by name, or a
 * list of both.
 *
 * @throws {SyntaxError} when a text is no limit.
 * @throws {TypeError} when a name is unknown or its value no number.
 * @throws {RangeError} when a number is 0 or too large.
 *
 * @example By name
 * ```ts
 * import { parseLimits } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const limits = parseLimits({ requests_per_minute: 600, concurrent: 8 });
 * assertEquals(limits.map(({ unit, amount }) => `${amount} ${unit}`), [
 *   "600 requests",
 *   "8 concurrent",
 * ]);
 * ```
 */
export function parseLimits(
  value: string | LimitRecord | readonly (string | LimitRecord)[],
): Limit[] {
  if (typeof value === "string") return [parseLimit(value)];
  if (isList(value)) return value.flatMap((each) => parseLimits(each));
  return Object.entries(value).flatMap(([name, amount]: [string, unknown]) =>
    amount === undefined ? [] : [namedLimit(name, amount)]
  );
}

/**
 * Gives a limit back if its numbers make sense.
 *
 * @throws {RangeError} saying which does not.
 */
export function checkLimit(limit: Limit): Limit {
  const { unit, amount, windowMs, burst = 1 } = limit;
  const shown = `${amount} ${unit}`;
  if (!isCount(amount)) {
    throw new RangeError(
      `Cannot limit to ${shown}: the number must be whole, from 1 to ${MAX_AMOUNT}`,
    );
  }
  if (!isCount(burst)) {
    throw new RangeError(
      `Cannot limit to ${shown} with burst ${burst}: it must be whole, from 1 to ${MAX_AMOUNT}`,
    );
  }
  const least = unit === "concurrent" ? 0 : 1;
  const most = unit === "concurrent" ? 0 : MAX_WINDOW;
  if (
    !Number.isInteger(windowMs) || windowMs < least || windowMs > most
  ) {
    throw new RangeError(
      `Cannot limit to ${shown} per ${windowMs} ms: the window must be whole, from ${least} to ${most} ms`,
    );
  }
  return limit;
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= MAX_AMOUNT;
}

function isList(
  value: LimitRecord | readonly (string | LimitRecord)[],
): value is readonly (string | LimitRecord)[] {
  return Array.isArray(value);
}

function namedLimit(name: string, amount: unknown): Limit {
  const [, unit, window = ""] = NAME.exec(name) ?? [];
  if (unit === undefined && name !== "concurrent") {
    throw new TypeError(
      `Cannot read limits: '${
        name.slice(0, MAX_TEXT)
      }' is unknown, 'requests_per_minute', 'tokens_per_day' and 'concurrent' are examples`,
    );
  }
  if (typeof amount !== "number") {
    throw new TypeError(`Cannot read limits: '${name}' must be a number`);
  }
  if (unit === undefined) {
    return checkLimit({ unit: "concurrent", amount, windowMs: 0 });
  }
  return checkLimit(
    wholeLimit(unit === "tokens" ? "tokens" : "requests", amount, window),
  );
}

/** A window longer by as much as the amount is rounded up keeps the rate. */
function wholeLimit(
  unit: "requests" | "tokens",
  amount: number,
  window: string,
): Limit {
  const near = Math.round(amount);
  const isNear = near > 0 && Math.abs(amount - near) < 1e-9 * amount;
  const whole = isNear ? near : Math.ceil(amount);
  const stretch = isNear || whole === 0 ? 1 : whole / amount;
  const windowMs = Math.ceil((WINDOW_MS.get(window) ?? NaN) * stretch);
  return { unit, amount: whole, windowMs };
}
