import { type Course, courseOf } from "./_retry_courses.ts";
import { type Backoff, fullJitter } from "./backoff.ts";
import { UpstreamError } from "./errors.ts";
import { retryDelay } from "./retry_after.ts";

/**
 * What to do after a failed attempt: the same deployment with the same key
 * again; another deployment or another key; a deployment from the route's chain
 * for requests that are too long, or that were refused for their content;
 * nothing.
 */
export type RetryAction =
  | "same"
  | "other"
  | "fallback_context"
  | "fallback_policy"
  | "none";

/**
 * Why: the class of the fault where there is another attempt, else what stands
 * against one.
 */
export type RetryReason =
  | "rate_limit"
  | "overloaded"
  | "timeout"
  | "upstream"
  | "credentials"
  | "quota"
  | "context_length"
  | "content_policy"
  | "client_left"
  | "committed"
  | "not_upstream"
  | "callers_fault"
  | "attempts"
  | "deadline"
  | "budget"
  | "told_not_to"
  | "long_wait"
  | "no_other";

/** What to do, after which wait, and why. */
export interface RetryDecision {
  /** What to do. */
  readonly retry: RetryAction;
  /** How long to wait before it, in milliseconds. */
  readonly delayMs: number;
  /** Why, for the attempt log. */
  readonly reason: RetryReason;
}

/** An attempt that failed, and where its request stands. */
export interface FailedAttempt {
  /** What was thrown. */
  readonly error: unknown;
  /** How many attempts the request has had, this one included, whoever made them. */
  readonly attempts: number;
  /** Whether anything has reached the client. */
  readonly committed: boolean;
  /** Whether the client has left. */
  readonly aborted: boolean;
  /** Whether there is another deployment or key that this request has not tried. */
  readonly others: boolean;
  /** How many extra attempts the {@linkcode RetryBudget} has left. */
  readonly budgetLeft: number;
  /**
   * How long the request may still take, in milliseconds.
   *
   * @default {Infinity}
   */
  readonly remainingMs?: number;
  /**
   * The wait before this attempt, in milliseconds, for the backoff.
   *
   * @default {0}
   */
  readonly previousMs?: number;
}

/** How retries are made. */
export interface RetryPolicyOptions {
  /**
   * How many attempts a request may have in all, from 1 to 5.
   *
   * @default {3}
   */
  readonly maxAttempts?: number;
  /**
   * The longest wait for the same deployment that a caller is put through, in
   * milliseconds.
   *
   * @default {10_000}
   */
  readonly maxWaitMs?: number;
  /**
   * How long to wait where the provider tells nothing; added to what it tells.
   *
   * @default {fullJitter()}
   */
  readonly backoff?: Backoff;
  /**
   * Gives numbers from 0 up to but not including 1.
   *
   * @default {Math.random}
   */
  readonly random?: () => number;
}

const DEFAULT_BACKOFF = fullJitter();
/** Whatever a config says: no request is worth more. */
const MAX_ATTEMPTS = 5;

/**
 * Decides whether a failed attempt is followed by another, and where it goes.
 * It changes nothing: who acts on the answer withdraws from the budget.
 *
 * - Never once anything has reached the client (K11) or the client has left
 *   (L3, C3); never for what was thrown before the network, or for a fault of
 *   the request (K2, U18, U20); never beyond the attempts, the deadline or the
 *   budget.
 * - Another deployment comes first, at once; the same one only where there is
 *   no other, after `Retry-After` and a jittered backoff (K5, K6, K10).
 * - Refused credentials, used-up credit (K9), timeouts and broken TLS never go
 *   to the same key again; nor does what is marked `x-should-retry: false`,
 *   while `true` allows it for a timeout too (K8).
 *
 * @throws {RangeError} when `maxAttempts` is out of its range.
 *
 * @example A provider that is overloaded
 * ```ts
 * import { decideRetry, UpstreamError } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new UpstreamError("overloaded", "Overloaded", { code: "overloaded_error" });
 * const failed = {
 *   error,
 *   attempts: 1,
 *   committed: false,
 *   aborted: false,
 *   others: true,
 *   budgetLeft: 3,
 * };
 * assertEquals(decideRetry(failed), {
 *   retry: "other",
 *   delayMs: 0,
 *   reason: "overloaded",
 * });
 * assertEquals(decideRetry({ ...failed, attempts: 3 }).retry, "none");
 * ```
 */
export function decideRetry(
  failed: FailedAttempt,
  options: RetryPolicyOptions = {},
): RetryDecision {
  const { error, attempts, remainingMs = Infinity } = failed;
  const { maxAttempts = 3 } = options;
  if (!(maxAttempts >= 1 && maxAttempts <= MAX_ATTEMPTS)) {
    throw new RangeError(
      `'maxAttempts' must be between 1 and ${MAX_ATTEMPTS}, not ${maxAttempts}`,
    );
  }
  if (failed.aborted) return stop("client_left");
  if (failed.committed) return stop("committed");
  // Thrown by the gateway itself: it would be thrown again wherever this goes.
  if (!(error instanceof UpstreamError)) return stop("not_upstream");
  const course = courseOf(error);
  if (course === undefined) return stop("callers_fault");
  if (attempts >= maxAttempts) return stop("attempts");
  if (!(remainingMs > 0)) return stop("deadline");
  if (failed.budgetLeft < 1) return stop("budget");
  const { reason, elsewhere } = course;
  if (elsewhere !== "other" || failed.others) {
    return { retry: elsewhere, delayMs: 0, reason };
  }
  return decideSame(failed, { error, course, options });
}

/** There is no other deployment: whether this one may be asked again, and when. */
function decideSame(
  { attempts, remainingMs = Infinity, previousMs = 0 }: FailedAttempt,
  { error, course, options }: {
    readonly error: UpstreamError;
    readonly course: Course;
    readonly options: RetryPolicyOptions;
  },
): RetryDecision {
  const {
    maxWaitMs = 10_000,
    backoff = DEFAULT_BACKOFF,
    random = Math.random,
  } = options;
  const told = error.headers["x-should-retry"]?.trim().toLowerCase();
  if (told === "false") return stop("told_not_to");
  const { same, reason } = course;
  if (same === "no" || same === "if_told" && told !== "true") {
    return stop("no_other");
  }
  const asked = retryDelay(error.headers, { body: error.details }) ?? 0;
  // On top of what was asked: all who were told the same time would come at once.
  const delayMs = asked + backoff({ retry: attempts, previousMs, random });
  if (delayMs >= remainingMs) return stop("deadline");
  if (delayMs > maxWaitMs) return stop("long_wait");
  return { retry: "same", delayMs, reason };
}

function stop(reason: RetryReason): RetryDecision {
  return { retry: "none", delayMs: 0, reason };
}
