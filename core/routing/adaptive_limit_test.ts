import { assert, assertEquals, assertThrows } from "@std/assert";
import { AdaptiveLimit } from "./adaptive_limit.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";
import { VirtualProvider } from "./_test_virtual_provider.ts";
import { seeded } from "./_test_routing.ts";

/** So long may a new service time take to be found, in ms (L3). */
const SETTLE = 10_000;

for (const workers of [4, 10, 40, 120]) {
  for (const noise of [0, 0.3]) {
    Deno.test(`L3: the limit follows 50 -> 500 -> 50 ms within 10 s, ${workers} workers, noise ${noise}`, () => {
      let now = 0;
      let service = 50;
      const random = seeded(workers);
      const adaptive = new AdaptiveLimit({ max: 400 });
      const limit = new ConcurrencyLimit({ limit: adaptive, now: () => now });
      const provider = new VirtualProvider(limit, {
        setNow: (time) => now = time,
        workers,
        serviceTime: () => service * (1 + noise * (2 * random() - 1)),
      });
      let end = 0;
      for (const step of [50, 500, 50]) {
        service = step;
        end += SETTLE;
        provider.runUntil(end);
        end += SETTLE;
        const { served, waited } = provider.runUntil(end);
        const capacity = workers * SETTLE / step;
        assert(served >= 0.9 * capacity, `${served} of ${capacity} at ${step}`);
        assert(waited <= 2 * step, `waited ${waited} at ${step}`);
      }
    });
  }
}

Deno.test("L3: a queue that is not our own is not taken for one", () => {
  let now = 0;
  const adaptive = new AdaptiveLimit({ initial: 20 });
  // Few requests, ever slower: none of them can be waiting for another.
  for (let count = 0; count < 400; count++) {
    now += 1_000;
    adaptive.sample({ startedAt: now - 100 - count, now, inFlight: 2 });
  }
  assertEquals(adaptive.limit, 20);
  assert((adaptive.usual ?? 0) > 400);
});

Deno.test("AdaptiveLimit grows only as far as it is used", () => {
  let now = 0;
  const adaptive = new AdaptiveLimit({ initial: 20 });
  for (let count = 0; count < 1_000; count++) {
    now += 100;
    adaptive.sample({ startedAt: now - 50, now, inFlight: 10 });
  }
  assertEquals(adaptive.limit, 20);
});

Deno.test("AdaptiveLimit stays within its bounds whatever comes", () => {
  const random = seeded(9);
  const adaptive = new AdaptiveLimit({ min: 2, max: 9 });
  let now = 0;
  for (let count = 0; count < 5_000; count++) {
    now += random() * 100;
    const ms = 10 ** (4 * random());
    if (random() < 0.05) adaptive.overloaded({ startedAt: now - ms, now });
    else {
      const inFlight = Math.ceil(random() * adaptive.limit);
      adaptive.sample({ startedAt: now - ms, now, inFlight });
    }
    assert(adaptive.limit >= 2 && adaptive.limit <= 9);
  }
});

Deno.test("AdaptiveLimit falls by a tenth where the provider says it has too much to do", () => {
  const adaptive = new AdaptiveLimit({ initial: 100 });
  // A crowd that is refused, one after the other.
  for (let now = 1_000; now < 1_100; now++) {
    adaptive.overloaded({ startedAt: 900, now });
  }
  assertEquals(adaptive.limit, 90);
  adaptive.overloaded({ startedAt: 1_200, now: 1_300 });
  assertEquals(adaptive.limit, 81);
});

Deno.test("AdaptiveLimit ends a trial in time when long answers hold their places", () => {
  const adaptive = new AdaptiveLimit({ initial: 20 });
  let now = 0;
  const add = (count: number, ms: number): void => {
    for (let index = 0; index < count; index++) {
      now += ms;
      adaptive.sample({ startedAt: now - ms + 1, now, inFlight: 20 });
    }
  };
  add(60, 100);
  let before = adaptive.limit;
  for (let count = 0; count < 100; count++) {
    add(1, 1_000);
    if (adaptive.limit < before) break;
    before = adaptive.limit;
  }
  const during = adaptive.limit;
  assertEquals(during, before / 2);
  // Nothing ends any more.
  adaptive.check(now + 10_000);
  assert(adaptive.limit > during);
});

Deno.test("AdaptiveLimit refuses bounds out of their range", () => {
  for (
    const options of [
      { min: 0 },
      { min: 5, max: 4 },
      { max: NaN },
      { tolerance: 1 },
    ]
  ) {
    assertThrows(() => new AdaptiveLimit(options), RangeError);
  }
});
