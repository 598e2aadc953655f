import { assertEquals } from "@std/assert";
import type { LimitStatus } from "./admission.ts";
import { parseReset } from "./_durations.ts";
import { formatSpan, rateLimitHeaders } from "./rate_limit_headers.ts";

const HEAD = { name: "it", key: "a" };
const STATUSES: readonly LimitStatus[] = [
  { ...HEAD, unit: "requests", limit: 100, remaining: 40, resetMs: 59_100 },
  { ...HEAD, unit: "requests", limit: 9_000, remaining: 7, resetMs: 360_000 },
  { ...HEAD, unit: "requests", limit: 50, remaining: 7, resetMs: 2 },
  { ...HEAD, unit: "tokens", limit: 5_000, remaining: 0, resetMs: 0.5 },
  { ...HEAD, unit: "concurrent", limit: 8, remaining: 0, resetMs: 1_000 },
];

Deno.test("rateLimitHeaders() tells the tightest limit of each unit as OpenAI does", () => {
  assertEquals(rateLimitHeaders(STATUSES), {
    "x-ratelimit-limit-requests": "9000",
    "x-ratelimit-remaining-requests": "7",
    "x-ratelimit-reset-requests": "6m0s",
    "x-ratelimit-limit-tokens": "5000",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "1ms",
  });
});

Deno.test("rateLimitHeaders() tells times as Anthropic does", () => {
  const date = Date.UTC(2026, 0, 31, 23, 59, 59, 1);
  assertEquals(rateLimitHeaders(STATUSES, { dialect: "anthropic", date }), {
    "anthropic-ratelimit-requests-limit": "9000",
    "anthropic-ratelimit-requests-remaining": "7",
    "anthropic-ratelimit-requests-reset": "2026-02-01T00:06:00Z",
    "anthropic-ratelimit-tokens-limit": "5000",
    "anthropic-ratelimit-tokens-remaining": "0",
    "anthropic-ratelimit-tokens-reset": "2026-02-01T00:00:00Z",
  });
});

Deno.test("rateLimitHeaders() tells when to come again, in whole seconds from 1 on", () => {
  const waits: [number, string, string][] = [
    [1, "1", "1"],
    [1_000, "1", "1000"],
    [1_001, "2", "1001"],
    [86_400_000, "86400", "86400000"],
  ];
  for (const [retryAfterMs, seconds, ms] of waits) {
    assertEquals(rateLimitHeaders([], { retryAfterMs }), {
      "retry-after": seconds,
      "retry-after-ms": ms,
    });
  }
  assertEquals(rateLimitHeaders([], { retryAfterMs: Infinity }), {
    "x-should-retry": "false",
  });
  assertEquals(rateLimitHeaders([]), {});
});

Deno.test("formatSpan() writes spans that are read back as they were, in whole ms", () => {
  const spans: [number, string][] = [
    [0, "0s"],
    [-5, "0s"],
    [2, "2ms"],
    [999.2, "1s"],
    [1_000, "1s"],
    [1_500, "1.5s"],
    [59_999, "59.999s"],
    [60_000, "1m0s"],
    [360_000, "6m0s"],
    [90_061, "1m30.061s"],
    [86_400_000, "24h0m0s"],
    [3_661_001, "1h1m1.001s"],
  ];
  for (const [ms, text] of spans) {
    assertEquals(formatSpan(ms), text);
    const back = parseReset(text, 0) ?? NaN;
    assertEquals(Math.round(back), Math.max(0, Math.ceil(ms)));
  }
});
