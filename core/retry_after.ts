import { parseJsonText } from "./parse_json_text.ts";
import { parseCount, parseReset, parseSpan, parseUntil } from "./_durations.ts";

/** What else {@linkcode retryDelay} goes by. */
export interface RetryDelayOptions {
  /**
   * The parsed body of the answer, or the error in it: Gemini tells the time
   * there (D26).
   *
   * @default {undefined}
   */
  readonly body?: unknown;
  /**
   * The longest time that is believed, in milliseconds.
   *
   * @default {300_000}
   */
  readonly maxMs?: number;
  /**
   * When the answer came, in milliseconds since 1970; dates are counted from there.
   *
   * @default {Date.now()}
   */
  readonly date?: number;
}

/** Where the resets of limits are told, and what is left until then. */
const RESETS: readonly (readonly [reset: string, remaining: string])[] = [
  ["x-ratelimit-reset-requests", "x-ratelimit-remaining-requests"],
  ["x-ratelimit-reset-tokens", "x-ratelimit-remaining-tokens"],
  ["x-ratelimit-reset", "x-ratelimit-remaining"],
  ...["requests", "tokens", "input-tokens", "output-tokens"].map((what) =>
    [
      `anthropic-ratelimit-${what}-reset`,
      `anthropic-ratelimit-${what}-remaining`,
    ] as const
  ),
];

/** How many details of an error are looked at. */
const MAX_DETAILS = 32;
/** How long the text of an error within an error may be, in characters. */
const MAX_RAW = 16_384;
const MAX_DEPTH = 3;

/**
 * Finds out how long a provider asks to be left alone (K5–K7, D26, F7, U17).
 *
 * The first of these that tells more than nothing: `retry-after-ms`;
 * `retry-after` in seconds or as a date; Gemini's `RetryInfo.retryDelay` in the
 * body; the reset of a limit that is used up, the latest one, in OpenAI's
 * spelling (`6m0s`) or Anthropic's (RFC 3339). What is negative or no time is
 * passed over; a date in the past counts as 0.
 *
 * @param headers The headers of the answer, with lower-case names.
 * @returns Milliseconds, at most `maxMs`; 0 where all that is told is "now", so
 * add a wait of your own; `undefined` where nothing is told.
 *
 * @example A header, and the body of Gemini
 * ```ts
 * import { retryDelay } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(retryDelay({ "retry-after": "2" }), 2_000);
 * assertEquals(retryDelay({ "retry-after": "soon" }), undefined);
 * const body = {
 *   error: {
 *     details: [{
 *       "@type": "type.googleapis.com/google.rpc.RetryInfo",
 *       retryDelay: "34.4s",
 *     }],
 *   },
 * };
 * assertEquals(retryDelay({}, { body }), 34_400);
 * ```
 */
export function retryDelay(
  headers: Readonly<Record<string, string>>,
  options: RetryDelayOptions = {},
): number | undefined {
  const { body, maxMs = 300_000, date = Date.now() } = options;
  let said: number | undefined;
  for (const find of [inMilliseconds, inHeader, inBody, inResets]) {
    const delay = find({ headers, body, date });
    if (delay !== undefined && delay > 0) return Math.min(delay, maxMs);
    said ??= delay;
  }
  return said;
}

/**
 * Tells a client how long to wait: `retry-after` in whole seconds, at least
 * one, and `retry-after-ms`, which wins with the SDKs that know it (K5, K6, D26).
 *
 * @param ms How long, in milliseconds.
 *
 * @example Rounded up
 * ```ts
 * import { retryAfterHeaders } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(retryAfterHeaders(34_400), {
 *   "retry-after": "35",
 *   "retry-after-ms": "34400",
 * });
 * ```
 */
export function retryAfterHeaders(
  ms: number,
): { "retry-after": string; "retry-after-ms": string } {
  // A wait of 0 would make clients come back in a busy loop (F7).
  const whole = Math.max(1, Math.ceil(ms));
  return {
    "retry-after": String(Math.ceil(whole / 1_000)),
    "retry-after-ms": String(whole),
  };
}

/** An answer, as far as it matters here. */
interface Told {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly date: number;
}

function inMilliseconds({ headers }: Told): number | undefined {
  return parseCount(headers["retry-after-ms"], 1);
}

function inHeader({ headers, date }: Told): number | undefined {
  const value = headers["retry-after"]?.trim();
  if (value === undefined) return undefined;
  return parseCount(value, 1_000) ?? parseUntil(value, date);
}

function inBody({ body }: Told): number | undefined {
  return findRetryInfo(body, 0);
}

/** Gemini's error comes bare, under `error`, both of it in an array, and as text in an aggregator's error. */
function findRetryInfo(value: unknown, depth: number): number | undefined {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) {
    return undefined;
  }
  if (Array.isArray(value)) return findRetryInfo(value[0], depth + 1);
  if ("details" in value && Array.isArray(value.details)) {
    for (const detail of value.details.slice(0, MAX_DETAILS)) {
      const delay = readRetryInfo(detail);
      if (delay !== undefined) return delay;
    }
  }
  if ("metadata" in value) {
    const delay = findRetryInfo(rawError(value.metadata), depth + 1);
    if (delay !== undefined) return delay;
  }
  return "error" in value ? findRetryInfo(value.error, depth + 1) : undefined;
}

/** The error of the provider behind an aggregator such as OpenRouter (J3). */
function rawError(metadata: unknown): unknown {
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const raw: unknown = Reflect.get(metadata, "raw");
  if (typeof raw !== "string") return raw;
  if (raw.length > MAX_RAW) return undefined;
  try {
    return parseJsonText(raw);
  } catch {
    return undefined;
  }
}

function readRetryInfo(detail: unknown): number | undefined {
  if (typeof detail !== "object" || detail === null) return undefined;
  const type: unknown = Reflect.get(detail, "@type");
  const delay: unknown = Reflect.get(detail, "retryDelay");
  if (typeof type !== "string" || !type.endsWith("google.rpc.RetryInfo")) {
    return undefined;
  }
  return typeof delay === "string" ? parseSpan(delay) : undefined;
}

/** The latest reset of a limit that is used up, or of which nothing more is told. */
function inResets({ headers, date }: Told): number | undefined {
  let latest: number | undefined;
  for (const [reset, remaining] of RESETS) {
    const value = headers[reset];
    if (value === undefined) continue;
    const left = headers[remaining];
    if (left !== undefined && Number(left) > 0) continue;
    const delay = parseReset(value, date);
    if (delay !== undefined) latest = Math.max(latest ?? 0, delay);
  }
  return latest;
}
