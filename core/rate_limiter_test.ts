import { assert, assertEquals, assertThrows } from "@std/assert";
import { VirtualTime } from "./_test_limits.ts";
import type { LimitAsk } from "./admission.ts";
import { parseLimits } from "./rate_limit.ts";
import type { RateLimitLease } from "./rate_limit_lease.ts";
import { RateLimiter, type RateLimiterOptions } from "./rate_limiter.ts";

const MINUTE = 60_000;

/** A limiter with limits by the name `it`, and the time it goes by. */
function limiterOf(
  limits: string | readonly string[],
  options: RateLimiterOptions = {},
): { limiter: RateLimiter; time: VirtualTime } {
  const time = new VirtualTime(1_000_000);
  const limiter = new RateLimiter({ now: time.now, ...options });
  limiter.define("it", parseLimits(limits));
  return { limiter, time };
}

function ask(key = "a", tokens = 0): LimitAsk[] {
  return [{ limit: "it", key, tokens }];
}

/** How many of so many requests are admitted. */
function admitted(limiter: RateLimiter, count: number, key = "a"): number {
  let sum = 0;
  for (let i = 0; i < count; i++) if (limiter.take(ask(key)).ok) sum++;
  return sum;
}

function leaseOf(limiter: RateLimiter, asks: LimitAsk[]): RateLimitLease {
  const admission = limiter.take(asks);
  assert(admission.ok);
  return admission.lease;
}

function remaining(limiter: RateLimiter, key = "a"): number[] {
  return limiter.status(ask(key)).map(({ remaining }) => remaining);
}

Deno.test("take() admits a burst up to the limit, and as much again after a window", async () => {
  const { limiter, time } = limiterOf("100/minute");
  for (let round = 0; round < 5; round++) {
    assertEquals(admitted(limiter, 150), 100);
    await time.pass(MINUTE - 1);
    assertEquals(admitted(limiter, 10), 0);
    await time.pass(1);
  }
});

Deno.test("take() never refuses who keeps to 12/13 of a limit, evenly", async () => {
  const { limiter, time } = limiterOf("130/minute");
  for (let i = 0; i < 500; i++) {
    assert(limiter.take(ask()).ok, `request ${i}`);
    await time.pass(MINUTE / 120);
  }
});

Deno.test("take() admits a burst and then at the rate, with a bucket", async () => {
  const { limiter, time } = limiterOf("60/minute burst 10");
  assertEquals(admitted(limiter, 50), 10);
  let sum = 10;
  for (let second = 0; second < 60; second++) {
    await time.pass(1_000);
    sum += admitted(limiter, 5);
  }
  assertEquals(sum, 70);
  await time.pass(MINUTE);
  assertEquals(admitted(limiter, 50), 10);
});

Deno.test("take() keeps keys and names apart", () => {
  const { limiter } = limiterOf("1/minute");
  limiter.define("other", parseLimits("1/minute"));
  const keys = ["a", "b", "", "__proto__", "constructor", "toString", "é"];
  for (const key of keys) assertEquals(admitted(limiter, 2, key), 1);
  for (const key of keys) assert(limiter.take([{ limit: "other", key }]).ok);
});

Deno.test("take() takes all limits together or none", () => {
  const { limiter } = limiterOf([
    "5/minute",
    "1000 tokens/minute",
    "2 concurrent",
  ]);
  limiter.define("small", parseLimits("1/minute"));
  const small = { limit: "small", key: "s" };
  leaseOf(limiter, [...ask("a", 100), small]);
  for (let i = 0; i < 10; i++) {
    const refusal = limiter.take([...ask("a", 100), small]);
    assert(!refusal.ok);
    assertEquals([refusal.limit, refusal.key], ["small", "s"]);
  }
  assertEquals(remaining(limiter), [4, 900, 1]);
});

Deno.test("take() tells the limit that lets wait longest", async () => {
  const { limiter, time } = limiterOf(["2/minute", "3/hour"]);
  assertEquals(admitted(limiter, 9), 2);
  const refusal = limiter.take(ask());
  assert(!refusal.ok);
  assertEquals(refusal.retryAfterMs, MINUTE);
  await time.pass(6 * MINUTE);
  assertEquals(admitted(limiter, 9), 1);
  const longer = limiter.take(ask());
  assert(!longer.ok);
  assertEquals(longer.retryAfterMs, 54 * MINUTE);
});

Deno.test("take() counts twice what is asked for twice", () => {
  const { limiter } = limiterOf(["3/minute", "100 tokens/minute"]);
  assert(limiter.take([...ask("a", 30), ...ask("a", 30)]).ok);
  assertEquals(remaining(limiter), [1, 40]);
  assert(!limiter.take([...ask("a"), ...ask("a")]).ok);
  assertEquals(remaining(limiter), [1, 40]);
});

