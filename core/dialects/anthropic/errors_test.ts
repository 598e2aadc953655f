import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { UpstreamError } from "../../errors.ts";
import { decodeErrorAnswer, decodeErrorObject } from "./errors.ts";

function decode(
  status: number,
  body: string | object = "",
  headers: Readonly<Record<string, string>> = {},
): UpstreamError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return decodeErrorAnswer({
    status,
    headers,
    body: new TextEncoder().encode(text),
  });
}

function error(type: string, message: string, more: object = {}): object {
  return { type: "error", error: { type, message, ...more }, request_id: "r" };
}

function summary({ kind, code, status }: UpstreamError): unknown[] {
  return [kind, code, status];
}

Deno.test("O7, K2, K10, C39: statuses and types have their classes", () => {
  const classes: [number, string, unknown[]][] = [
    [400, "invalid_request_error", [
      "invalid_request",
      "invalid_request_error",
      400,
    ]],
    [404, "not_found_error", ["not_found", "not_found_error", 404]],
    [409, "conflict_error", ["invalid_request", "invalid_request_error", 409]],
    [413, "request_too_large", ["too_large", "request_too_large", 413]],
    [422, "invalid_request_error", [
      "invalid_request",
      "invalid_request_error",
      422,
    ]],
    [429, "rate_limit_error", ["rate_limit", "rate_limit_exceeded", 429]],
    [500, "api_error", ["upstream", "upstream_error", 502]],
    [502, "api_error", ["upstream", "upstream_error", 502]],
    [503, "api_error", ["overloaded", "overloaded_error", 503]],
    [504, "timeout_error", ["timeout", "upstream_timeout", 504]],
    [529, "overloaded_error", ["overloaded", "overloaded_error", 503]],
    // What the type says counts more than the status.
    [500, "overloaded_error", ["overloaded", "overloaded_error", 503]],
  ];
  for (const [status, type, expected] of classes) {
    const decoded = decode(status, error(type, "Because"));
    assertEquals(summary(decoded), expected, `${status} ${type}`);
    assertEquals(decoded.message, "Because");
  }
  // Something in front of the provider answers without a type.
  for (const status of [503, 529]) {
    assertEquals(summary(decode(status, "<html>")), [
      "overloaded",
      "overloaded_error",
      503,
    ]);
  }
});

Deno.test("K16: an unknown model is model_not_found", () => {
  const decoded = decode(404, error("not_found_error", "model: claude-x"));
  assertEquals(summary(decoded), ["not_found", "model_not_found", 404]);
  assertEquals(decoded.param, "model");
});

Deno.test("K1: bodies of any kind give a valid error", () => {
  for (
    const body of [
      "",
      "<html><h1>Bad gateway</h1></html>",
      '{"type":"error","err',
      "null",
      "[]",
      "7",
      '{"error":null}',
      '{"error":{"message":7,"type":[]}}',
    ]
  ) {
    const decoded = decode(502, body);
    assertEquals(summary(decoded), ["upstream", "upstream_error", 502]);
    assertEquals(decoded.message, "The provider answered with status 502");
  }
});

Deno.test("K18: an error that is a string or a bare message is read", () => {
  assertEquals(
    decode(400, { error: "No such thing" }).message,
    "No such thing",
  );
  assertEquals(decode(400, { message: "Nope" }).message, "Nope");
});

Deno.test("K1: words of something in front of the provider are not passed on", () => {
  const decoded = decode(503, { message: "connect to 10.0.0.7 failed" });
  assertEquals(decoded.message, "The provider answered with status 503");
  assertStringIncludes(JSON.stringify(decoded.cause), "10.0.0.7");
});

Deno.test("X11: of a page the start goes into the cause, of other JSON nothing", () => {
  const cause = (body: string | object) => decode(502, body).cause;
  const told = { status: 502, type: "", said: "" };
  assertEquals(cause("<b>Bad gateway</b>"), {
    ...told,
    said: "<b>Bad gateway</b>",
  });
  for (
    const body of ['{"messages":["hunter2', ' [{"input":"hunter2"}]', {
      messages: ["hunter2"],
    }]
  ) assertEquals(cause(body), told);
});

Deno.test("K3: trouble with our own credentials is told in our own words", () => {
  const key = error("authentication_error", "invalid x-api-key abc123");
  const decoded = decode(401, key);
  assertEquals(summary(decoded), [
    "authentication",
    "upstream_authentication_failed",
    401,
  ]);
  assertEquals(
    decoded.message,
    "The provider rejected the gateway's credentials",
  );
  const denied = decode(403, error("permission_error", "org acme may not"));
  assertEquals(summary(denied), [
    "permission",
    "upstream_permission_denied",
    403,
  ]);
  assert(!denied.message.includes("acme"));
  assertEquals(summary(decode(403, "<html>")), summary(denied));
});

Deno.test("K4: a bad key that is reported as 400 is an authentication failure", () => {
  const decoded = decode(400, error("authentication_error", "bad key"));
  assertEquals(decoded.code, "upstream_authentication_failed");
});

