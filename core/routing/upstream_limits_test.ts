import { assertEquals } from "@std/assert";
import { readUpstreamLimits } from "./upstream_limits.ts";

const OPTIONS = { now: 1_000, date: Date.parse("2026-01-01T00:00:00Z") };

Deno.test("readUpstreamLimits() reads OpenAI's spelling", () => {
  assertEquals(
    readUpstreamLimits({
      "x-ratelimit-limit-requests": "5000",
      "x-ratelimit-remaining-requests": "4999",
      "x-ratelimit-reset-requests": "12ms",
      "x-ratelimit-limit-tokens": "160000",
      "x-ratelimit-remaining-tokens": "159976",
      "x-ratelimit-reset-tokens": "6m0s",
    }, OPTIONS),
    {
      requests: { limit: 5000, remaining: 4999, resetAt: 1_012 },
      tokens: { limit: 160_000, remaining: 159_976, resetAt: 361_000 },
    },
  );
});

Deno.test("readUpstreamLimits() reads Anthropic's spelling, with dates", () => {
  assertEquals(
    readUpstreamLimits({
      "anthropic-ratelimit-requests-limit": "1000",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2026-01-01T00:00:30Z",
      "anthropic-ratelimit-input-tokens-limit": "80000",
      "anthropic-ratelimit-input-tokens-remaining": "79000",
      "anthropic-ratelimit-input-tokens-reset": "2025-12-31T23:59:00Z",
    }, OPTIONS),
    {
      requests: { limit: 1000, remaining: 0, resetAt: 31_000 },
      tokens: { limit: 80_000, remaining: 79_000, resetAt: 1_000 },
    },
  );
});

Deno.test("H8: readUpstreamLimits() reads Mistral's spelling, which tells no reset: a minute", () => {
  assertEquals(
    readUpstreamLimits({
      "x-ratelimit-limit-req-minute": "720",
      "x-ratelimit-remaining-req-minute": "717",
      "x-ratelimit-limit-tokens-minute": "5000000",
      "x-ratelimit-remaining-tokens-minute": "4999911",
    }, OPTIONS),
    {
      requests: { limit: 720, remaining: 717, resetAt: 61_000 },
      tokens: { limit: 5_000_000, remaining: 4_999_911, resetAt: 61_000 },
    },
  );
});

Deno.test("readUpstreamLimits() reads Azure's spelling, which tells no limit", () => {
  assertEquals(
    readUpstreamLimits({
      "x-ratelimit-remaining-requests": "79",
      "x-ratelimit-remaining-tokens": "61353",
    }, OPTIONS),
    {
      requests: { limit: undefined, remaining: 79, resetAt: 61_000 },
      tokens: { limit: undefined, remaining: 61_353, resetAt: 61_000 },
    },
  );
});

Deno.test("F8: -1, and a limit of 0, mean that the limit is not known", () => {
  for (
    const [limit, remaining] of [["-1", "-1"], ["-1", "0"], ["0", "0"]] as const
  ) {
    assertEquals(
      readUpstreamLimits({
        "x-ratelimit-limit-tokens": limit,
        "x-ratelimit-remaining-tokens": remaining,
        "x-ratelimit-reset-tokens": "0",
      }, OPTIONS),
      undefined,
    );
  }
});

Deno.test("readUpstreamLimits() passes over what is no number and believes no far reset", () => {
  for (const remaining of ["", "many", "1e9", " 5", "9".repeat(400)]) {
    const headers = { "x-ratelimit-remaining-requests": remaining };
    assertEquals(readUpstreamLimits(headers, OPTIONS), undefined);
  }
  const status = readUpstreamLimits({
    "x-ratelimit-remaining-requests": "5",
    "x-ratelimit-reset-requests": "9999999h",
  }, OPTIONS);
  assertEquals(status?.requests?.resetAt, 86_401_000);
  assertEquals(readUpstreamLimits({}, OPTIONS), undefined);
});
