import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { UpstreamError } from "../../errors.ts";
import { decodeChatError, decodeChatErrorObject } from "./decode_error.ts";
import { encodeChatError } from "./encode_error.ts";

function decode(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): UpstreamError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return decodeChatError(status, headers, new TextEncoder().encode(text));
}

function facts({ kind, status, code }: UpstreamError): unknown[] {
  return [kind, status, code];
}

function openAi(fields: Record<string, unknown>): unknown {
  return {
    error: { message: "M", type: "t", param: null, code: null, ...fields },
  };
}

Deno.test("K2: the class of a 4xx survives, message, param and code too", () => {
  const error = decode(400, openAi({ param: "tools[0]", code: "bad_tool" }));
  assertEquals(facts(error), ["invalid_request", 400, "bad_tool"]);
  assertEquals([error.message, error.param], ["M", "tools[0]"]);
  assertEquals(facts(decode(422, openAi({}))), [
    "invalid_request",
    422,
    "invalid_request",
  ]);
  assertEquals(facts(decode(413, openAi({}))), [
    "too_large",
    413,
    "request_too_large",
  ]);
  assertEquals(facts(decode(418, openAi({}))), [
    "invalid_request",
    418,
    "invalid_request",
  ]);
});

Deno.test("K3: refused credentials are told in the gateway's own words", () => {
  const key = "sk-secret123";
  for (const status of [401, 403]) {
    const error = decode(
      status,
      openAi({
        message: `Incorrect key: ${key} at https://api.test`,
        param: key,
      }),
    );
    const shown = encodeChatError(error, "r") + JSON.stringify(error.cause);
    assert(!shown.includes(key) && !shown.includes("api.test"));
  }
  assertEquals(facts(decode(401, "")), [
    "authentication",
    401,
    "upstream_authentication_failed",
  ]);
  assertEquals(facts(decode(403, "")), [
    "permission",
    403,
    "upstream_permission_denied",
  ]);
});

Deno.test("K4, J14: a bad key reported as 400 is one", () => {
  const bodies = [
    {
      code: "Client specified an invalid argument",
      error: "Incorrect API key provided: sk***YA. You can obtain an API key",
    },
    [{
      error: {
        code: 400,
        message: "API key not valid. Please pass a valid API key.",
        status: "INVALID_ARGUMENT",
      },
    }],
    openAi({ code: "invalid_api_key" }),
  ];
  for (const body of bodies) {
    const error = decode(400, body);
    assertEquals(facts(error), [
      "authentication",
      401,
      "upstream_authentication_failed",
    ]);
    assert(!error.message.includes("sk"));
  }
});

Deno.test("K5, K13: rate limits keep their headers", () => {
  const error = decode(429, openAi({ code: "rate_limit_exceeded" }), {
    "retry-after": "2",
    "retry-after-ms": "1500",
    "x-should-retry": "true",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "6m0s",
    "content-length": "5",
    "set-cookie": "a=b",
    "x-ratelimit-odd": "x".repeat(1000),
  });
  assertEquals(facts(error), ["rate_limit", 429, "rate_limit_exceeded"]);
  assertEquals(error.headers, {
    "retry-after": "2",
    "retry-after-ms": "1500",
    "x-should-retry": "true",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "6m0s",
  });
});

const RETRY_INFO = {
  error: {
    code: 429,
    message: "Quota exceeded",
    status: "RESOURCE_EXHAUSTED",
    details: [
      { "@type": "type.googleapis.com/google.rpc.Help" },
      {
        "@type": "type.googleapis.com/google.rpc.RetryInfo",
        retryDelay: "3.5s",
      },
    ],
  },
};
const IN_3500_MS = { "retry-after": "4", "retry-after-ms": "3500" };