Deno.test("K9: an account without credit is no fault of the request", () => {
  const credit = "Your credit balance is too low to access the Anthropic API.";
  const limit =
    "You have reached your specified API usage limits. You will regain access";
  for (
    const [status, type, message] of [
      [400, "invalid_request_error", credit],
      [400, "invalid_request_error", limit],
      [402, "billing_error", "Pay"],
    ] as const
  ) {
    const decoded = decode(status, error(type, message));
    assertEquals(summary(decoded), [
      "permission",
      "insufficient_quota",
      status,
    ]);
    assert(!decoded.message.includes(message));
  }
});

Deno.test("C38: what became of a conversation kept by the provider is told in its own code", () => {
  const details = { error_code: "thread_not_found" };
  assertEquals(
    summary(
      decode(404, error("not_found_error", "No such thread", { details })),
    ),
    ["not_found", "thread_not_found", 404],
  );
  const foreign = { error_code: "threading\nx" };
  assertEquals(
    decode(404, error("not_found_error", "M", { details: foreign })).code,
    "not_found_error",
  );
});

Deno.test("K9, U17: a spend limit is told apart from a rate limit", () => {
  const details = { error_code: "enforced_spend_limit_reached" };
  assertEquals(
    summary(decode(429, error("rate_limit_error", "Limit", { details }))),
    ["rate_limit", "insufficient_quota", 429],
  );
  assertEquals(
    summary(decode(429, error("rate_limit_error", "Limit", { details: null }))),
    ["rate_limit", "rate_limit_exceeded", 429],
  );
});

Deno.test("K15: a context overflow is context_length_exceeded", () => {
  for (
    const message of [
      "prompt is too long: 209353 tokens > 199999 maximum",
      "input length and `max_tokens` exceed context limit: 178959 + 64000 > 200000, decrease input length or `max_tokens` and try again",
    ]
  ) {
    const decoded = decode(400, error("invalid_request_error", message));
    assertEquals(summary(decoded), [
      "invalid_request",
      "context_length_exceeded",
      400,
    ]);
    assertEquals([decoded.message, decoded.param], [message, "messages"]);
  }
});

Deno.test("K5, K8, K13: headers on when to try again and on limits are kept, others not", () => {
  const kept = {
    "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT",
    "retry-after-ms": "1500",
    "x-should-retry": "true",
    "anthropic-ratelimit-requests-remaining": "0",
  };
  const decoded = decode(429, error("rate_limit_error", "Slow down"), {
    ...kept,
    "set-cookie": "a=b",
    "request-id": "req_1",
    "anthropic-ratelimit-odd": "x".repeat(1_000),
  });
  assertEquals(decoded.headers, kept);
});

Deno.test("K5: many limits are capped", () => {
  const headers = Object.fromEntries(
    Array.from({ length: 99 }, (_, i) => [`anthropic-ratelimit-${i}`, "1"]),
  );
  assertEquals(Object.keys(decode(429, "", headers).headers).length, 32);
});

Deno.test("K19: a status that is no error is an invalid answer", () => {
  for (const status of [101, 204, 302]) {
    assertEquals(summary(decode(status)), [
      "upstream",
      "upstream_invalid_response",
      502,
    ]);
  }
});

Deno.test("decodeErrorAnswer() cuts and cleans the provider's words", () => {
  const message = `a\u0000b\r\n\u009fc ${"x".repeat(5_000)}`;
  const decoded = decode(400, error("invalid_request_error", message));
  assertEquals(decoded.message.length, 1_000);
  assert(decoded.message.startsWith("a b c xxx"));
});

Deno.test("decodeErrorAnswer() masks what looks like a key wherever it stands", () => {
  const key = "sk-ant-api03-abcdefghijklmnop";
  const decoded = decode(400, error("invalid_request_error", `key ${key} bad`));
  assertEquals(decoded.message, "key sk-… bad");
  const unauthorized = decode(401, error("authentication_error", key));
  assert(!JSON.stringify(unauthorized.cause).includes("abcdefgh"));
  assert(!JSON.stringify(decode(500, `<b>${key}`).cause).includes("abcdefgh"));
});

Deno.test("decodeErrorAnswer() looks at the start of a large body only", () => {
  const decoded = decode(500, "x".repeat(1_000_000));
  assert(JSON.stringify(decoded.cause).length < 1_000);
});

Deno.test("C29: an error object without a status goes by its type", () => {
  assertEquals(
    summary(
      decodeErrorObject(error("invalid_request_error", "prompt is too long")),
    ),
    ["invalid_request", "context_length_exceeded", 400],
  );
  assertEquals(summary(decodeErrorObject(error("brand_new", "x"))), [
    "upstream",
    "upstream_error",
    502,
  ]);
  for (const odd of [null, {}, { error: null }, "x", { error: { type: 7 } }]) {
    assertEquals(
      decodeErrorObject(odd).message,
      "The provider reported a failure",
    );
  }
});
