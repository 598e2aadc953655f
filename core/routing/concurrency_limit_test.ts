import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import { GatewayError } from "../errors.ts";
import { AdaptiveLimit } from "./adaptive_limit.ts";
import { ConcurrencyLimit } from "./concurrency_limit.ts";
import type { ConcurrencySlot } from "./concurrency_slot.ts";

const never = new AbortController().signal;

/** A limit in virtual time. */
function virtual(
  options: { limit: number; maxQueue?: number; maxWaitMs?: number },
): { readonly limit: ConcurrencyLimit; readonly go: (ms: number) => void } {
  let time = 0;
  const limit = new ConcurrencyLimit({ ...options, now: () => time });
  const go = (ms: number): void => {
    time += ms;
    limit.look();
  };
  return { limit, go };
}

Deno.test("L3: never more than the limit are under way, and freed slots are given on in order", async () => {
  const { limit } = virtual({ limit: 2 });
  const first = await limit.acquire(never);
  const second = await limit.acquire(never);
  const order: string[] = [];
  const waiting = ["a", "b", "c"].map((name) =>
    limit.acquire(never).then((slot) => {
      order.push(name);
      return slot;
    })
  );
  assertEquals([limit.inFlight, limit.queued], [2, 3]);
  first.release();
  (await waiting[0])?.release();
  (await waiting[1])?.release();
  second.release();
  (await waiting[2])?.release();
  assertEquals(order, ["a", "b", "c"]);
  assertEquals([limit.inFlight, limit.queued], [0, 0]);
});

Deno.test("L3: with more slots those who wait come in, with fewer nobody does", async () => {
  const { limit } = virtual({ limit: 1 });
  const slots = [await limit.acquire(never)];
  const waiting = [limit.acquire(never), limit.acquire(never)];
  limit.change({ limit: 3 });
  slots.push(...await Promise.all(waiting));
  assertEquals([limit.inFlight, limit.queued], [3, 0]);
  limit.change({ limit: 2, maxWaitMs: 5 });
  slots.pop()?.release();
  assertEquals(limit.tryAcquire(), undefined);
  slots.pop()?.release();
  slots.push(await limit.acquire(never));
  assertThrows(() => limit.change({ limit: 0 }), RangeError);
  assertEquals([limit.limit, limit.maxWaitMs], [2, 5]);
  for (const slot of slots) slot.release();
  assertEquals(limit.inFlight, 0);
});

Deno.test("L3: what finds no place in the queue is refused at once", async () => {
  const { limit } = virtual({ limit: 1, maxQueue: 1 });
  const slot = await limit.acquire(never);
  assertEquals(limit.full, false);
  const waiting = limit.acquire(never);
  assertEquals(limit.full, true);
  const error = await assertRejects(() => limit.acquire(never), GatewayError);
  assertEquals([error.status, error.code], [503, "deployment_busy"]);
  assertEquals(error.headers["retry-after"], "1");
  slot.release();
  (await waiting).release();
});

Deno.test("L3: what waits too long is refused, the rest waits on", async () => {
  const { limit, go } = virtual({ limit: 1, maxWaitMs: 100 });
  const slot = await limit.acquire(never);
  const early = limit.acquire(never).catch((error: unknown) => error);
  go(60);
  const late = limit.acquire(never);
  go(50);
  const error = await early;
  assertInstanceOf(error, GatewayError);
  assertEquals(error.code, "deployment_busy");
  assertEquals(limit.queued, 1);
  slot.release();
  (await late).release();
});

Deno.test("L3: waiting ends by the clock on the wall too", async () => {
  const limit = new ConcurrencyLimit({ limit: 1, maxWaitMs: 30 });
  using _slot = await limit.acquire(never);
  await assertRejects(() => limit.acquire(never), GatewayError, "30 ms");
});

Deno.test("C3: a caller that leaves leaves the queue, and takes nothing", async () => {
  const { limit } = virtual({ limit: 1 });
  const slot = await limit.acquire(never);
  const caller = new AbortController();
  const leaving = limit.acquire(caller.signal).catch((reason) => reason);
  const staying = limit.acquire(never);
  caller.abort("gone");
  assertEquals(await leaving, "gone");
  assertEquals(limit.queued, 1);
  slot.release();
  (await staying).release();
  assertEquals(limit.inFlight, 0);
  assertEquals(
    await limit.acquire(caller.signal).catch((reason) => reason),
    "gone",
  );
});