Deno.test("D26: the wait that Google tells in the body becomes headers", () => {
  for (const body of [RETRY_INFO, [RETRY_INFO]]) {
    const error = decode(429, body);
    assertEquals(error.headers, IN_3500_MS);
    assertEquals(error.kind, "rate_limit");
    assertEquals(decodeChatErrorObject(body).headers, IN_3500_MS);
  }
  assertEquals(
    decode(200, RETRY_INFO).headers,
    IN_3500_MS,
    "an error in a 200",
  );
  const limits = { "x-ratelimit-remaining-requests": "0" };
  assertEquals(decode(429, RETRY_INFO, limits).headers, {
    ...limits,
    ...IN_3500_MS,
  });
});

Deno.test("D26, K5: a wait in a header goes before the one in the body", () => {
  const headers = { "retry-after": "60" };
  assertEquals(decode(429, RETRY_INFO, headers).headers, headers);
  for (const details of [null, [null], [{}], [{ retryDelay: "3s" }], "x"]) {
    assertEquals(decode(429, { error: { message: "M", details } }).headers, {});
  }
});

Deno.test("K13: of many rate limits 32 are kept, and the wait in any case", () => {
  const limits = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`x-ratelimit-${i}`, "1"]),
  );
  const { headers } = decode(429, "", { ...limits, "retry-after": "9" });
  assertEquals(Object.keys(headers).length, 33);
  assertEquals(headers["retry-after"], "9");
});

Deno.test("K9: used-up quota and credit are told apart from rate limits", () => {
  assertEquals(
    facts(decode(429, openAi({ code: "insufficient_quota" }))),
    ["rate_limit", 429, "insufficient_quota"],
  );
  assertEquals(
    facts(decode(429, openAi({ message: "You exceeded your current quota" }))),
    ["rate_limit", 429, "insufficient_quota"],
  );
  assertEquals(
    facts(decode(402, openAi({ message: "Insufficient Balance" }))),
    [
      "permission",
      402,
      "insufficient_quota",
    ],
  );
});

Deno.test("K10: 503 and 529 are overloads, other 5xx are 502", () => {
  for (const status of [503, 529]) {
    assertEquals(facts(decode(status, "")), [
      "overloaded",
      503,
      "upstream_overloaded",
    ]);
  }
  for (const status of [500, 502, 520]) {
    const error = decode(status, openAi({ message: "Boom" }));
    assertEquals(facts(error), ["upstream", 502, "upstream_error"]);
    assertEquals(error.message, "Boom");
  }
  assertEquals(
    facts(decode(500, openAi({ type: "overloaded_error" }))),
    ["overloaded", 503, "upstream_overloaded"],
  );
});

Deno.test("decodeChatError() takes 408, 409, 425 and 504 for passing faults", () => {
  for (const status of [408, 504]) {
    const told = facts(decode(status, "<html>"));
    assertEquals(told, ["timeout", status, "upstream_timeout"]);
  }
  assertEquals(facts(decode(409, "")), [
    "overloaded",
    409,
    "upstream_conflict",
  ]);
  assertEquals(facts(decode(425, "")), [
    "overloaded",
    425,
    "upstream_too_early",
  ]);
});

Deno.test("K15: a context overflow in any wording is context_length_exceeded", () => {
  const wordings = [
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    "Your input exceeds the context window of this model.",
    "prompt is too long: 213462 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "The input token count (1196265) exceeds the maximum number of tokens allowed (1048575).",
    "Please reduce the length of the messages or completion.",
    "the request exceeds the available context size, try increasing it",
    "number of input tokens (204703) has exceeded max_prompt_tokens (202752) limit.",
    "This endpoint's maximum context length is 32768 tokens. However, you requested about 42832 tokens",
    "Input is too long for requested model.",
    "too many tokens: total tokens 5000",
  ];
  for (const message of wordings) {
    for (const status of [400, 413, 422]) {
      const error = decode(status, openAi({ message }));
      assertEquals(
        facts(error),
        ["invalid_request", 400, "context_length_exceeded"],
        message,
      );
      assertEquals([error.message, error.param], [message, "messages"]);
    }
  }
  assertEquals(
    decode(400, openAi({ code: "context_length_exceeded" })).code,
    "context_length_exceeded",
  );
});

