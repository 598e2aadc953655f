import type { LimitStatus } from "./admission.ts";
import { retryAfterHeaders } from "./retry_after.ts";

/** What else {@linkcode rateLimitHeaders} goes by. */
export interface RateLimitHeadersOptions {
  /**
   * Whose names and spelling the client knows.
   *
   * @default {"openai"}
   */
  readonly dialect?: "openai" | "anthropic";
  /**
   * For a refusal: in how many milliseconds to come again, Infinity for never.
   *
   * @default {undefined}
   */
  readonly retryAfterMs?: number;
  /**
   * The time of the answer, in milliseconds since 1970.
   *
   * @default {Date.now()}
   */
  readonly date?: number;
}

/** The names of the headers, which cost more to make than what they tell. */
const NAMES = {
  openai: {
    requests: [
      "x-ratelimit-limit-requests",
      "x-ratelimit-remaining-requests",
      "x-ratelimit-reset-requests",
    ],
    tokens: [
      "x-ratelimit-limit-tokens",
      "x-ratelimit-remaining-tokens",
      "x-ratelimit-reset-tokens",
    ],
  },
  anthropic: {
    requests: [
      "anthropic-ratelimit-requests-limit",
      "anthropic-ratelimit-requests-remaining",
      "anthropic-ratelimit-requests-reset",
    ],
    tokens: [
      "anthropic-ratelimit-tokens-limit",
      "anthropic-ratelimit-tokens-remaining",
      "anthropic-ratelimit-tokens-reset",
    ],
  },
} as const;
const UNITS = ["requests", "tokens"] as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/**
 * Tells a client how its limits stand. Of several limits on requests, or on
 * tokens, it is told the one with the least left; limits on what is under way
 * at once have no header of their own. A refusal has `retry-after` in whole
 * seconds, at least 1, and `retry-after-ms`; what will never be admitted has
 * `x-should-retry: false` instead.
 *
 * A provider's headers of the same names must not be passed on beside these (K13).
 *
 * @returns Headers with lower-case names.
 *
 * @example OpenAI's names
 * ```ts
 * import { parseLimit, rateLimitHeaders, RateLimiter } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const limiter = new RateLimiter({ now: () => 0 });
 * limiter.define("key", parseLimit("100/hour"));
 * const asks = [{ limit: "key", key: "team-a" }];
 * limiter.take(asks);
 * assertEquals(rateLimitHeaders(limiter.status(asks)), {
 *   "x-ratelimit-limit-requests": "100",
 *   "x-ratelimit-remaining-requests": "99",
 *   "x-ratelimit-reset-requests": "1h0m0s",
 * });
 * ```
 */
export function rateLimitHeaders(
  statuses: readonly LimitStatus[],
  options: RateLimitHeadersOptions = {},
): Record<string, string> {
  const { dialect = "openai", retryAfterMs } = options;
  const headers: Record<string, string> = {};
  for (const unit of UNITS) {
    const status = tightest(statuses, unit);
    if (status === undefined) continue;
    const { limit, remaining, resetMs } = status;
    const [most, left, reset] = NAMES[dialect][unit];
    headers[most] = String(limit);
    headers[left] = String(remaining);
    headers[reset] = dialect === "openai"
      ? formatSpan(resetMs)
      : formatTime((options.date ?? Date.now()) + resetMs);
  }
  if (retryAfterMs === undefined) return headers;
  if (retryAfterMs < Infinity) {
    return { ...headers, ...retryAfterHeaders(retryAfterMs) };
  }
  headers["x-should-retry"] = "false";
  return headers;
}

/**
 * A span as OpenAI tells it (K7): `2ms`, `1s`, `1.5s`, `6m0s`, `24h0m0s`.
 *
 * @param ms Milliseconds; a fraction is rounded up.
 */
export function formatSpan(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  if (whole > 0 && whole < 1_000) return `${whole}ms`;
  const hours = Math.floor(whole / HOUR);
  const minutes = Math.floor(whole % HOUR / MINUTE);
  const seconds = `${whole % MINUTE / 1_000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

/** RFC 3339 in whole seconds, as Anthropic tells it, rounded up. */
function formatTime(date: number): string {
  const seconds = Math.ceil(date / 1_000);
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}

function tightest(
  statuses: readonly LimitStatus[],
  unit: "requests" | "tokens",
): LimitStatus | undefined {
  let least: LimitStatus | undefined;
  for (const status of statuses) {
    if (status.unit !== unit) continue;
    if (least === undefined || isTighter(status, least)) least = status;
  }
  return least;
}

/** Of two with equally much left the one that stays so longer. */
function isTighter(a: LimitStatus, b: LimitStatus): boolean {
  if (a.remaining !== b.remaining) return a.remaining < b.remaining;
  return a.resetMs > b.resetMs;
}
