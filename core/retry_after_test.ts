import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { retryAfterHeaders, retryDelay } from "./retry_after.ts";

/** 2026-01-01T00:00:00Z. */
const NOW = Date.UTC(2026, 0, 1);

function delayOf(
  headers: Record<string, string>,
  body?: unknown,
): number | undefined {
  return retryDelay(headers, { body, date: NOW });
}

function gemini(retryDelay: unknown): unknown {
  const type = "type.googleapis.com/google.rpc.";
  return {
    error: {
      code: 429,
      status: "RESOURCE_EXHAUSTED",
      details: [
        { "@type": `${type}QuotaFailure`, violations: [] },
        { "@type": `${type}RetryInfo`, retryDelay },
      ],
    },
  };
}

Deno.test("U17: retryDelay() reads Retry-After in every form", () => {
  const cases: [string, number | undefined][] = [
    ["1", 1_000],
    [" 20 ", 20_000],
    ["0.5", 500],
    ["0", 0],
    ["-1", undefined],
    ["1000000000", 300_000],
    ["1e3", undefined],
    ["0x10", undefined],
    ["Infinity", undefined],
    ["", undefined],
    ["soon", undefined],
    ["garbage 5", undefined],
    ["1, 2", undefined],
    ["9".repeat(1_000), undefined],
    ["Thu, 01 Jan 2026 00:00:07 GMT", 7_000],
    ["Thursday, 01-Jan-26 00:00:07 GMT", 7_000],
    ["Thu Jan  1 00:00:07 2026", 7_000],
    ["2026-01-01T00:00:07Z", 7_000],
    ["Thu, 01 Jan 2026 09:00:00 GMT", 300_000],
    ["Wed, 21 Oct 2015 07:28:00 GMT", 0],
    ["Thu, 99 Jan 2026 00:00:07 GMT", undefined],
    ["Thu, 01 Jan 2026 00:00:07", undefined],
  ];
  for (const [value, expected] of cases) {
    assertEquals(delayOf({ "retry-after": value }), expected, value);
  }
  assertEquals(delayOf({}), undefined);
});

Deno.test("F7, K6: retry-after-ms wins where it is valid and above 0", () => {
  const cases: [ms: string, seconds: string, expected: number | undefined][] = [
    ["250", "2", 250],
    ["250.5", "2", 250.5],
    ["0", "1", 1_000],
    ["-5", "1", 1_000],
    ["soon", "1", 1_000],
    ["", "1", 1_000],
    ["0", "0", 0],
    ["0", "soon", 0],
    ["soon", "never", undefined],
    ["1000000000000", "1", 300_000],
  ];
  for (const [ms, seconds, expected] of cases) {
    const headers = { "retry-after-ms": ms, "retry-after": seconds };
    assertEquals(delayOf(headers), expected, `${ms}/${seconds}`);
  }
});

Deno.test("D26, K7: Gemini tells the time in the details of its error", () => {
  const cases: [unknown, number | undefined][] = [
    ["34.4s", 34_400],
    ["58s", 58_000],
    ["0.5s", 500],
    ["0s", 0],
    ["86400s", 300_000],
    ["-3s", undefined],
    ["s", undefined],
    ["", undefined],
    ["34", undefined],
    [34, undefined],
    [null, undefined],
    [{ seconds: 3 }, undefined],
  ];
  for (const [told, expected] of cases) {
    const body = gemini(told);
    assertEquals(delayOf({}, body), expected, String(told));
    assertEquals(delayOf({}, [body]), expected, "in an array");
    const { error } = body as { error: unknown };
    assertEquals(delayOf({}, error), expected, "the error alone");
  }
  assertEquals(delayOf({ "retry-after": "2" }, gemini("34.4s")), 2_000);
  assertEquals(delayOf({ "retry-after": "0" }, gemini("34.4s")), 34_400);
});

Deno.test("D26: only a RetryInfo counts, and only the first details are looked at", () => {
  const other = { "@type": "google.rpc.Help", retryDelay: "3s" };
  const info = {
    "@type": "type.googleapis.com/google.rpc.RetryInfo",
    retryDelay: "3s",
  };
  assertEquals(delayOf({}, { details: [other] }), undefined);
  assertEquals(delayOf({}, { details: [other, info] }), 3_000);
  const many = Array.from({ length: 100_000 }, () => other);
  assertEquals(delayOf({}, { details: [...many, info] }), undefined);
});