Deno.test("K15: limits of another kind are no context overflow", () => {
  const wordings: [number, string][] = [
    [429, "Too many tokens per minute, reduce the length of the messages"],
    [400, "max_tokens is too large: 99999. This model supports at most 16384"],
    [400, "Invalid 'messages[0].content': string too long"],
    [400, "context_window is not a known parameter"],
  ];
  for (const [status, message] of wordings) {
    assert(
      decode(status, openAi({ message })).code !== "context_length_exceeded",
      message,
    );
  }
  const perMinute = openAi({
    message:
      "Request too large on tokens per minute: reduce the input, context limit",
    code: "rate_limit_exceeded",
  });
  assertEquals(facts(decode(413, perMinute)), [
    "too_large",
    413,
    "rate_limit_exceeded",
  ]);
});

Deno.test("K16: a 404 about the model is model_not_found", () => {
  assertEquals(
    facts(decode(404, openAi({ message: "The model `x` does not exist" }))),
    ["not_found", 404, "model_not_found"],
  );
  assertEquals(facts(decode(404, "<html>nginx</html>")), [
    "not_found",
    404,
    "not_found",
  ]);
});

Deno.test("H7, J3, J14, K18: every known shape gives its message", () => {
  const bodies: unknown[] = [
    { error: { message: "M" } },
    { error: "M" },
    { code: "c", error: "M" },
    { object: "error", message: "M", type: "t", code: 3000 },
    { detail: "M" },
    { detail: [{ loc: ["body", "n"], msg: "M", type: "value_error" }] },
    { object: "error", message: { detail: [{ msg: "M" }] } },
    [{ error: { code: 400, message: "M", status: "INVALID_ARGUMENT" } }],
    { errors: [{ code: 7, message: "M" }] },
    { success: false, errors: [{ message: "M" }], error: null },
    { id: "x", message: "M" },
    "M",
    {
      error: {
        message: "Provider returned error",
        code: 400,
        metadata: { provider_name: "P", raw: '{"error":{"message":"M"}}' },
      },
    },
  ];
  for (const body of bodies) {
    const error = decode(400, JSON.stringify(body));
    assertEquals([error.status, error.message], [400, "M"]);
    assert(!/^[345]\d\d$/.test(error.code), error.code);
  }
});

Deno.test("K18: a numeric code that is no status becomes text", () => {
  assertEquals(decode(400, { code: 20015, message: "M" }).code, "20015");
  assertEquals(decode(400, openAi({ code: 400 })).code, "invalid_request");
});

Deno.test("J3, J11: members that clients read are kept, within bounds", () => {
  const failed = decode(
    400,
    openAi({ code: "tool_use_failed", failed_generation: "<f>" }),
  );
  assertEquals(failed.details, { failed_generation: "<f>" });
  const routed = decode(400, openAi({ metadata: { provider_name: "P" } }));
  assertEquals(routed.details, { metadata: { provider_name: "P" } });
  const huge = decode(400, openAi({ failed_generation: "x".repeat(20_000) }));
  assertEquals(huge.details, {});
});

Deno.test("K2: content that was flagged is the request's fault", () => {
  const error = decode(403, {
    error: {
      code: 403,
      message: "Your input was flagged",
      metadata: { reasons: ["violence"], flagged_input: "…" },
    },
  });
  assertEquals(facts(error), [
    "invalid_request",
    403,
    "content_policy_violation",
  ]);
  assertEquals(error.message, "Your input was flagged");
});

Deno.test("K1: HTML, empty, truncated and huge bodies give a plain message", () => {
  const bodies = [
    "",
    "<html>Bad gateway</html>",
    '{"error":{"mess',
    "null",
    "[]",
  ];
  for (const body of [...bodies, JSON.stringify("x".repeat(300_000))]) {
    const error = decode(500, body);
    assertEquals(error.message, "The provider answered with status 500");
    assertEquals(error.status, 502);
  }
});

