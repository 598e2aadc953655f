import type { ErrorKind, UpstreamError } from "./errors.ts";
import type { RetryAction, RetryReason } from "./retry_policy.ts";

/** Where a request may go after a fault. */
export interface Course {
  readonly reason: RetryReason;
  /** Where it may go besides the same deployment. */
  readonly elsewhere: Exclude<RetryAction, "same" | "none">;
  /** Whether the same deployment, with the same key, may be asked again. */
  readonly same: "yes" | "no" | "if_told";
}

const RATE_LIMIT: Course = {
  reason: "rate_limit",
  elsewhere: "other",
  same: "yes",
};
const OVERLOADED: Course = { ...RATE_LIMIT, reason: "overloaded" };
const UPSTREAM: Course = { ...RATE_LIMIT, reason: "upstream" };
const TIMEOUT: Course = {
  reason: "timeout",
  elsewhere: "other",
  // The provider may still be at it: asking again would pay twice.
  same: "if_told",
};
const CREDENTIALS: Course = {
  reason: "credentials",
  elsewhere: "other",
  same: "no",
};
const QUOTA: Course = { ...CREDENTIALS, reason: "quota" };
const CONTEXT: Course = {
  reason: "context_length",
  elsewhere: "fallback_context",
  same: "no",
};
const POLICY: Course = {
  reason: "content_policy",
  elsewhere: "fallback_policy",
  same: "no",
};

const BY_KIND: ReadonlyMap<ErrorKind, Course> = new Map([
  ["rate_limit", RATE_LIMIT],
  ["overloaded", OVERLOADED],
  ["upstream", UPSTREAM],
  ["timeout", TIMEOUT],
  ["authentication", CREDENTIALS],
  ["permission", CREDENTIALS],
]);

/** Codes that say more than their kind, above all that the same deployment would fail again. */
const BY_CODE: ReadonlyMap<string, Course> = new Map([
  ["insufficient_quota", QUOTA],
  ["context_length_exceeded", CONTEXT],
  ["content_filter", POLICY],
  ["content_policy_violation", POLICY],
  ["ResponsibleAIPolicyViolation", POLICY],
  ["upstream_tls_failed", { ...UPSTREAM, same: "no" }],
  ["upstream_address_refused", { ...UPSTREAM, same: "no" }],
  ["upstream_header_too_large", { ...UPSTREAM, same: "no" }],
  ["upstream_pool_exhausted", { ...OVERLOADED, same: "no" }],
  ["upstream_transport_closed", { ...UPSTREAM, same: "no" }],
  ["upstream_response_too_large", { ...UPSTREAM, same: "no" }],
  ["upstream_event_too_large", { ...UPSTREAM, same: "no" }],
]);

/** The course after a fault; `undefined` where the request itself is at fault. */
export function courseOf(
  { kind, code, status }: UpstreamError,
): Course | undefined {
  const told = BY_CODE.get(code);
  if (told !== undefined) return told;
  // A request that was flagged: 403 for our own credentials is a permission.
  if (kind === "invalid_request" && status === 403) return POLICY;
  return BY_KIND.get(kind);
}