Deno.test("K7: OpenAI's and Anthropic's resets are read where the limit is used up", () => {
  const openai = (reset: string, remaining?: string): number | undefined =>
    delayOf({
      "x-ratelimit-reset-requests": reset,
      ...(remaining !== undefined &&
        { "x-ratelimit-remaining-requests": remaining }),
    });
  const cases: [string, number | undefined][] = [
    ["2ms", 2],
    ["1s", 1_000],
    ["7.66s", 7_660],
    ["2m59.56s", 179_560],
    ["6m0s", 300_000],
    ["1h2m3s", 300_000],
    ["12", 12_000],
    [String(NOW / 1_000 + 9), 9_000],
    [String(NOW + 9_000), 9_000],
    ["2026-01-01T00:00:09Z", 9_000],
    ["6m 0s", undefined],
    ["1s!", undefined],
    ["m", undefined],
    ["1y", undefined],
    ["-1s", undefined],
  ];
  for (const [reset, expected] of cases) {
    assertEquals(openai(reset, "0"), expected, reset);
    assertEquals(openai(reset), expected, reset);
    assertEquals(openai(reset, "3"), undefined, reset);
  }
  assertEquals(
    retryDelay({ "x-ratelimit-reset-requests": "6m0s" }, { maxMs: 1e9 }),
    360_000,
  );
  assertEquals(
    delayOf({
      "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:30Z",
      "anthropic-ratelimit-requests-remaining": "49",
      "anthropic-ratelimit-input-tokens-reset": "2026-01-01T00:00:12Z",
      "anthropic-ratelimit-input-tokens-remaining": "0",
    }),
    12_000,
  );
});

Deno.test("K7: of several limits that are used up the latest reset counts; a header that tells the time wins", () => {
  const headers = {
    "x-ratelimit-reset-requests": "2s",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-tokens": "5s",
    "x-ratelimit-remaining-tokens": "0",
  };
  assertEquals(delayOf(headers), 5_000);
  const slow = { ...headers, "x-ratelimit-reset-requests": "8s" };
  assertEquals(delayOf(slow), 8_000);
  assertEquals(delayOf({ ...headers, "retry-after": "1" }), 1_000);
});

Deno.test("retryDelay() takes any body and header for what it is, within its bound", () => {
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom("0", "-0", "1e400", "NaN", "1.", "6m0s", "٣", " "),
    fc.stringMatching(/^[0-9hms.:TZ -]{0,40}$/),
  );
  const headers = fc.record({
    "retry-after": value,
    "retry-after-ms": value,
    "x-ratelimit-reset": value,
    "x-ratelimit-reset-tokens": value,
    "anthropic-ratelimit-tokens-reset": value,
  }, { requiredKeys: [] });
  const body = fc.oneof(
    fc.jsonValue(),
    fc.jsonValue().map((details) => ({ details })),
  );
  fc.assert(
    fc.property(headers, body, (headers, body) => {
      const delay = retryDelay(headers, { body, maxMs: 60_000, date: NOW });
      assert(delay === undefined || delay >= 0 && delay <= 60_000, `${delay}`);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("retryDelay() spends no time on a hostile text", () => {
  const start = performance.now();
  for (const text of ["1".repeat(1e6), "1m".repeat(5e5), "Mon, ".repeat(2e5)]) {
    assertEquals(
      delayOf({ "retry-after": text, "x-ratelimit-reset": text }),
      undefined,
    );
  }
  assert(performance.now() - start < 10_000);
});

Deno.test("D26, K5: retryAfterHeaders() rounds up and never says 0", () => {
  const of = (ms: number): string[] => Object.values(retryAfterHeaders(ms));
  assertEquals(of(34_400), ["35", "34400"]);
  assertEquals(of(1_000), ["1", "1000"]);
  assertEquals(of(0.2), ["1", "1"]);
  assertEquals(of(0), ["1", "1"]);
  assertEquals(delayOf(retryAfterHeaders(34_400)), 34_400);
});

Deno.test("D26, J3: the time is read within an aggregator's error, too", () => {
  const raw = (retryDelay: string): string =>
    JSON.stringify({
      error: {
        details: [{
          "@type": "type.googleapis.com/google.rpc.RetryInfo",
          retryDelay,
        }],
      },
    });
  const of = (raw: unknown): number | undefined =>
    retryDelay({}, { body: { error: { code: 429, metadata: { raw } } } });
  assertEquals(of(raw("12s")), 12_000);
  assertEquals(of("ends in the middle {"), undefined);
  assertEquals(of(" ".repeat(20_000) + raw("12s")), undefined);
});