Deno.test("K19: redirects and empty successes are 502", () => {
  for (const status of [100, 200, 204, 301, 307, 304]) {
    const error = decode(status, "");
    assertEquals(facts(error), ["upstream", 502, "upstream_invalid_response"]);
    assertStringIncludes(error.message, String(status));
  }
});

Deno.test("J2: an error in an answer with status 200 is one", () => {
  assertEquals(facts(decode(200, { error: { code: 429, message: "M" } })), [
    "rate_limit",
    429,
    "rate_limit_exceeded",
  ]);
});

Deno.test("decodeChatError() caps messages and removes control characters", () => {
  const error = decode(
    400,
    openAi({
      message: "a\r\nb\u0000c\u2028" + "😀".repeat(1000),
      code: "c".repeat(500),
    }),
  );
  assert(error.message.startsWith("a b c 😀"));
  assert(error.message.length <= 1000 && error.message.isWellFormed());
  assertEquals(error.code.length, 100);
});

Deno.test("J2: in a stream a numeric code is the HTTP status", () => {
  const cases: [unknown, unknown[]][] = [
    [{ code: 502, message: "M" }, ["upstream", 502, "upstream_error"]],
    [{ code: "429", message: "M" }, ["rate_limit", 429, "rate_limit_exceeded"]],
    [{ error: { code: 503 }, choices: [] }, [
      "overloaded",
      503,
      "upstream_overloaded",
    ]],
    [{ code: 401, message: "M" }, [
      "authentication",
      401,
      "upstream_authentication_failed",
    ]],
    [{ type: "overloaded_error" }, ["overloaded", 503, "upstream_overloaded"]],
    [{ type: "rate_limit_error" }, ["rate_limit", 429, "rate_limit_exceeded"]],
    [{ code: 200, message: "M" }, ["upstream", 502, "200"]],
    ["M", ["upstream", 502, "upstream_error"]],
    [null, ["upstream", 502, "upstream_error"]],
  ];
  for (const [value, expected] of cases) {
    assertEquals(facts(decodeChatErrorObject(value)), expected);
  }
  assertEquals(decodeChatErrorObject({ message: "M" }, 400).status, 400);
});

Deno.test("J10: Groq's error in a stream keeps status and generation", () => {
  const error = decodeChatErrorObject({
    error: {
      message: "Failed to call a function",
      type: "invalid_request_error",
      code: "tool_use_failed",
      failed_generation: "<f>",
      status_code: 400,
    },
  });
  assertEquals(facts(error), ["invalid_request", 400, "tool_use_failed"]);
  assertEquals(error.details, { failed_generation: "<f>" });
});

Deno.test("decodeChatError() never throws, whatever the body", () => {
  const names = [
    "error errors message detail code type param metadata raw",
    "failed_generation status status_code msg __proto__",
  ].join(" ").split(" ");
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "medium" },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom("API key not valid", "context length exceeded", 429),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 5 }),
    ),
  }));
  const body = fc.oneof(
    fc.uint8Array(),
    value.map((value) => new TextEncoder().encode(JSON.stringify(value))),
  );
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), body, (status, body) => {
      const error = decodeChatError(status, {}, body);
      assert(error instanceof UpstreamError);
      assert(error.status >= 400 && error.code !== "" && error.message !== "");
      const shown = JSON.parse(encodeChatError(error, "r"));
      assertEquals(shown.error.message, error.message);
    }),
    { numRuns: 500 },
  );
});

Deno.test("decodeChatError() survives JSON that is nested too deep", () => {
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  for (
    const body of [
      deep,
      `{"error":{"message":"M","metadata":${deep}}}`,
      '{"error":'.repeat(20_000) + "1" + "}".repeat(20_000),
    ]
  ) {
    assertEquals(decode(500, body).status, 502);
  }
});
