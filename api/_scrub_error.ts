import { type GatewayError, UpstreamError } from "@llm-proxy/core";
import { redactorOf } from "./provider_secrets.ts";
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
  const redactor = redactorOf(trace.candidate.provider);
  const clean = (text: string): boolean => redactor.redact(text) === text;
  const { code, param, details } = error;
  const message = redactor.redact(error.message);
  const keepsParam = param !== undefined && clean(param);
  const keepsDetails = clean(JSON.stringify(details));
  if (
    message === error.message && clean(code) && keepsDetails &&
    keepsParam === (param !== undefined)
  ) return error;
  return new UpstreamError(error.kind, message, {
    code: clean(code) ? code : "upstream_error",
    status: error.status,
    headers: error.headers,
    cause: error.cause,
    // What holds a secret anywhere is not worth mending.
    ...keepsParam && { param },
    ...keepsDetails && { details },
  });
}
