import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLessOrEqual,
  assertThrows,
} from "@std/assert";
import { sharedLimiters, SlowLimitStore } from "./_test_limit_store.ts";
import { VirtualTime } from "./_test_limits.ts";
import type { LimitLeaseGrant, LimitStore } from "./limit_store.ts";
import { MemoryLimitStore } from "./memory_limit_store.ts";
import { parseLimit } from "./rate_limit.ts";
import { RateLimiter } from "./rate_limiter.ts";
import type { SharedLimitOptions } from "./shared_limits.ts";

const MINUTE = 60_000;

interface Scene {
  readonly time: VirtualTime;
  readonly store: SlowLimitStore;
  readonly one: RateLimiter;
  readonly two: RateLimiter;
}

/** Two limiters, one limit, and a store that takes 10 ms. */
function sceneOf(
  limit: string,
  options: Partial<SharedLimitOptions> = {},
): Scene {
  // The beginning of a slice, whatever the window.
  const time = new VirtualTime(24 * 60 * MINUTE);
  const store = new SlowLimitStore(time, () => 10);
  const [one, two] = sharedLimiters(2, { time, store, ...options });
  assert(one && two);
  for (const limiter of [one, two]) limiter.define("it", parseLimit(limit));
  return { time, store, one, two };
}

/** Takes every 10 ms, which is what the store takes; gives back how many it got. */
async function takeAll(
  limiter: RateLimiter,
  time: VirtualTime,
  count: number,
  key = "a",
): Promise<number> {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (limiter.take([{ limit: "it", key }]).ok) sum++;
    await time.pass(10);
  }
  return sum;
}

async function closeAll({ one, two, time }: Scene): Promise<void> {
  const closed = Promise.all([one.close(), two.close()]);
  await time.pass(10_000);
  await closed;
  assertEquals(time.pending, 0);
}

/** What the store has counted, as those of its answers that ask for nothing tell. */
async function counted(
  store: SlowLimitStore,
  time: VirtualTime,
  limit: string,
): Promise<number> {
  const { unit, amount, windowMs } = parseLimit(limit);
  const sliceMs = windowMs / 12;
  const answer = store.lease([{
    limit: `it ${unit}/${windowMs}`,
    key: "a",
    amount: 0,
    least: 0,
    windowId: Math.floor(time.now() / sliceMs),
    span: 13,
    capacity: 2 * amount,
    sliceMs,
  }], { signal: new AbortController().signal });
  await time.pass(20);
  const [grant] = await answer;
  return 2 * amount - (grant?.left ?? NaN);
}

Deno.test("what is leased and not used is given back, for others to use", async () => {
  const scene = sceneOf("100/minute");
  const { one, two, time } = scene;
  assertEquals(await takeAll(one, time, 10), 10);
  await time.pass(6_000);
  assertEquals(await takeAll(two, time, 200), 90);
  await closeAll(scene);
});

Deno.test("a slice hands on what it has left, so that the next can begin with a burst", async () => {
  const scene = sceneOf("100/minute");
  const { one, time, store } = scene;
  assertEquals(await takeAll(one, time, 3), 3);
  for (let i = 0; i < 20; i++) {
    await time.pass(4_000);
    const burst = [1, 2, 3].map(() => one.take([{ limit: "it", key: "a" }]));
    assert(burst.every(({ ok }) => ok), `burst ${i}`);
  }
  await closeAll(scene);
  // Of 80 seconds the last 65, and 10 of them have passed since.
  assertEquals(await counted(store, time, "100/minute"), 13 * 3);
});

Deno.test("prepare() has a lease ready for a burst of a key that is new", async () => {
  const asks = [{ limit: "it", key: "a" }];
  const burst = [1, 2, 3, 4, 5];
  const cold = sceneOf("100/minute");
  const onCredit = burst.filter(() => cold.one.take(asks).ok).length;
  assertEquals(onCredit, 2);
  await closeAll(cold);
  const warm = sceneOf("100/minute");
  const ready = warm.one.prepare(asks);
  await warm.time.pass(10);
  await ready;
  assertEquals(burst.filter(() => warm.one.take(asks).ok).length, 5);
  await closeAll(warm);
});

Deno.test("close() leaves the store with what was used, no more and no less", async () => {
  const scene = sceneOf("100/minute");
  const { one, two, time, store } = scene;
  const sum = await takeAll(one, time, 13) + await takeAll(two, time, 22);
  await closeAll(scene);
  assertEquals(await counted(store, time, "100/minute"), sum);
});

