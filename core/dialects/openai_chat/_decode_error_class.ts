import type { ErrorBody } from "./_decode_error_body.ts";

/** Errors whose status tells less than their words. */
export type SpecialError =
  | "bad_key"
  | "context_overflow"
  | "no_quota"
  | "overloaded"
  | "flagged";

const KEY_CODES: ReadonlySet<string> = new Set([
  "invalid_api_key",
  "authentication_error",
  "invalid_authentication",
  "API_KEY_INVALID",
]);
const OVERFLOW_CODES: ReadonlySet<string> = new Set([
  "context_length_exceeded",
  "exceed_context_size_error",
  "context_exceeded",
  "context_window_exceeded",
  "model_context_window_exceeded",
]);
const QUOTA_CODES: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "insufficient_balance",
  "billing_hard_limit_reached",
]);
const OVERLOAD_CODES: ReadonlySet<string> = new Set([
  "overloaded",
  "overloaded_error",
  "engine_overloaded",
  "server_overloaded",
]);

const BAD_KEY =
  /\b(?:incorrect|invalid|missing|expired|no|wrong) api[ _-]?key\b|\bapi[ _-]?key\b.{0,40}\b(?:not valid|invalid|incorrect|expired|missing|not found)\b/i;
const CONTEXT = /context[ _-]?(?:length|window|size|limit)|n_ctx/i;
const TOO_MUCH =
  /exceed|maximum|too (?:long|large|big|many)|longer|larger|greater|overflow|reduce|shorten/i;
const PROMPT_TOO_LONG =
  /(?:prompt|input|conversation|messages?)\b.{0,40}\b(?:is|are) too (?:long|large)|maximum (?:prompt|input) length|(?:input|prompt)[ _]tokens?\b.{0,40}\bexceed|input token count|too many (?:input |prompt )?tokens|reduce the length of the (?:messages|prompt|input)/i;
const NO_QUOTA =
  /exceeded your current quota|insufficient (?:quota|balance|credits?|funds)|credit balance is too low/i;

/**
 * Finds what an error's words say beyond its status: a bad key reported as 400
 * (K4), a context overflow in any wording (K15), used-up credit (K9), an
 * overload (K10), content that was flagged.
 */
export function classifyError(
  status: number,
  body: ErrorBody,
): SpecialError | undefined {
  const { message = "" } = body;
  if (
    (status === 400 || status === 403) &&
    (hasWord(body, KEY_CODES) || BAD_KEY.test(message))
  ) return "bad_key";
  if (isOverflow(status, body, message)) return "context_overflow";
  if (
    status === 402 ||
    status < 500 && status !== 403 &&
      (hasWord(body, QUOTA_CODES) || NO_QUOTA.test(message))
  ) return "no_quota";
  if (status === 403 && isFlagged(body)) return "flagged";
  if (status >= 500 && hasWord(body, OVERLOAD_CODES)) return "overloaded";
  return undefined;
}

function isOverflow(
  status: number,
  body: ErrorBody,
  message: string,
): boolean {
  // A limit of tokens a minute is told in like words, with 429 or a code of its own.
  if (status === 429 || body.code === "rate_limit_exceeded") return false;
  if (hasWord(body, OVERFLOW_CODES)) return true;
  if (status !== 400 && status !== 413 && status !== 422 && status !== 500) {
    return false;
  }
  return PROMPT_TOO_LONG.test(message) ||
    CONTEXT.test(message) && TOO_MUCH.test(message);
}

function hasWord(body: ErrorBody, words: ReadonlySet<string>): boolean {
  return words.has(body.code ?? "") || words.has(body.type ?? "");
}

/** OpenRouter's moderation names its reasons. */
function isFlagged({ details }: ErrorBody): boolean {
  const { metadata } = details;
  return typeof metadata === "object" && metadata !== null &&
    "reasons" in metadata && Array.isArray(metadata.reasons);
}
