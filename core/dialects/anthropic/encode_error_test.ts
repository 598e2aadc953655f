import { assertEquals } from "@std/assert";
import {
  type ErrorKind,
  GatewayError,
  type GatewayErrorOptions,
} from "../../errors.ts";
import {
  encodeMessagesError,
  encodeMessagesStreamError,
  messagesErrorStatus,
} from "./encode_error.ts";

function error(
  kind: ErrorKind,
  options: Partial<GatewayErrorOptions> = {},
): GatewayError {
  return new GatewayError(kind, "It failed", { code: "c", ...options });
}

Deno.test("C38, C39, O7: each class has its status and type", () => {
  const cases: readonly (readonly [GatewayError, number, string])[] = [
    [error("invalid_request"), 400, "invalid_request_error"],
    [error("authentication"), 401, "authentication_error"],
    [error("permission"), 403, "permission_error"],
    [error("not_found"), 404, "not_found_error"],
    [error("method_not_allowed"), 405, "invalid_request_error"],
    [error("too_large"), 413, "request_too_large"],
    [error("unsupported_media_type"), 415, "invalid_request_error"],
    [error("rate_limit"), 429, "rate_limit_error"],
    [error("overloaded"), 529, "overloaded_error"],
    [error("timeout"), 504, "timeout_error"],
    [error("upstream"), 502, "api_error"],
    [error("client_closed"), 499, "api_error"],
    [error("internal"), 500, "api_error"],
    [error("invalid_request", { status: 409 }), 409, "conflict_error"],
    [
      error("permission", { code: "insufficient_quota" }),
      402,
      "billing_error",
    ],
    [
      error("rate_limit", { code: "insufficient_quota" }),
      429,
      "rate_limit_error",
    ],
  ];
  for (const [error, status, type] of cases) {
    const body = JSON.parse(encodeMessagesError(error, "req_1"));
    assertEquals([messagesErrorStatus(error), body.error.type], [status, type]);
    assertEquals([body.type, body.request_id], ["error", "req_1"]);
  }
});

Deno.test("K17: the field at fault is named once", () => {
  const told = (message: string) =>
    JSON.parse(encodeMessagesError(
      new GatewayError("invalid_request", message, {
        code: "c",
        param: "messages[0]",
        details: { more: 1 },
      }),
      "r",
    )).error;
  assertEquals(told("Cannot send it"), {
    type: "invalid_request_error",
    message: "messages[0]: Cannot send it",
    details: { more: 1, error_code: "c", param: "messages[0]" },
  });
  assertEquals(told("Invalid 'messages[0]'").message, "Invalid 'messages[0]'");
});

Deno.test("C29, L4: a failed stream ends in an error event", () => {
  assertEquals(
    encodeMessagesStreamError(error("overloaded"), "r"),
    `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"It failed","details":{"error_code":"c"}},"request_id":"r"}\n\n`,
  );
});
