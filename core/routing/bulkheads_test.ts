import { assert, assertEquals } from "@std/assert";
import { Bulkheads } from "./bulkheads.ts";
import { testDeployment } from "./_test_routing.ts";

Deno.test("L7: a deployment that hangs takes its own slots and nobody else's", () => {
  const bulkheads = new Bulkheads({ maxQueue: 0 });
  const hangs = testDeployment("x/m", { maxConcurrency: 2 });
  const healthy = testDeployment("y/m", { maxConcurrency: 2 });
  const slots = [1, 2, 3].map(() => bulkheads.of(hangs)?.tryAcquire());
  assertEquals(slots.map((slot) => slot !== undefined), [true, true, false]);
  assertEquals(bulkheads.isAvailable(hangs), {
    reason: "all 2 of its slots and its queue are taken",
  });
  assertEquals(bulkheads.isAvailable(healthy), true);
  assert(bulkheads.of(healthy)?.tryAcquire());
});

Deno.test("Bulkheads.of() limits only what has a bound, each by its own", () => {
  const bulkheads = new Bulkheads({ adaptive: { initial: 30 } });
  assertEquals(bulkheads.of(testDeployment("x/m")), undefined);
  assertEquals(
    bulkheads.of(testDeployment("x/n", { maxConcurrency: 7 }))?.limit,
    7,
  );
  const bounded = testDeployment("x/o", { maxConcurrency: 9, adaptive: true });
  assertEquals(bulkheads.of(bounded)?.limit, 9);
  assertEquals(
    bulkheads.of(testDeployment("x/p", { adaptive: true }))?.limit,
    30,
  );
});

Deno.test("F5: limits outlive a reload, and what is under way counts by a changed bound", () => {
  const bulkheads = new Bulkheads();
  const before = bulkheads.of(testDeployment("x/m", { maxConcurrency: 3 }));
  const slots = [1, 2, 3].map(() => before?.tryAcquire());
  const same = testDeployment("x/m", { maxConcurrency: 3 });
  assert(bulkheads.of(same) === before);
  const fewer = testDeployment("x/m", { maxConcurrency: 2 });
  assert(bulkheads.of(fewer) === before);
  assertEquals([before?.limit, before?.inFlight], [2, 3]);
  slots.pop()?.release();
  assertEquals(before?.tryAcquire(), undefined);
  const found = testDeployment("x/m", { maxConcurrency: 9, adaptive: true });
  assertEquals([bulkheads.of(found)?.limit, before?.inFlight], [8, 2]);
  bulkheads.retain([]);
  assert(bulkheads.of(same) !== before);
});

Deno.test("Bulkheads.isAvailable() tells a full queue however those before it ended", async () => {
  const bulkheads = new Bulkheads({ maxQueue: 1, maxWaitMs: 10_000 });
  const deployment = testDeployment("x/m", { maxConcurrency: 1 });
  const limit = bulkheads.of(deployment)!;
  const isFull = (): boolean => bulkheads.isAvailable(deployment) !== true;
  for (let round = 0; round < 3; round++) {
    const slot = limit.tryAcquire();
    assertEquals(isFull(), false);
    const leaving = new AbortController();
    const left = limit.acquire(leaving.signal).catch(() => "left");
    assertEquals(isFull(), true);
    leaving.abort();
    assertEquals(await left, "left");
    assertEquals(isFull(), false);
    const waiting = limit.acquire(new AbortController().signal);
    assertEquals(isFull(), true);
    slot?.release();
    assertEquals(isFull(), false);
    (await waiting).release();
  }
});
