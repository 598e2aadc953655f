import type { ErrorKind, GatewayError } from "../../errors.ts";

/** Anthropic's word for each class of failure (O7, C38). */
const TYPES: Readonly<Record<ErrorKind, string>> = {
  invalid_request: "invalid_request_error",
  authentication: "authentication_error",
  permission: "permission_error",
  not_found: "not_found_error",
  method_not_allowed: "invalid_request_error",
  unsupported_media_type: "invalid_request_error",
  too_large: "request_too_large",
  rate_limit: "rate_limit_error",
  overloaded: "overloaded_error",
  timeout: "timeout_error",
  upstream: "api_error",
  client_closed: "api_error",
  internal: "api_error",
};

/** Statuses that have a word of their own, whatever the class. */
const BY_STATUS: ReadonlyMap<number, string> = new Map([
  [402, "billing_error"],
  [409, "conflict_error"],
]);

const OVERLOADED = 529;
const PAYMENT_REQUIRED = 402;

/**
 * The HTTP status of a failure as Anthropic's clients expect it: 529 where the
 * provider is overloaded (C39), 402 where an account has no credit.
 *
 * @example A provider that is overloaded
 * ```ts
 * import { UpstreamError } from "@llm-proxy/core";
 * import { messagesErrorStatus } from "@llm-proxy/core/dialects";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new UpstreamError("overloaded", "Overloaded", { code: "overloaded_error" });
 * assertEquals([error.status, messagesErrorStatus(error)], [503, 529]);
 * ```
 */
export function messagesErrorStatus(error: GatewayError): number {
  if (error.kind === "overloaded") return OVERLOADED;
  return isOutOfCredit(error) ? PAYMENT_REQUIRED : error.status;
}

/**
 * Writes the body of an error answer in Anthropic's shape (C38, K1). `details`
 * tells programs the code and the field at fault; a message that does not name
 * the field gets its name in front.
 */
export function encodeMessagesError(
  error: GatewayError,
  requestId: string,
): string {
  const { message, param } = error;
  const isNamed = param === undefined || message.includes(param);
  return JSON.stringify({
    type: "error",
    error: {
      type: BY_STATUS.get(messagesErrorStatus(error)) ?? TYPES[error.kind],
      message: isNamed ? message : `${param}: ${message}`,
      details: {
        ...error.details,
        error_code: error.code,
        ...(param !== undefined && { param }),
      },
    },
    request_id: requestId,
  });
}

/** Writes what ends a stream that has failed: the error, and no `message_stop` (C29, L4). */
export function encodeMessagesStreamError(
  error: GatewayError,
  requestId: string,
): string {
  return `event: error\ndata: ${encodeMessagesError(error, requestId)}\n\n`;
}

/** No credit, and no limit of a time that passes by itself. */
function isOutOfCredit({ code, kind }: GatewayError): boolean {
  return code === "insufficient_quota" && kind !== "rate_limit";
}