Deno.test("C3: a caller that leaves after it got its slot still has to free it, once", async () => {
  const { limit } = virtual({ limit: 1 });
  const caller = new AbortController();
  const slot = await limit.acquire(caller.signal);
  caller.abort();
  assertEquals(limit.inFlight, 1);
  slot.release();
  slot.release();
  assertEquals(limit.inFlight, 0);
});

Deno.test("ConcurrencyLimit.tryAcquire() lets nobody overtake the queue", async () => {
  let size = 1;
  const adaptive = new AdaptiveLimit({ initial: 1 });
  Object.defineProperty(adaptive, "limit", { get: () => size });
  const limit = new ConcurrencyLimit({ limit: adaptive, now: () => 0 });
  const slot = limit.tryAcquire();
  const waiting = limit.acquire(never);
  size = 2;
  assertEquals(limit.tryAcquire(), undefined);
  limit.look();
  (await waiting).release();
  slot?.release();
});

Deno.test("L9: whatever happens in whatever order, no slot is lost and none is doubled", async () => {
  const action = fc.oneof(
    fc.record({ do: fc.constant("acquire" as const) }),
    fc.record({ do: fc.constant("try" as const) }),
    fc.record({ do: fc.constant("release" as const), at: fc.nat(20) }),
    fc.record({ do: fc.constant("twice" as const), at: fc.nat(20) }),
    fc.record({ do: fc.constant("byte" as const), at: fc.nat(20) }),
    fc.record({ do: fc.constant("abort" as const), at: fc.nat(20) }),
    fc.record({ do: fc.constant("time" as const), at: fc.nat(150) }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 3 }),
      async (actions, size, maxQueue) => {
        const { limit, go } = virtual({
          limit: size,
          maxQueue,
          maxWaitMs: 100,
        });
        const held: ConcurrencySlot[] = [];
        const callers: AbortController[] = [];
        const settled: Promise<void>[] = [];
        for (const step of actions) {
          const at = "at" in step ? step.at : 0;
          if (step.do === "acquire") {
            const caller = new AbortController();
            callers.push(caller);
            settled.push(
              limit.acquire(caller.signal).then(
                (slot) => void held.push(slot),
                () => {},
              ),
            );
          } else if (step.do === "try") {
            const slot = limit.tryAcquire();
            if (slot !== undefined) held.push(slot);
          } else if (step.do === "release") held.splice(at, 1)[0]?.release();
          else if (step.do === "twice") {
            held[at]?.release();
            held[at]?.release();
          } else if (step.do === "byte") held[at]?.firstByte();
          else if (step.do === "abort") callers[at]?.abort();
          else go(at);
          assert(limit.inFlight <= size && limit.queued <= maxQueue);
          // Lets those who got a slot hold it.
          await Promise.resolve();
          await Promise.resolve();
        }
        for (let round = 0; limit.queued > 0 || round < 2; round++) {
          for (const slot of held.splice(0)) slot.release();
          await Promise.resolve();
          await Promise.resolve();
        }
        await Promise.all(settled);
        for (const slot of held) slot.release();
        assertEquals([limit.inFlight, limit.queued], [0, 0]);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("ConcurrencySlot tells the first byte once, and nothing after its end", () => {
  const told: string[] = [];
  const adaptive = new AdaptiveLimit();
  adaptive.sample = () => void told.push("byte");
  adaptive.overloaded = () => void told.push("overloaded");
  const limit = new ConcurrencyLimit({ limit: adaptive });
  {
    using slot = limit.tryAcquire();
    slot?.firstByte();
    slot?.firstByte();
    slot?.overloaded();
    slot?.release();
    slot?.firstByte();
    slot?.overloaded();
  }
  assertEquals(told, ["byte", "overloaded"]);
  assertEquals(limit.inFlight, 0);
});

Deno.test("ConcurrencyLimit refuses bounds out of their range and says which", () => {
  for (
    const [options, name] of [
      [{ limit: 0 }, "limit"],
      [{ limit: NaN }, "limit"],
      [{ limit: 1.5 }, "limit"],
      [{ limit: 1, maxQueue: -1 }, "maxQueue"],
      [{ limit: 1, maxQueue: Infinity }, "maxQueue"],
      [{ limit: 1, maxWaitMs: NaN }, "maxWaitMs"],
    ] as const
  ) {
    assertThrows(() => new ConcurrencyLimit(options), RangeError, `'${name}'`);
  }
});
