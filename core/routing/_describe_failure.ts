import type { AttemptEnd } from "../attempt_log.ts";
import { GatewayError, UpstreamError } from "../errors.ts";

/** Why an attempt failed, and the status with which a provider said so. */
export function describeFailure(
  error: unknown,
): Omit<AttemptEnd, "durationMs"> {
  if (!(error instanceof GatewayError)) {
    return { reason: "internal_error", kind: "internal" };
  }
  const { code: reason, kind, status } = error;
  return error instanceof UpstreamError
    ? { reason, kind, status }
    : { reason, kind };
}
