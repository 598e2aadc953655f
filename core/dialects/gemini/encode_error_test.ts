import { assertEquals } from "@std/assert";
import { GatewayError } from "../../errors.ts";
import { encodeGeminiError, encodeGeminiStreamError } from "./encode_error.ts";
import { decodeErrorAnswer } from "./errors.ts";

const WORDS = [
  ["invalid_request", 400, "INVALID_ARGUMENT"],
  ["authentication", 401, "UNAUTHENTICATED"],
  ["permission", 403, "PERMISSION_DENIED"],
  ["not_found", 404, "NOT_FOUND"],
  ["too_large", 413, "INVALID_ARGUMENT"],
  ["rate_limit", 429, "RESOURCE_EXHAUSTED"],
  ["internal", 500, "INTERNAL"],
  ["upstream", 502, "INTERNAL"],
  ["overloaded", 503, "UNAVAILABLE"],
  ["timeout", 504, "DEADLINE_EXCEEDED"],
] as const;

Deno.test("D27, O7, K1: an error has Google's shape and words", () => {
  for (const [kind, code, status] of WORDS) {
    const error = new GatewayError(kind, "Not now", { code: "some_code" });
    const { error: told } = JSON.parse(encodeGeminiError(error, "req_1"));
    assertEquals(told, {
      code,
      message: "Not now",
      status,
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "SOME_CODE",
          domain: "llm-proxy",
        },
        {
          "@type": "type.googleapis.com/google.rpc.RequestInfo",
          requestId: "req_1",
        },
      ],
    });
  }
});

Deno.test("K17, D26: the field and the time to wait are told in details", () => {
  const error = new GatewayError("rate_limit", "Not now", {
    code: "x",
    param: "contents[0]",
    headers: { "retry-after-ms": "1500" },
  });
  const body = encodeGeminiError(error, "r");
  const { error: told } = JSON.parse(body);
  assertEquals(told.message, "contents[0]: Not now");
  assertEquals(told.details[1].fieldViolations, [
    { field: "contents[0]", description: "Not now" },
  ]);
  const { headers } = decodeErrorAnswer({
    status: 429,
    headers: {},
    body: new TextEncoder().encode(body),
  });
  assertEquals(headers["retry-after-ms"], "1500");
});

Deno.test("L4: an error ends a stream as an event", () => {
  const error = new GatewayError("upstream", "Broken", { code: "x" });
  assertEquals(
    encodeGeminiStreamError(error, "r"),
    `data: ${encodeGeminiError(error, "r")}\r\n\r\n`,
  );
});