Deno.test("take() refuses for ever what is larger than the limit", () => {
  for (const limit of ["100 tokens/minute", "10 tokens/minute burst 100"]) {
    const { limiter } = limiterOf(limit);
    const refusal = limiter.take(ask("a", 101));
    assert(!refusal.ok);
    assertEquals(refusal.retryAfterMs, Infinity);
    assert(limiter.take(ask("a", 100)).ok);
  }
});

Deno.test("take() and status() refuse names that are not defined, and tokens that are no number", () => {
  const { limiter } = limiterOf("1/minute");
  const nowhere = [{ limit: "nowhere", key: "a" }];
  assertThrows(() => limiter.take(nowhere), RangeError, "'nowhere'");
  assertThrows(() => limiter.status(nowhere), RangeError, "'nowhere'");
  for (const tokens of [NaN, -1, Infinity]) {
    assertThrows(() => limiter.take(ask("a", tokens)), RangeError, "tokens");
  }
  assertEquals(limiter.take([]).ok, true);
});

Deno.test("settle() gives back what was reserved and not used", () => {
  for (const limit of ["1000 tokens/minute", "1000 tokens/minute burst 1000"]) {
    const { limiter } = limiterOf(limit);
    const lease = leaseOf(limiter, ask("a", 900));
    assertEquals(remaining(limiter), [100]);
    lease.settle({ tokens: 150 });
    assertEquals(remaining(limiter), [850]);
  }
});

Deno.test("settle() charges what was used on top, also when the window is over", async () => {
  for (const limit of ["1000 tokens/minute", "1000 tokens/minute burst 1000"]) {
    const { limiter, time } = limiterOf(limit);
    const lease = leaseOf(limiter, ask("a", 100));
    const late = leaseOf(limiter, ask("a", 100));
    lease.settle({ tokens: 1_500 });
    assertEquals(remaining(limiter), [0]);
    assert(!limiter.take(ask("a")).ok, "in debt");
    await time.pass(5 * MINUTE);
    assertEquals(remaining(limiter), [1_000]);
    limiter.sweep();
    assertEquals(limiter.size, 0);
    late.settle({ tokens: 700 });
    assertEquals(remaining(limiter), [400]);
  }
});

Deno.test("settle() gives nothing back of what no longer counts", async () => {
  for (const limit of ["1000 tokens/minute", "1000 tokens/minute burst 1000"]) {
    const { limiter, time } = limiterOf(limit);
    const lease = leaseOf(limiter, ask("a", 900));
    await time.pass(5 * MINUTE);
    limiter.sweep();
    leaseOf(limiter, ask("a", 600));
    lease.settle({ tokens: 0 });
    assertEquals(remaining(limiter), [400]);
  }
});

Deno.test("settle() gives nothing back twice after its key was forgotten in between", async () => {
  const { limiter, time } = limiterOf("1000 tokens/minute burst 1000");
  const first = leaseOf(limiter, ask("a", 900));
  first.settle({ tokens: 0 });
  const late = leaseOf(limiter, ask("a", 100));
  await time.pass(MINUTE / 10);
  limiter.sweep();
  assertEquals(limiter.size, 0);
  leaseOf(limiter, ask("a", 500));
  late.settle({ tokens: 0 });
  assertEquals(remaining(limiter), [500]);
});

Deno.test("a debt lets wait no longer than a window and what a bucket holds", async () => {
  const { limiter, time } = limiterOf("60 tokens/minute burst 10");
  leaseOf(limiter, ask("a", 10)).settle({ tokens: 1e15 });
  assert(!limiter.take(ask("a")).ok);
  await time.pass(MINUTE + 10_000);
  assert(limiter.take(ask("a", 10)).ok);
});

Deno.test("raise() sets aside more for a request that is larger than was thought, and settle() counts all of it", () => {
  for (const limit of ["1000 tokens/minute", "1000 tokens/minute burst 1000"]) {
    const { limiter } = limiterOf([limit, "2 concurrent"]);
    const lease = leaseOf(limiter, ask("a", 100));
    lease.raise({ tokens: 50 });
    assertEquals(remaining(limiter), [900, 1]);
    lease.raise({ tokens: 700 });
    lease.raise({ tokens: 700 });
    assertEquals(remaining(limiter), [300, 1]);
    assert(!limiter.take(ask("a", 400)).ok);
    lease.settle({ tokens: 450 });
    assertEquals(remaining(limiter), [550, 2]);
    for (const [reserved, raised, used] of [[100, 300, 40], [50, 90, 200]]) {
      const before = remaining(limiter)[0]!;
      const next = leaseOf(limiter, ask("a", reserved));
      next.raise({ tokens: raised! });
      next.settle({ tokens: used! });
      assertEquals(remaining(limiter), [before - used!, 2]);
    }
  }
});

