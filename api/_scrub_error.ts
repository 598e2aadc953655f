import { type GatewayError, UpstreamError } from "@llm-proxy/core";
import { Redactor } from "@llm-proxy/logging";
import type { RequestRecord } from "./request_record.ts";

/**
 * An error as the client may see it: what a provider said may hold the very
 * credential that it was sent, or any other header of ours (K3, X11).
 */
export function scrubError(
  error: GatewayError,
  { trace }: Pick<RequestRecord, "trace">,
): GatewayError {
  if (!(error instanceof UpstreamError) || !trace) return error;
  const { headers } = trace.candidate.provider;
  const redactor = new Redactor();
  for (const value of Object.values(headers)) {
    redactor.add(value);
    redactor.add(value.replace(/^Bearer /i, ""));
  }
  const message = redactor.redact(error.message);
  const told = JSON.stringify(error.details);
  const clean = redactor.redact(told) === told;
  if (message === error.message && clean) return error;
  return new UpstreamError(error.kind, message, {
    code: error.code,
    status: error.status,
    headers: error.headers,
    cause: error.cause,
    ...(error.param !== undefined && { param: error.param }),
    // What holds a secret anywhere is not worth mending.
    ...(clean && { details: error.details }),
  });
}
