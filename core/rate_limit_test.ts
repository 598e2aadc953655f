import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { checkLimit, parseLimit, parseLimits } from "./rate_limit.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

Deno.test("parseLimit() reads requests, tokens, bursts and slots", () => {
  const unit = "requests" as const;
  assertEquals(parseLimit("100/minute"), {
    unit,
    amount: 100,
    windowMs: MINUTE,
  });
  assertEquals(parseLimit(" 10 / SECOND "), {
    unit,
    amount: 10,
    windowMs: 1_000,
  });
  assertEquals(parseLimit("1 request/day burst 3"), {
    unit,
    amount: 1,
    windowMs: 24 * HOUR,
    burst: 3,
  });
  assertEquals(parseLimit("5000 tokens/hour"), {
    unit: "tokens",
    amount: 5_000,
    windowMs: HOUR,
  });
  assertEquals(parseLimit("8 concurrent"), {
    unit: "concurrent",
    amount: 8,
    windowMs: 0,
  });
});

Deno.test("parseLimit() keeps the rate of a number with a fraction", () => {
  const unit = "requests" as const;
  assertEquals(parseLimit("0.5/second"), { unit, amount: 1, windowMs: 2_000 });
  assertEquals(parseLimit("1.5/minute"), { unit, amount: 2, windowMs: 80_000 });
});

Deno.test("parseLimit() says how a limit is written when it is none", () => {
  const texts = [
    "",
    "fast",
    "100",
    "100/week",
    "-1/minute",
    "1e3/minute",
    "100 beans/minute",
    "100/minute burst",
    "1.5 concurrent",
    "9".repeat(200) + "/minute",
  ];
  for (const text of texts) {
    const error = assertThrows(() => parseLimit(text), SyntaxError) as Error;
    assertStringIncludes(error.message, "'100/minute'");
  }
});

Deno.test("parseLimit() refuses numbers that make no sense", () => {
  const texts = [
    "0/minute",
    "0 concurrent",
    "5/minute burst 0",
    "99999999999999999/day",
    "0.00000001/day",
  ];
  for (const text of texts) assertThrows(() => parseLimit(text), RangeError);
});

Deno.test("parseLimit() throws nothing but what it says, whatever the text", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^[\d. ]+\/\w+$/)),
      (text) => {
        try {
          checkLimit(parseLimit(text));
        } catch (error) {
          const isKnown = error instanceof SyntaxError ||
            error instanceof RangeError;
          if (!isKnown) throw error;
        }
      },
    ),
  );
});

Deno.test("parseLimits() reads names, texts and lists of both", () => {
  const limits = parseLimits([
    {
      requests_per_minute: 600,
      tokens_per_day: 1e6,
      requests_per_hour: undefined,
    },
    "10/second burst 20",
    { concurrent: 4 },
  ]);
  assertEquals(limits, [
    { unit: "requests", amount: 600, windowMs: MINUTE },
    { unit: "tokens", amount: 1e6, windowMs: 24 * HOUR },
    { unit: "requests", amount: 10, windowMs: 1_000, burst: 20 },
    { unit: "concurrent", amount: 4, windowMs: 0 },
  ]);
  assertEquals(parseLimits("1/hour").length, 1);
  assertEquals(parseLimits({}), []);
});

Deno.test("parseLimits() reads what is left of ten a day when told per minute", () => {
  const [limit] = parseLimits({ requests_per_minute: 10 / 1_440 });
  assertEquals(limit, { unit: "requests", amount: 1, windowMs: 144 * MINUTE });
});

Deno.test("parseLimits() names what is unknown or no number", () => {
  const unknown = JSON.parse('{"requests_per_week": 1}');
  const error = assertThrows(() => parseLimits(unknown), TypeError) as Error;
  assertStringIncludes(error.message, "'requests_per_week'");
  for (const name of ["concurrent", "tokens_per_minute"]) {
    const wrong = JSON.parse(`{"${name}": "5"}`);
    assertThrows(() => parseLimits(wrong), TypeError);
    assertThrows(() => parseLimits({ [name]: NaN }), RangeError);
    assertThrows(() => parseLimits({ [name]: -1 }), RangeError);
    assertThrows(() => parseLimits({ [name]: 0 }), RangeError);
    assertThrows(() => parseLimits({ [name]: Infinity }), RangeError);
  }
});

Deno.test("checkLimit() refuses windows and bursts that make no sense", () => {
  const limit = { unit: "tokens", amount: 5, windowMs: MINUTE } as const;
  assertEquals(checkLimit(limit), limit);
  const wrong = [
    { ...limit, windowMs: 0 },
    { ...limit, windowMs: 1.5 },
    { ...limit, windowMs: 32 * 24 * HOUR },
    { ...limit, amount: 1.5 },
    { ...limit, burst: 0 },
    { ...limit, burst: 0.5 },
    { ...limit, unit: "concurrent" as const },
  ];
  for (const one of wrong) assertThrows(() => checkLimit(one), RangeError);
});