Deno.test("when the limit is used up the time is told at which it is not", async () => {
  const scene = sceneOf("20/minute");
  const { one, two, time } = scene;
  assertEquals(await takeAll(one, time, 40), 20);
  two.take([{ limit: "it", key: "a" }]);
  await time.pass(100);
  const refusal = two.take([{ limit: "it", key: "a" }]);
  assert(!refusal.ok);
  assertGreaterOrEqual(refusal.retryAfterMs, MINUTE - 5_000);
  assertLessOrEqual(refusal.retryAfterMs, MINUTE + 5_000);
  await time.pass(refusal.retryAfterMs);
  assert(two.take([{ limit: "it", key: "a" }]).ok);
  await closeAll(scene);
});

Deno.test("status() of a shared limit knows what others have used once the store has answered", async () => {
  const scene = sceneOf("100/minute");
  const { one, two, time } = scene;
  const asks = [{ limit: "it", key: "a" }];
  assertEquals(one.status(asks)[0]?.remaining, 100);
  assertEquals(one.status(asks)[0]?.resetMs, 0);
  await takeAll(one, time, 60);
  await time.pass(6_000);
  assert(two.take(asks).ok);
  await time.pass(100);
  const [status] = two.status(asks);
  assertEquals(status?.remaining, 39);
  assertEquals(status?.limit, 100);
  assertLessOrEqual(status?.resetMs ?? NaN, MINUTE + 5_000);
  await closeAll(scene);
});

Deno.test("settle() gives back and charges in common, also in a later slice", async () => {
  const limit = "1000 tokens/minute";
  for (const pause of [0, 7_000]) {
    const scene = sceneOf(limit);
    const { one, time, store } = scene;
    const leases = [300, 300].map((tokens) => {
      const admission = one.take([{ limit: "it", key: "a", tokens }]);
      return admission.ok ? admission.lease : undefined;
    });
    await time.pass(pause);
    leases[0]?.settle({ tokens: 50 });
    leases[1]?.settle({ tokens: 400 });
    await closeAll(scene);
    // The first of a key goes through on credit, the second waits for the store.
    assertEquals(await counted(store, time, limit), leases[1] ? 450 : 50);
  }
});

Deno.test("a store that is down: each process has its share of the limit and no more", async () => {
  const told: boolean[] = [];
  const scene = sceneOf("100/minute", {
    offlineShare: 0.4,
    onStore: (failure) => told.push(failure !== undefined),
  });
  const { one, two, time, store } = scene;
  store.mode = "fail";
  assertEquals(await takeAll(one, time, 150), 40);
  assertEquals(await takeAll(two, time, 150), 40);
  assertEquals(told, [true, true]);
  const refusal = one.take([{ limit: "it", key: "a" }]);
  assert(!refusal.ok && refusal.retryAfterMs < Infinity);
  await time.pass(refusal.retryAfterMs);
  assert(one.take([{ limit: "it", key: "a" }]).ok, "the share slides, too");
  store.mode = "answer";
  await time.pass(2_000);
  one.take([{ limit: "it", key: "a" }]);
  two.take([{ limit: "it", key: "a" }]);
  await time.pass(2_000);
  assertEquals(told, [true, true, false, false]);
  await closeAll(scene);
});

Deno.test("a store that is down: no window has more than the share, wherever it begins", async () => {
  const scene = sceneOf("100/minute", { offlineShare: 0.4 });
  const { one, time, store } = scene;
  store.mode = "fail";
  let inMinute = 0;
  for (let i = 0; i < 120; i++) {
    if (one.take([{ limit: "it", key: "a" }]).ok) inMinute++;
    await time.pass(500);
  }
  assertEquals(inMinute, 40);
  await closeAll(scene);
});

Deno.test("what was used while the store was down is counted when it is back", async () => {
  const scene = sceneOf("100/minute");
  const { one, two, time, store } = scene;
  store.mode = "fail";
  assertEquals(await takeAll(one, time, 60), 50);
  store.mode = "answer";
  await time.pass(1_500);
  one.take([{ limit: "it", key: "a" }]);
  await time.pass(1_000);
  const sum = await takeAll(two, time, 100);
  assertGreaterOrEqual(sum, 40);
  assertLessOrEqual(sum, 52);
  await closeAll(scene);
});

Deno.test("when the store goes down what is leased is used first", async () => {
  const scene = sceneOf("100/minute", { offlineShare: 0 });
  const { one, time, store } = scene;
  assert(one.take([{ limit: "it", key: "a" }]).ok);
  await time.pass(100);
  store.mode = "fail";
  // Five were leased at first, and one was on credit.
  assertEquals(await takeAll(one, time, 50), 5);
  await closeAll(scene);
});

