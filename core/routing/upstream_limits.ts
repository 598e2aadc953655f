import { parseReset } from "../_durations.ts";

/** What is left of one of an account's limits. */
export interface UpstreamAllowance {
  /** How many there are in all, where that is told. */
  readonly limit: number | undefined;
  /** How many were left. */
  readonly remaining: number;
  /** When it is full again, on the clock of the deployment's state, in ms. */
  readonly resetAt: number;
}

/** An account's limits as a provider told them last. */
export interface UpstreamLimits {
  /** Requests, where they are told. */
  readonly requests: UpstreamAllowance | undefined;
  /** Tokens, where they are told. */
  readonly tokens: UpstreamAllowance | undefined;
}

/** The times that {@linkcode readUpstreamLimits} goes by. */
export interface ReadUpstreamLimitsOptions {
  /** A clock that never goes back, in ms; resets are given on it. @default {performance.now()} */
  readonly now?: number;
  /** Milliseconds since 1970, from which dates are counted. @default {Date.now()} */
  readonly date?: number;
}

type Names = readonly [remaining: string, limit: string, reset: string];

function names(prefix: string, suffix: string): Names {
  return [
    `${prefix}remaining${suffix}`,
    `${prefix}limit${suffix}`,
    `${prefix}reset${suffix}`,
  ];
}

function anthropic(what: string): Names {
  const prefix = `anthropic-ratelimit-${what}-`;
  return [`${prefix}remaining`, `${prefix}limit`, `${prefix}reset`];
}

/** Spellings of OpenAI, Azure and Groq; Anthropic; Mistral; Cerebras; OpenRouter and the IETF's draft. */
const REQUESTS: readonly Names[] = [
  names("x-ratelimit-", "-requests"),
  anthropic("requests"),
  names("x-ratelimit-", "-req-minute"),
  names("x-ratelimit-", "-requests-minute"),
  names("x-ratelimit-", "-requests-day"),
  names("x-ratelimit-", ""),
  names("ratelimit-", ""),
];
const TOKENS: readonly Names[] = [
  names("x-ratelimit-", "-tokens"),
  anthropic("tokens"),
  anthropic("input-tokens"),
  names("x-ratelimit-", "-tokens-minute"),
];

const COUNT = /^\d{1,15}$/;
/** Where no reset is told the limit is taken for one by the minute. */
const DEFAULT_RESET = 60_000;
/** No reset is believed that is further off. */
const MAX_RESET = 86_400_000;

/**
 * Reads an account's limits from the headers of an answer, in any provider's
 * spelling. -1, or a limit of 0, means that the limit is not known (F8).
 *
 * @param headers The headers of the answer, with lower-case names.
 * @returns `undefined` where no limit is told.
 *
 * @example OpenAI's spelling
 * ```ts
 * import { readUpstreamLimits } from "@llm-proxy/core/routing";
 * import { assertEquals } from "@std/assert";
 *
 * const status = readUpstreamLimits({
 *   "x-ratelimit-limit-requests": "500",
 *   "x-ratelimit-remaining-requests": "499",
 *   "x-ratelimit-reset-requests": "120ms",
 * }, { now: 1000 });
 * assertEquals(status?.requests, { limit: 500, remaining: 499, resetAt: 1120 });
 * ```
 */
export function readUpstreamLimits(
  headers: Readonly<Record<string, string>>,
  options: ReadUpstreamLimitsOptions = {},
): UpstreamLimits | undefined {
  const requests = find(headers, REQUESTS, options);
  const tokens = find(headers, TOKENS, options);
  if (requests === undefined && tokens === undefined) return undefined;
  return { requests, tokens };
}

function find(
  headers: Readonly<Record<string, string>>,
  spellings: readonly Names[],
  options: ReadUpstreamLimitsOptions,
): UpstreamAllowance | undefined {
  for (const [remainingName, limitName, resetName] of spellings) {
    const remaining = count(headers[remainingName]);
    if (remaining === undefined) continue;
    const told = headers[limitName];
    const limit = count(told);
    if (told !== undefined && !limit) continue;
    // Most answers tell no limits: the clock is not read for them.
    const { now = performance.now(), date } = options;
    const reset = headers[resetName];
    const wait = reset === undefined
      ? DEFAULT_RESET
      : parseReset(reset, date ?? Date.now()) ?? DEFAULT_RESET;
    return { limit, remaining, resetAt: now + Math.min(wait, MAX_RESET) };
  }
  return undefined;
}

function count(text: string | undefined): number | undefined {
  return text !== undefined && COUNT.test(text) ? Number(text) : undefined;
}
