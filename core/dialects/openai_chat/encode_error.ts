import type { ErrorKind, GatewayError } from "../../errors.ts";

/** OpenAI's word for each class of failure (O7); `code` tells more. */
const TYPES: Readonly<Record<ErrorKind, string>> = {
  invalid_request: "invalid_request_error",
  authentication: "invalid_request_error",
  permission: "permission_error",
  not_found: "invalid_request_error",
  method_not_allowed: "invalid_request_error",
  unsupported_media_type: "invalid_request_error",
  too_large: "invalid_request_error",
  rate_limit: "rate_limit_exceeded",
  overloaded: "overloaded_error",
  timeout: "server_error",
  upstream: "server_error",
  client_closed: "server_error",
  internal: "server_error",
};

/** Writes the body of an error answer in OpenAI's shape (K1, K18). */
export function encodeChatError(
  error: GatewayError,
  requestId: string,
): string {
  return JSON.stringify({
    error: {
      ...error.details,
      message: error.message,
      type: error.code === "insufficient_quota"
        ? "insufficient_quota"
        : TYPES[error.kind],
      param: error.param ?? null,
      code: error.code,
      request_id: requestId,
    },
  });
}

/** Writes what ends a stream that has failed: the error, and no `[DONE]` (L4). */
export function encodeChatStreamError(
  error: GatewayError,
  requestId: string,
): string {
  return `data: ${encodeChatError(error, requestId)}\n\n`;
}