Deno.test("raise() refuses nobody, and what it set aside counts where nobody tells what was used", () => {
  for (const limit of ["1000 tokens/minute", "1000 tokens/minute burst 1000"]) {
    const { limiter } = limiterOf(limit);
    const lease = leaseOf(limiter, ask("a", 100));
    lease.raise({ tokens: 5_000 });
    assertEquals(remaining(limiter), [0]);
    lease.release();
    lease.raise({ tokens: 9_000 });
    assertEquals(remaining(limiter), [0]);
    const other = leaseOf(limiter, ask("b"));
    assertThrows(() => other.raise({ tokens: NaN }), RangeError);
    other.release();
  }
});

Deno.test("settle() takes a count that cannot be as unknown", () => {
  for (const tokens of [NaN, -5, Infinity]) {
    const { limiter } = limiterOf(["1000 tokens/minute", "1 concurrent"]);
    leaseOf(limiter, ask("a", 300)).settle({ tokens });
    assertEquals(remaining(limiter), [700, 1]);
  }
});

Deno.test("release() keeps what was reserved; a lease ends once", () => {
  const { limiter } = limiterOf(["1000 tokens/minute", "1 concurrent"]);
  const lease = leaseOf(limiter, ask("a", 300));
  assertEquals(lease.ended, false);
  lease.release();
  lease.settle({ tokens: 0 });
  lease.release();
  assertEquals([lease.ended, ...remaining(limiter)], [true, 700, 1]);
  const settled = leaseOf(limiter, ask("a", 300));
  settled.settle({ tokens: 100 });
  settled.settle({ tokens: 900 });
  assertEquals(remaining(limiter), [600, 1]);
});

Deno.test("a lease is released by `using`", () => {
  const { limiter } = limiterOf("1 concurrent");
  {
    using lease = leaseOf(limiter, ask());
    assertEquals(lease.ended, false);
    assert(!limiter.take(ask()).ok);
  }
  assert(limiter.take(ask()).ok);
});

Deno.test("tokens of 0 are refused only while more than the limit is used", () => {
  const { limiter } = limiterOf("100 tokens/minute");
  const first = leaseOf(limiter, ask());
  first.settle({ tokens: 100 });
  leaseOf(limiter, ask()).settle({ tokens: 1 });
  assert(!limiter.take(ask()).ok);
});

Deno.test("limits too large for 32 bits are kept in coarser counts, rounded up", () => {
  const { limiter } = limiterOf("10000000001 tokens/day");
  const [status] = limiter.status(ask());
  assert(status && status.limit <= 10_000_000_001 && status.limit > 9.99e9);
  leaseOf(limiter, ask("a", 1)).settle({ tokens: 9e9 });
  assert(!limiter.take(ask("a", 1.1e9)).ok);
  assert(limiter.take(ask("a", 0.9e9)).ok);
});

Deno.test("a clock that goes back neither opens a window nor closes one for good", () => {
  let now = 5_000_000;
  for (const limit of ["10/minute", "10/minute burst 10"]) {
    now = 5_000_000;
    const { limiter } = limiterOf(limit, { now: () => now });
    assertEquals(admitted(limiter, 20), 10);
    now -= 3_600_000;
    assertEquals(admitted(limiter, 20), 0);
    now = 5_000_000 + MINUTE;
    assertEquals(admitted(limiter, 20), 10);
  }
});

Deno.test("maxKeys: a key over its limit does not begin anew by being forgotten", async () => {
  for (const limit of ["3/minute", "3/minute burst 3"]) {
    const { limiter, time } = limiterOf(limit, { maxKeys: 100 });
    assertEquals(admitted(limiter, 9, "busy"), 3);
    for (let i = 0; i < 5_000; i++) limiter.take(ask(`key ${i}`));
    assertEquals(limiter.size, 100);
    assertEquals(admitted(limiter, 9, "busy"), 0);
    await time.pass(2 * MINUTE);
    assertEquals(admitted(limiter, 9, "busy"), 3);
    assertEquals(admitted(limiter, 9, "fresh"), 3);
  }
});

Deno.test("maxKeys: idle keys go first", async () => {
  const { limiter, time } = limiterOf("3/second", { maxKeys: 10 });
  for (let i = 0; i < 10; i++) limiter.take(ask(`old ${i}`));
  await time.pass(1_000);
  for (let i = 0; i < 10; i++) {
    assertEquals(admitted(limiter, 4, `new ${i}`), 3);
  }
  assertEquals(limiter.size, 10);
});

