import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { costOf, picoDollars, type PricedUsage } from "./cost.ts";
import { decimalToInteger, makePrice, type PriceRates } from "./model_price.ts";

/** Prices as price lists have them: up to six decimals. */
const rate = fc.integer({ min: 0, max: 200_000_000 })
  .map((millionths) => Number(`${millionths}e-6`));
const some = fc.option(rate, { nil: undefined });

const rates: fc.Arbitrary<PriceRates> = fc.record({
  input: rate,
  output: rate,
  cachedInput: some,
  cacheWrite: some,
  cacheWrite1h: some,
  reasoning: some,
  audioInput: some,
  cachedAudio: some,
  audioOutput: some,
  imageInput: some,
  cachedImage: some,
  imageOutput: some,
  webSearch: some,
  request: some,
});

const tokens = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 2_000 }),
  fc.integer({ min: 0, max: 3_000_000 }),
);

/** How many tokens, or calls, there are of each kind; no token is of two. */
const parts = fc.record({
  text: tokens,
  audio: tokens,
  image: tokens,
  cachedText: tokens,
  cachedAudio: tokens,
  cachedImage: tokens,
  write5m: tokens,
  write1h: tokens,
  words: tokens,
  thought: tokens,
  spoken: tokens,
  drawn: tokens,
  searches: fc.integer({ min: 0, max: 50 }),
});
type Parts = typeof parts extends fc.Arbitrary<infer T> ? T : never;

/** The same as a provider's report. */
function usageOf(part: Parts, serviceTier: string | undefined): PricedUsage {
  const cached = part.cachedText + part.cachedAudio + part.cachedImage;
  return {
    input: part.text + part.audio + part.image + cached + part.write5m +
      part.write1h,
    cached,
    cacheWrite: part.write5m + part.write1h,
    cacheWrite1h: part.write1h,
    output: part.words + part.thought + part.spoken + part.drawn,
    reasoning: part.thought,
    details: {
      audioInput: part.audio + part.cachedAudio,
      cachedAudio: part.cachedAudio,
      imageInput: part.image + part.cachedImage,
      cachedImage: part.cachedImage,
      audioOutput: part.spoken,
      imageOutput: part.drawn,
      webSearches: part.searches,
      ...(serviceTier !== undefined && { serviceTier }),
    },
  };
}

/** A fraction of whole numbers. */
type Rational = readonly [bigint, bigint];

/** A decimal as it is written, as a fraction. */
function rational(value: number): Rational {
  const text = value.toFixed(12);
  return [BigInt(text.replace(".", "")), 1_000_000_000_000n];
}

function sum(terms: readonly Rational[]): Rational {
  return terms.reduce<Rational>(
    ([n, d], [m, e]) => [n * e + m * d, d * e],
    [0n, 1n],
  );
}

/** The exact cost in US dollars, term by term. */
function exactCost(part: Parts, r: PriceRates, factor: number): Rational {
  const [fn, fd] = rational(factor);
  const perToken = (count: number, price: number): Rational => {
    const [n, d] = rational(price);
    return [BigInt(count) * n * fn, d * 1_000_000n * fd];
  };
  const perCall = (count: number, price: number): Rational => {
    const [n, d] = rational(price);
    return [BigInt(count) * n, d];
  };
  const { cachedInput = r.input, cacheWrite = r.input } = r;
  return sum([
    perToken(part.text, r.input),
    perToken(part.audio, r.audioInput ?? r.input),
    perToken(part.image, r.imageInput ?? r.input),
    perToken(part.cachedText, cachedInput),
    perToken(part.cachedAudio, r.cachedAudio ?? cachedInput),
    perToken(part.cachedImage, r.cachedImage ?? cachedInput),
    perToken(part.write5m, cacheWrite),
    perToken(part.write1h, r.cacheWrite1h ?? cacheWrite),
    perToken(part.words, r.output),
    perToken(part.thought, r.reasoning ?? r.output),
    perToken(part.spoken, r.audioOutput ?? r.output),
    perToken(part.drawn, r.imageOutput ?? r.output),
    perCall(part.searches, r.webSearch ?? 0),
    perCall(1, r.request ?? 0),
  ]);
}

Deno.test("A5, N10, N11, N12, N15: the cost of usage of every kind is the exact rational one, difference 0", () => {
  fc.assert(
    fc.property(
      parts,
      rates,
      rates,
      fc.integer({ min: 0, max: 8_000_000 }),
      fc.constantFrom(undefined, "batch", "flex", "other"),
      (part, base, long, above, tier) => {
        const usage = usageOf(part, tier);
        const price = makePrice({
          rates: base,
          tiers: [{ above, rates: long }],
          factors: { batch: 0.5, flex: 0.25 },
          source: "test",
          version: "1",
        });
        const applied = usage.input > above ? long : base;
        const factor = tier === "batch" ? 0.5 : tier === "flex" ? 0.25 : 1;
        const [n, d] = exactCost(part, applied, factor);
        const pico = n * 1_000_000_000_000n;
        // A quarter of a pico-dollar is not whole: rounded once, half up.
        assertEquals(costOf(usage, price), (2n * pico + d) / (2n * d));
        if (factor === 1) assertEquals(pico % d, 0n);
      },
    ),
    { numRuns: 2_000 },
  );
});

Deno.test("A5: a million additions come to what they come to", () => {
  const price = makePrice({
    rates: { input: 0.0375, output: 0.15 },
    source: "test",
    version: "1",
  });
  let all = 0n;
  for (let i = 0; i < 1_000_000; i++) {
    all += costOf({ input: i % 7, output: i % 3 }, price);
  }
  let input = 0;
  let output = 0;
  for (let i = 0; i < 1_000_000; i++) {
    input += i % 7;
    output += i % 3;
  }
  assertEquals(all, costOf({ input, output }, price));
});

Deno.test("costOf() counts no token twice when parts claim more than the whole", () => {
  const price = makePrice({
    rates: { input: 1, cachedInput: 0.5, output: 1, reasoning: 2 },
    source: "test",
    version: "1",
  });
  const odd = {
    input: 10,
    cached: 30,
    cacheWrite: 30,
    cacheWrite1h: 90,
    output: 4,
    reasoning: 9,
    details: { audioInput: 50, imageInput: 50, audioOutput: 5 },
  };
  assertEquals(costOf(odd, price), 5_000_000n + 8_000_000n);
  for (const count of [-5, NaN, Infinity, 1e300]) {
    const cost = costOf({ input: count, output: 0 }, price);
    assertEquals(cost >= 0n, true);
  }
});

Deno.test("decimalToInteger() reads a number as it is written", () => {
  assertEquals(decimalToInteger(0.1, 6), 100_000n);
  assertEquals(decimalToInteger(1e-7, 6), 0n);
  assertEquals(decimalToInteger(5e-7, 6), 1n);
  assertEquals(decimalToInteger(1e21, 0), 10n ** 21n);
  assertEquals(decimalToInteger(1.5e21, 1), 15n * 10n ** 21n);
  assertEquals(decimalToInteger(0.08333333333333334, 18), 83333333333333340n);
  assertThrows(() => decimalToInteger(-1, 6), RangeError);
  assertThrows(() => decimalToInteger(NaN, 6), RangeError);
});

Deno.test("picoDollars() reads what providers charge", () => {
  assertEquals(picoDollars(0.000847), 847_000_000n);
  assertEquals(picoDollars(-1), 0n);
});
