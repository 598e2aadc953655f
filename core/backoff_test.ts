import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Backoff, decorrelatedJitter, fullJitter } from "./backoff.ts";

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("fullJitter() spreads each wait over the whole span below its bound", () => {
  const backoff = fullJitter({ baseMs: 100, maxMs: 1_000 });
  const bounds = [100, 200, 400, 800, 1_000, 1_000];
  bounds.forEach((bound, index) => {
    const step = { retry: index + 1, previousMs: 0 };
    assertEquals(backoff({ ...step, random: () => 0 }), 0);
    assertEquals(backoff({ ...step, random: () => 0.25 }), bound / 4);
  });
});

Deno.test("decorrelatedJitter() draws from the base to three times the wait before", () => {
  const backoff = decorrelatedJitter({ baseMs: 100, maxMs: 1_000 });
  const at = (previousMs: number, random: number): number =>
    backoff({ retry: 1, previousMs, random: () => random });
  assertEquals(at(0, 0), 100);
  assertEquals(at(0, 1), 300);
  assertEquals(at(200, 0), 100);
  assertEquals(at(200, 1), 600);
  assertEquals(at(900, 1), 1_000);
});

Deno.test("both stay within their bounds, whatever was drawn", () => {
  const kinds: [Backoff, number][] = [
    [fullJitter({ baseMs: 50, maxMs: 700 }), 0],
    [decorrelatedJitter({ baseMs: 50, maxMs: 700 }), 50],
  ];
  for (const [backoff, least] of kinds) {
    fc.assert(fc.property(fc.array(share, { maxLength: 50 }), (draws) => {
      let previousMs = 0;
      draws.forEach((drawn, index) => {
        const retry = index + 1;
        const ms = backoff({ retry, previousMs, random: () => drawn });
        assert(ms >= least && ms <= 700, `${ms}`);
        previousMs = ms;
      });
    }));
  }
});

Deno.test("both refuse bounds that make no sense", () => {
  for (const make of [fullJitter, decorrelatedJitter]) {
    for (
      const options of [
        { baseMs: -1 },
        { baseMs: NaN },
        { baseMs: 10, maxMs: 9 },
        { maxMs: Infinity },
      ]
    ) assertThrows(() => make(options), RangeError, "Cannot back off");
  }
});