Deno.test("a store that is silent is given up after its time, and left alone for a while", async () => {
  const scene = sceneOf("100/minute", { timeoutMs: 500, retryMs: 2_000 });
  const { one, time, store } = scene;
  store.mode = "silent";
  assertEquals(await takeAll(one, time, 10), 2, "on credit");
  await time.pass(500);
  assertEquals(store.aborted, store.calls);
  assertEquals(await takeAll(one, time, 100), 48, "the rest of the half");
  for (let i = 0; i < 100; i++) {
    one.take([{ limit: "it", key: "a" }]);
    await time.pass(100);
  }
  assertLessOrEqual(store.calls, 12);
  await closeAll(scene);
});

Deno.test("without a share for it nothing goes through while the store is down", async () => {
  const scene = sceneOf("100/minute", { offlineShare: 0 });
  const { one, time, store } = scene;
  store.mode = "fail";
  assertLessOrEqual(await takeAll(one, time, 50), 3);
  const refusal = one.take([{ limit: "it", key: "a" }]);
  assert(!refusal.ok);
  assertEquals(refusal.retryAfterMs, 1_000);
  await closeAll(scene);
});

Deno.test("a store that answers nonsense grants nothing, and whoever listens cannot stop it", async () => {
  const grants: unknown[] = [
    [],
    null,
    [null],
    [{ granted: NaN, left: NaN, fitsAt: NaN }],
    [{ granted: -5, left: -5, fitsAt: -5 }],
    [{}],
  ];
  for (const grant of grants) {
    const scene = sceneOf("100/minute", {
      store: {
        lease: () => Promise.resolve(grant as LimitLeaseGrant[]),
        report: () => {
          throw new Error("At once");
        },
      } satisfies LimitStore,
      onStore: () => {
        throw new Error("In the listener");
      },
    });
    const { one, time } = scene;
    // A store that throws is down, too: then half of the limit is left.
    assertLessOrEqual(await takeAll(one, time, 400), 55);
    await closeAll(scene);
  }
});

Deno.test("a store that grants more than it was asked for is not believed", async () => {
  const scene = sceneOf("1000 tokens/minute", {
    store: {
      lease: (asks) =>
        Promise.resolve(
          asks.map(() => ({ granted: 1e9, left: 0, fitsAt: Infinity })),
        ),
      report: () => Promise.resolve(),
    },
  });
  const { one, time } = scene;
  const asks = [{ limit: "it", key: "a", tokens: 10 }];
  assert(one.take(asks).ok);
  await time.pass(10);
  let sum = 0;
  while (one.take([{ limit: "it", key: "a", tokens: 40 }]).ok) sum += 40;
  assertLessOrEqual(sum, 80);
  await closeAll(scene);
});

Deno.test("shared limits have no timer once nothing is leased", async () => {
  const scene = sceneOf("100/minute");
  const { one, time, store } = scene;
  await takeAll(one, time, 10);
  assertGreaterOrEqual(time.pending, 1);
  await time.pass(10_000);
  assertEquals(time.pending, 0);
  const { calls } = store;
  await time.pass(MINUTE);
  assertEquals(store.calls, calls);
  await closeAll(scene);
});

Deno.test("maxKeys holds for shared limits, and a key over its limit is not forgotten", async () => {
  const time = new VirtualTime(24 * 60 * MINUTE);
  const store = new SlowLimitStore(time, () => 10);
  const { now, schedule } = time;
  const limiter = new RateLimiter({
    now,
    maxKeys: 10,
    shared: { store, date: now, schedule },
  });
  limiter.define("it", parseLimit("3/minute"));
  assertEquals(await takeAll(limiter, time, 10, "busy"), 3);
  for (let i = 0; i < 100; i++) {
    limiter.take([{ limit: "it", key: `key ${i}` }]);
    if (i % 10 === 9) await time.pass(15);
  }
  await time.pass(100);
  assertEquals(await takeAll(limiter, time, 10, "busy"), 0);
  const closed = limiter.close();
  await time.pass(10_000);
  await closed;
});

Deno.test("maxKeys: more keys in one request than are kept are taken together all the same", async () => {
  const time = new VirtualTime(24 * 60 * MINUTE);
  const store = new SlowLimitStore(time, () => 10);
  const { now, schedule } = time;
  const shared = { store, date: now, schedule };
  const limiter = new RateLimiter({ now, maxKeys: 1, shared });
  limiter.define("it", parseLimit("1000 tokens/minute"));
  const asks = ["a", "b", "c"].map((key) => ({ limit: "it", key, tokens: 9 }));
  const admission = limiter.take(asks);
  assert(admission.ok);
  await time.pass(10_000);
  admission.lease.settle({ tokens: 20 });
  const closed = limiter.close();
  await time.pass(10_000);
  await closed;
  assertEquals(await counted(store, time, "1000 tokens/minute"), 20);
});

