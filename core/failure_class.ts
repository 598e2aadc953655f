import type { AttemptLimits } from "./attempt_clock.ts";
import { GatewayError, UpstreamError } from "./errors.ts";

/**
 * Whose making a failed attempt was, which decides what follows from it:
 *
 * - `fault`: the upstream failed. The only class that a breaker counts.
 * - `throttled`: the upstream wants fewer requests (429): a cooldown's matter.
 * - `credential`: the upstream refuses our key or its account (401, 402, 403,
 *   credit used up): the key's matter, for other keys may be well.
 * - `caller`: the request or its sender: any other 4xx, a caller who left, who
 *   stopped reading or who would not wait as long as the deployment may take.
 * - `gateway`: our own making or our own bounds.
 */
export type FailureClass =
  | "fault"
  | "throttled"
  | "credential"
  | "caller"
  | "gateway";

/** What is known of an attempt besides its error. */
export interface FailureContext {
  /** The caller had left when the attempt failed: whatever failed then tells nothing. */
  readonly callerLeft?: boolean;
  /** The limits that the attempt ran under, where the caller may shorten them. */
  readonly limits?: AttemptLimits;
  /** The deployment's own limits. */
  readonly ownLimits?: AttemptLimits;
}

/** Faults that come of the gateway's own bounds, or of what the caller asked for. */
const OWN_BOUNDS: ReadonlySet<string> = new Set([
  "upstream_address_refused",
  "upstream_pool_exhausted",
  "upstream_transport_closed",
  // How large an answer is, the request decides: many vectors, many pictures.
  "upstream_response_too_large",
  "upstream_event_too_large",
]);
const TIMEOUT_CODE = /^(connect|headers|content|idle|total)_timeout$/;

/**
 * Tells whose making a failed attempt was (U11, U16, U18).
 *
 * Takes whatever was thrown. What counts as a `fault`: no connection, resets,
 * timeouts of the deployment's own length, 5xx, answers that are no answer
 * (`null`, `choices: []`, HTML, redirects), streams that stall or break off,
 * and errors of these kinds that came with a status 200. An error of another
 * class that came with a 200, such as an invalid request, keeps that class.
 *
 * @example An overload and a refused key
 * ```ts
 * import { classifyFailure, UpstreamError } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const code = "c";
 * assertEquals(classifyFailure(new UpstreamError("overloaded", "M", { code })), "fault");
 * assertEquals(
 *   classifyFailure(new UpstreamError("authentication", "M", { code })),
 *   "credential",
 * );
 * ```
 */
export function classifyFailure(
  error: unknown,
  context: FailureContext = {},
): FailureClass {
  if (context.callerLeft) return "caller";
  if (error instanceof UpstreamError) return classifyUpstream(error, context);
  if (error instanceof GatewayError) return classifyGateway(error);
  return isAbort(error) ? "caller" : "gateway";
}

function classifyUpstream(
  error: UpstreamError,
  context: FailureContext,
): FailureClass {
  // Waiting does not help: a used-up account answers 402, 403 or 429.
  if (error.code === "insufficient_quota") return "credential";
  switch (error.kind) {
    case "authentication":
    case "permission":
      return "credential";
    case "rate_limit":
      return "throttled";
    case "timeout":
      return isShortened(error.code, context) ? "caller" : "fault";
    case "overloaded":
      if (OWN_BOUNDS.has(error.code)) return "gateway";
      // 409 and 425 ask for another try and say nothing of the upstream's health.
      return error.status >= 500 ? "fault" : "caller";
    case "upstream":
    case "internal":
      return OWN_BOUNDS.has(error.code) ? "gateway" : "fault";
    default:
      return "caller";
  }
}

function classifyGateway({ kind }: GatewayError): FailureClass {
  switch (kind) {
    case "internal":
    case "overloaded":
    case "rate_limit":
    case "upstream":
      return "gateway";
    default:
      return "caller";
  }
}

/** Whether the limit that ran out was shorter than the deployment's own. */
function isShortened(
  code: string,
  { limits, ownLimits }: FailureContext,
): boolean {
  if (limits === undefined || ownLimits === undefined) return false;
  const phase = TIMEOUT_CODE.exec(code)?.[1] as keyof AttemptLimits | undefined;
  return phase !== undefined && limits[phase] < ownLimits[phase];
}

/** What `AbortController` and `AbortSignal.timeout()` give as a reason. */
function isAbort(error: unknown): boolean {
  return error instanceof DOMException &&
    (error.name === "AbortError" || error.name === "TimeoutError");
}