Deno.test("keys are freed in passing once nothing of them counts", async () => {
  const { limiter, time } = limiterOf(["5/second", "10/second burst 2"]);
  for (let i = 0; i < 1_000; i++) limiter.take(ask(`old ${i}`));
  assertEquals(limiter.size, 1_000);
  await time.pass(1_000);
  for (let i = 0; i < 1_000; i++) limiter.take(ask(`new ${i}`));
  assert(limiter.size <= 1_100, `${limiter.size} keys`);
  await time.pass(1_000);
  limiter.sweep();
  limiter.sweep();
  assertEquals(limiter.size, 0);
});

Deno.test("a long key is kept as its digest", () => {
  const { limiter } = limiterOf("1/minute");
  const long = "k".repeat(10_000);
  assertEquals(admitted(limiter, 2, long), 1);
  assertEquals(admitted(limiter, 2, `${long}2`), 1);
  assertEquals(remaining(limiter, long), [0]);
});

Deno.test("define() changes numbers and keeps what was counted", () => {
  const { limiter } = limiterOf(["10/minute", "2 concurrent"]);
  leaseOf(limiter, ask());
  limiter.define("it", parseLimits(["5/minute", "3 concurrent"]));
  assertEquals(remaining(limiter), [4, 2]);
  limiter.define("it", parseLimits(["20/minute", "1 concurrent"]));
  assertEquals(remaining(limiter), [19, 0]);
  limiter.define("bucket", parseLimits("60/minute burst 10"));
  leaseOf(limiter, [{ limit: "bucket", key: "a" }]);
  limiter.define("bucket", parseLimits("60/minute burst 5"));
  const [status] = limiter.status([{ limit: "bucket", key: "a" }]);
  assertEquals(status?.remaining, 4);
});

Deno.test("define() with other kinds begins anew, but for what is under way", () => {
  const { limiter } = limiterOf(["10/minute", "2 concurrent"]);
  const lease = leaseOf(limiter, ask());
  limiter.define("it", parseLimits(["10/minute burst 4", "2 concurrent"]));
  assertEquals(remaining(limiter), [4, 1]);
  lease.release();
  assertEquals(remaining(limiter), [4, 2]);
  limiter.define("it", parseLimits("10/hour"));
  assertEquals(remaining(limiter), [10]);
});

Deno.test("define() refuses limits that make no sense and keeps what there was", () => {
  const { limiter } = limiterOf("10/minute");
  const wrong = { unit: "requests", amount: -1, windowMs: 1 } as const;
  assertThrows(() => limiter.define("it", wrong), RangeError);
  assertEquals(remaining(limiter), [10]);
});

Deno.test("remove() forgets a name; leases may still end", () => {
  const { limiter } = limiterOf(["10 tokens/minute", "1 concurrent"]);
  const lease = leaseOf(limiter, ask("a", 5));
  limiter.remove("it");
  limiter.remove("it");
  assertEquals([limiter.has("it"), limiter.size], [false, 0]);
  lease.settle({ tokens: 9 });
  assertEquals(lease.ended, true);
});

Deno.test("status() tells the limit, what is left and when it is reset", async () => {
  const { limiter, time } = limiterOf(["60/minute", "60/minute burst 10"]);
  assertEquals(
    limiter.status(ask()).map(({ resetMs }) => resetMs),
    [0, 0],
  );
  admitted(limiter, 4);
  await time.pass(1_000);
  const [window, bucket] = limiter.status(ask());
  const head = { name: "it", key: "a", unit: "requests" };
  assertEquals(window, { ...head, limit: 60, remaining: 56, resetMs: 59_000 });
  assertEquals(bucket, { ...head, limit: 10, remaining: 7, resetMs: 3_000 });
});

Deno.test("RateLimiter refuses options that make no sense", async () => {
  for (const maxKeys of [0, -1, 1.5, NaN]) {
    assertThrows(() => new RateLimiter({ maxKeys }), RangeError, "maxKeys");
  }
  await new RateLimiter().close();
});

Deno.test("RateLimitLease.cancel() leaves nothing behind of what was taken, of any kind of limit", () => {
  let now = 0;
  const limiter = new RateLimiter({ now: () => now });
  limiter.define(
    "all",
    parseLimits([
      "2/minute",
      "100 tokens/minute",
      "5/second burst 5",
      "1 concurrent",
    ]),
  );
  const asks = [{ limit: "all", key: "a", tokens: 60 }];
  const before = limiter.status(asks).map(({ remaining }) => remaining);
  for (let turn = 0; turn < 10; turn++) {
    const admission = limiter.take(asks);
    assert(admission.ok);
    admission.lease.raise({ tokens: 80 });
    admission.lease.cancel();
    admission.lease.settle({ tokens: 500 });
    assert(admission.lease.ended);
    const after = limiter.status(asks).map(({ remaining }) => remaining);
    assertEquals(after, before);
    now += 10;
  }
});