Deno.test("maxKeys holds while the store is down: a key that cannot be counted is refused", async () => {
  const time = new VirtualTime(24 * 60 * MINUTE);
  const store = new SlowLimitStore(time, () => 10);
  store.mode = "fail";
  const { now, schedule } = time;
  const limiter = new RateLimiter({
    now,
    maxKeys: 5,
    shared: { store, date: now, schedule },
  });
  limiter.define("it", parseLimit("4/minute"));
  assertEquals(await takeAll(limiter, time, 10, "key 0"), 2);
  let sum = 0;
  for (let i = 1; i < 50; i++) {
    sum += await takeAll(limiter, time, 10, `key ${i}`);
  }
  assertEquals(sum, 4 * 2);
  const closed = limiter.close();
  await time.pass(10_000);
  await closed;
});

Deno.test("remove() gives back what a shared limit has leased", async () => {
  const scene = sceneOf("100/minute");
  const { one, two, time } = scene;
  assertEquals(await takeAll(one, time, 10), 10);
  one.remove("it");
  await time.pass(500);
  assertEquals(await takeAll(two, time, 200), 90);
  await closeAll(scene);
});

Deno.test("remove() gives back a lease that is still to come", async () => {
  const limit = "100/minute";
  const scene = sceneOf(limit);
  const { one, time, store } = scene;
  assert(one.take([{ limit: "it", key: "a" }]).ok);
  await time.pass(1);
  one.remove("it");
  one.define("it", parseLimit(limit));
  // This one is gone before it has asked.
  assert(one.take([{ limit: "it", key: "b" }]).ok);
  one.remove("it");
  await time.pass(500);
  await closeAll(scene);
  assertEquals(await counted(store, time, limit), 1);
  assert(store.sums.every(({ windowId }) => windowId > 0));
});

Deno.test("define() with another number goes on with what is shared", async () => {
  const scene = sceneOf("100/minute");
  const { one, two, time } = scene;
  assertEquals(await takeAll(one, time, 50), 50);
  await time.pass(6_000);
  for (const limiter of [one, two]) {
    limiter.define("it", parseLimit("60/minute"));
  }
  assertEquals(await takeAll(two, time, 50), 10);
  await closeAll(scene);
});

Deno.test("RateLimiter shares limits by the real clock, and close() leaves no timer", async () => {
  const store = new MemoryLimitStore();
  const limiters = [1, 2].map(() => new RateLimiter({ shared: { store } }));
  const asks = [{ limit: "it", key: "a" }];
  let sum = 0;
  for (const limiter of limiters) {
    limiter.define("it", parseLimit("20/day"));
    await limiter.prepare(asks);
    for (let i = 0; i < 30; i++) {
      if (limiter.take(asks).ok) sum++;
      // The store answers within a turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  assertEquals(sum, 20);
  await Promise.all(limiters.map((limiter) => limiter.close()));
});

Deno.test("RateLimiter refuses shared options that make no sense", () => {
  const store = new MemoryLimitStore();
  const wrong = [
    { creditShare: -0.1 },
    { offlineShare: 1.1 },
    { timeoutMs: 0 },
    { retryMs: NaN },
    { reportMs: 0 },
  ];
  for (const options of wrong) {
    const [name = ""] = Object.keys(options);
    const shared = { store, ...options };
    assertThrows(() => new RateLimiter({ shared }), RangeError, name);
  }
});

Deno.test("prepare() without shared limits has nothing to ask", async () => {
  const limiter = new RateLimiter();
  await limiter.prepare([{ limit: "it", key: "a" }]);
});

for (const mode of ["answer", "fail"] as const) {
  Deno.test(`S5: a wall clock that is set back an hour grants no second window and locks none, while the store would ${mode}`, async () => {
    const time = new VirtualTime(24 * 60 * MINUTE);
    const store = new SlowLimitStore(time, () => 10);
    let back = 0;
    const [one, two] = sharedLimiters(2, {
      time,
      store,
      date: () => time.now() - back,
    });
    assert(one && two);
    for (const it of [one, two]) it.define("it", parseLimit("100/minute"));
    store.mode = mode;
    const before = await takeAll(one, time, 200) +
      await takeAll(two, time, 100);
    back = 60 * MINUTE;
    const after = await takeAll(one, time, 300) +
      await takeAll(two, time, 300);
    const most = mode === "answer" ? 105 : 110;
    assertGreaterOrEqual(before, mode === "answer" ? 90 : 40);
    assertLessOrEqual(before + after, most);
    await time.pass(2 * MINUTE);
    assertGreaterOrEqual(
      await takeAll(one, time, 300),
      mode === "answer" ? 90 : 40,
    );
    store.mode = "answer";
    const closed = Promise.all([one.close(), two.close()]);
    await time.pass(10_000);
    await closed;
  });
}
