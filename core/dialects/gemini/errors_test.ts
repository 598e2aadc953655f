import { assert, assertEquals } from "@std/assert";
import type { UpstreamError } from "../../errors.ts";
import { decodeErrorAnswer, decodeErrorObject } from "./errors.ts";

function decode(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): UpstreamError {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return decodeErrorAnswer({
    status,
    headers,
    body: new TextEncoder().encode(text),
  });
}

function google(code: number, status: string, message = "M"): object {
  return { error: { code, message, status } };
}

Deno.test("D27, O7: Google's codes become our classes, its words stay", () => {
  const expected: readonly (readonly [number, string, string, number])[] = [
    [400, "INVALID_ARGUMENT", "invalid_request", 400],
    [400, "FAILED_PRECONDITION", "invalid_request", 400],
    [400, "OUT_OF_RANGE", "invalid_request", 400],
    [401, "UNAUTHENTICATED", "authentication", 401],
    [403, "PERMISSION_DENIED", "permission", 403],
    [404, "NOT_FOUND", "not_found", 404],
    [409, "ABORTED", "overloaded", 409],
    [429, "RESOURCE_EXHAUSTED", "rate_limit", 429],
    [499, "CANCELLED", "upstream", 502],
    [500, "INTERNAL", "upstream", 502],
    [503, "UNAVAILABLE", "overloaded", 503],
    [504, "DEADLINE_EXCEEDED", "timeout", 504],
  ];
  for (const [code, word, kind, status] of expected) {
    const whole = decode(code, google(code, word));
    assertEquals([whole.kind as string, whole.status], [kind, status]);
    const streamed = decodeErrorObject(google(code, word));
    assertEquals([streamed.kind as string, streamed.status], [kind, status]);
    const isOurs = kind === "authentication" || kind === "permission";
    assertEquals(whole.message === "M", !isOurs);
  }
});

Deno.test("D25, K4: a bad key that comes as a 400 is the gateway's credential", () => {
  const body = google(400, "INVALID_ARGUMENT", "API key not valid. Try again");
  const withReason = {
    error: {
      ...(body as { error: object }).error,
      message: "Odd",
      details: [{
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        reason: "API_KEY_INVALID",
        domain: "googleapis.com",
      }],
    },
  };
  for (const value of [body, withReason, [withReason]]) {
    const error = decode(400, value);
    assertEquals([error.kind as string, error.status, error.code], [
      "authentication",
      401,
      "upstream_authentication_failed",
    ]);
    assert(!error.message.includes("API key"));
  }
});

Deno.test("D26, K5, K7: the time to wait in the body becomes headers", () => {
  const body = {
    error: {
      code: 429,
      message: "Quota exceeded",
      status: "RESOURCE_EXHAUSTED",
      details: [
        { "@type": "type.googleapis.com/google.rpc.QuotaFailure" },
        {
          "@type": "type.googleapis.com/google.rpc.RetryInfo",
          retryDelay: "34.4s",
        },
      ],
    },
  };
  for (const value of [body, [body]]) {
    assertEquals(decode(429, value).headers, {
      "retry-after": "35",
      "retry-after-ms": "34400",
    });
  }
  assertEquals(decode(429, body, { "retry-after": "2" }).headers, {
    "retry-after": "2",
  });
  assertEquals(decode(429, google(429, "RESOURCE_EXHAUSTED")).headers, {});
});

Deno.test("D27, K18: errors come in an array, as a text, or bare", () => {
  const one = google(503, "UNAVAILABLE", "The model is overloaded");
  assertEquals(decode(503, [one]).message, "The model is overloaded");
  assertEquals(decode(400, { error: "Bad" }).message, "Bad");
  assertEquals(decode(400, { message: "Bare" }).message, "Bare");
});

Deno.test("K15: a context that is too long has OpenAI's code", () => {
  const said =
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).";
  const error = decode(400, google(400, "INVALID_ARGUMENT", said));
  assertEquals(
    [error.status, error.code, error.param],
    [400, "context_length_exceeded", "messages"] as unknown[],
  );
  const size = "Request payload size exceeds the limit: 20971520 bytes.";
  assertEquals(decode(400, google(400, "INVALID_ARGUMENT", size)).status, 413);
});

Deno.test("K16: an unknown model is told from an unknown address", () => {
  const said =
    "models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.";
  const error = decode(404, google(404, "NOT_FOUND", said));
  assertEquals([error.code, error.param], ["model_not_found", "model"]);
  assertEquals(
    decode(404, google(404, "NOT_FOUND", "Not here")).code,
    "not_found_error",
  );
});

Deno.test("K9: an account without credit is no limit that passes", () => {
  const spent = "Your prepayment credits are depleted.";
  assertEquals(
    decode(429, google(429, "RESOURCE_EXHAUSTED", spent)).code,
    "insufficient_quota",
  );
  const common =
    "You exceeded your current quota, please check your plan and billing details.";
  assertEquals(
    decode(429, google(429, "RESOURCE_EXHAUSTED", common)).code,
    "rate_limit_exceeded",
  );
  const place = "User location is not supported for the API use.";
  assertEquals(
    decode(400, google(400, "FAILED_PRECONDITION", place)).kind,
    "permission",
  );
});

Deno.test("K1, K19: whatever body comes, there is an error of the status' class", () => {
  for (const body of ["", "<html>", "{", "null", "[]", "[null]", '"x"', "{}"]) {
    assertEquals(decode(500, body).kind, "upstream");
    assertEquals(decode(503, body).kind, "overloaded");
    assertEquals(decode(429, body).kind, "rate_limit");
    assertEquals(decode(401, body).kind, "authentication");
    assertEquals(decode(418, body).status, 418);
    assertEquals(decode(302, body).code, "upstream_invalid_response");
    assertEquals(decode(200, body).code, "upstream_invalid_response");
  }
  const inside = decode(200, [google(429, "RESOURCE_EXHAUSTED")]);
  assertEquals(inside.kind, "rate_limit");
  assertEquals(decodeErrorObject(null).kind, "upstream");
});

Deno.test("K3: keys never reach a message, nor a proxy's page", () => {
  const key = "AIzaSyA1234567890abcdefghij";
  const said = `Bad request for ?key=secret and ${key}\u0000and ya29.abc-def`;
  const { message } = decode(400, google(400, "INVALID_ARGUMENT", said));
  assertEquals(message, "Bad request for ?key=… and AIza… and ya29.…");
  assertEquals(
    decode(502, { message: "nginx at 10.0.0.1" }).message,
    "The provider answered with status 502",
  );
});
