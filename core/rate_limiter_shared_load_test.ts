import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
} from "@std/assert";
import * as fc from "fast-check";
import {
  seededRandom,
  sharedLimiters,
  SlowLimitStore,
} from "./_test_limit_store.ts";
import { VirtualTime } from "./_test_limits.ts";
import { parseLimit, parseLimits } from "./rate_limit.ts";
import type { RateLimiter } from "./rate_limiter.ts";

/** The most of any window, and of the last one. */
class Meter {
  readonly #taken: { at: number; amount: number }[] = [];
  readonly #windowMs: number;
  #from = 0;
  #sum = 0;
  most = 0;
  total = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  add(at: number, amount: number): void {
    this.#taken.push({ at, amount });
    this.#sum += amount;
    this.total += amount;
    while (this.#taken[this.#from]!.at <= at - this.#windowMs) {
      this.#sum -= this.#taken[this.#from++]!.amount;
    }
    this.most = Math.max(this.most, this.#sum);
  }
}

interface Load {
  readonly limiters: readonly RateLimiter[];
  readonly time: VirtualTime;
  readonly meter: Meter;
  /** How long, and how often each limiter is asked. */
  readonly ms: number;
  readonly everyMs: () => number;
  readonly tokens?: () => number;
}

/** Has all limiters asked at their own pace; gives back how often. */
async function drive(
  { limiters, time, meter, ms, everyMs, tokens }: Load,
): Promise<number> {
  let asked = 0;
  const end = time.now() + ms;
  const next = limiters.map(() => time.now() + everyMs());
  for (;;) {
    const at = Math.min(...next);
    if (at >= end) break;
    await time.pass(Math.max(0, at - time.now()));
    const i = next.indexOf(at);
    const amount = tokens?.() ?? 1;
    asked++;
    const admission = limiters[i]!.take([
      { limit: "it", key: "a", tokens: amount },
    ]);
    if (admission.ok) {
      admission.lease.release();
      meter.add(time.now(), amount);
    }
    next[i] = at + everyMs();
  }
  await time.pass(end - time.now());
  return asked;
}

async function closeAll(
  limiters: readonly RateLimiter[],
  time: VirtualTime,
): Promise<void> {
  const closed = Promise.all(limiters.map((limiter) => limiter.close()));
  await time.pass(10_000);
  await closed;
  assertEquals(time.pending, 0);
}

const CASES = [
  ["1000/minute", 20, undefined],
  ["200/minute", 100, undefined],
  ["100000 tokens/minute", 100, 1_500],
  ["50000/hour", 30, undefined],
  ["600/minute burst 100", 30, undefined],
] as const;

for (const [limit, everyMs, size] of CASES) {
  Deno.test(`L8: two processes on one store get ${limit}, and no window 5 % more`, async () => {
    const { amount, windowMs } = parseLimit(limit);
    const random = seededRandom(7);
    const time = new VirtualTime(1.7e12 + 12_345);
    const store = new SlowLimitStore(time, () => 5 + 75 * random());
    const limiters = sharedLimiters(2, { time, store });
    for (const limiter of limiters) limiter.define("it", parseLimit(limit));
    const meter = new Meter(windowMs);
    const asked = await drive({
      limiters,
      time,
      meter,
      ms: 4 * windowMs,
      everyMs: () => everyMs * 2 * random(),
      ...(size && { tokens: () => Math.ceil(2 * size * random()) }),
    });
    await closeAll(limiters, time);
    // Whatever comes, the store has a few calls a second.
    assertGreaterOrEqual(asked, 4_000);
    assertLessOrEqual(store.calls, 2 * 4 * 4 * windowMs / 1_000);
    assertLessOrEqual(meter.most, 1.05 * amount);
    assertGreaterOrEqual(meter.total, 4 * 0.85 * amount);
  });
}

Deno.test("L8: on top of a shared limit comes at most the credit of each process", async () => {
  const scene = fc.record({
    amount: fc.integer({ min: 5, max: 400 }),
    windowMs: fc.constantFrom(1_000, 10_000, 60_000),
    processes: fc.integer({ min: 1, max: 3 }),
    delayMs: fc.integer({ min: 0, max: 300 }),
    seed: fc.nat(),
    phases: fc.array(
      fc.record({
        busy: fc.double({ min: 0.1, max: 6, noNaN: true }),
        parts: fc.integer({ min: 1, max: 10 }),
        idle: fc.integer({ min: 0, max: 10 }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  });
  await fc.assert(
    fc.asyncProperty(scene, async (scene) => {
      const { amount, windowMs, processes, delayMs, seed, phases } = scene;
      const random = seededRandom(seed);
      const time = new VirtualTime(1.7e12 + seed % 100_000);
      const store = new SlowLimitStore(time, () => 2 * delayMs * random());
      const limiters = sharedLimiters(processes, { time, store });
      for (const limiter of limiters) {
        limiter.define("it", { unit: "requests", amount, windowMs });
      }
      const meter = new Meter(windowMs);
      for (const { busy, parts, idle } of phases) {
        const each = windowMs * processes / (amount * busy);
        const everyMs = (): number => Math.ceil(each * 2 * random());
        const ms = windowMs / 6 * parts;
        await drive({ limiters, time, meter, ms, everyMs });
        await time.pass(windowMs / 6 * idle);
      }
      await closeAll(limiters, time);
      const credit = Math.max(1, Math.floor(0.025 * amount));
      assertLessOrEqual(meter.most, amount + processes * credit);
    }),
    { numRuns: 200 },
  );
});

Deno.test("a shared limit on what is under way stays a process's own, and a burst is kept", async () => {
  const time = new VirtualTime();
  const store = new SlowLimitStore(time, () => 10);
  const limiters = sharedLimiters(2, { time, store });
  for (const limiter of limiters) {
    limiter.define("it", parseLimits(["60/minute burst 3", "2 concurrent"]));
    const asks = [{ limit: "it", key: "a" }];
    const first = limiter.take(asks);
    await time.pass(20);
    const second = limiter.take(asks);
    const third = limiter.take(asks);
    assert(first.ok && second.ok && !third.ok);
    assertEquals(third.unit, "concurrent");
    first.lease.release();
    second.lease.release();
    await time.pass(100);
    assert(limiter.take(asks).ok);
    assertEquals(limiter.take(asks).ok, false);
  }
  await closeAll(limiters, time);
});
