import type { GatewayError } from "../../errors.ts";
import { retryDelay } from "../../retry_after.ts";

/** Google's canonical codes by the HTTP status that they come with (D27, O7). */
const CODES: ReadonlyMap<number, string> = new Map([
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "NOT_FOUND"],
  [408, "DEADLINE_EXCEEDED"],
  [409, "ABORTED"],
  [429, "RESOURCE_EXHAUSTED"],
  [499, "CANCELLED"],
  [503, "UNAVAILABLE"],
  [504, "DEADLINE_EXCEEDED"],
]);
const TYPE = "type.googleapis.com/google.rpc.";
const DOMAIN = "llm-proxy";

/**
 * Writes the body of an error answer in Google's shape (D27, K1): programs find
 * the code in `details`, as they do the field at fault, when to try again and
 * the id of the request.
 */
export function encodeGeminiError(
  error: GatewayError,
  requestId: string,
): string {
  const { message, param, status, code } = error;
  const isNamed = param === undefined || message.includes(param);
  const said = isNamed ? message : `${param}: ${message}`;
  return JSON.stringify({
    error: {
      code: status,
      message: said,
      status: CODES.get(status) ??
        (status < 500 ? "INVALID_ARGUMENT" : "INTERNAL"),
      details: [
        {
          "@type": `${TYPE}ErrorInfo`,
          reason: code.toUpperCase(),
          domain: DOMAIN,
        },
        ...(param === undefined ? [] : [{
          "@type": `${TYPE}BadRequest`,
          fieldViolations: [{ field: param, description: message }],
        }]),
        ...retryInfo(error),
        { "@type": `${TYPE}RequestInfo`, requestId },
      ],
    },
  });
}

/** Writes what ends a stream that has failed: an event with the error (L4). */
export function encodeGeminiStreamError(
  error: GatewayError,
  requestId: string,
): string {
  return `data: ${encodeGeminiError(error, requestId)}\r\n\r\n`;
}

/** The time to wait, which Google tells in the body alone (D26). */
function retryInfo({ headers }: GatewayError): object[] {
  const delay = retryDelay(headers);
  return delay === undefined
    ? []
    : [{ "@type": `${TYPE}RetryInfo`, retryDelay: `${delay / 1000}s` }];
}
