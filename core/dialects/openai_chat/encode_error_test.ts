import { assert, assertEquals } from "@std/assert";
import { type ErrorKind, GatewayError } from "../../errors.ts";
import { encodeChatError, encodeChatStreamError } from "./encode_error.ts";

Deno.test("O7: the error object has OpenAI's members and the request id", () => {
  const error = new GatewayError("invalid_request", "Bad 'n'", {
    code: "invalid_value",
    param: "n",
    cause: "a secret of the operator",
  });
  assertEquals(JSON.parse(encodeChatError(error, "req_1")), {
    error: {
      message: "Bad 'n'",
      type: "invalid_request_error",
      param: "n",
      code: "invalid_value",
      request_id: "req_1",
    },
  });
});

Deno.test("O7: each class has its type", () => {
  const cases: [ErrorKind, string][] = [
    ["authentication", "invalid_request_error"],
    ["permission", "permission_error"],
    ["not_found", "invalid_request_error"],
    ["rate_limit", "rate_limit_exceeded"],
    ["overloaded", "overloaded_error"],
    ["timeout", "server_error"],
    ["upstream", "server_error"],
    ["internal", "server_error"],
  ];
  for (const [kind, type] of cases) {
    const { error } = JSON.parse(
      encodeChatError(new GatewayError(kind, "M", { code: "c" }), "r"),
    );
    assertEquals([error.type, error.param], [type, null]);
  }
});

Deno.test("K9: used-up quota has OpenAI's own type", () => {
  const failure = new GatewayError("rate_limit", "M", {
    code: "insufficient_quota",
  });
  const { error } = JSON.parse(encodeChatError(failure, "r"));
  assertEquals(error.type, "insufficient_quota");
});

Deno.test("J11: further members are shown and replace none", () => {
  const failure = new GatewayError("invalid_request", "M", {
    code: "tool_use_failed",
    details: { failed_generation: "<f>", message: "other", request_id: "x" },
  });
  const { error } = JSON.parse(encodeChatError(failure, "r"));
  assertEquals(error.failed_generation, "<f>");
  assertEquals([error.message, error.request_id], ["M", "r"]);
});

Deno.test("L4: a failed stream ends in one error event without [DONE]", () => {
  const error = new GatewayError("upstream", "Line one\nline two", {
    code: "upstream_error",
  });
  const text = encodeChatStreamError(error, "r");
  assertEquals(text, `data: ${encodeChatError(error, "r")}\n\n`);
  assertEquals(text.split("\n").length, 3);
  assert(!text.includes("[DONE]"));
});
