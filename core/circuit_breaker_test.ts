import { assert, assertEquals, assertFalse } from "@std/assert";
import { fail, openBreaker, permitOf, VirtualWorld } from "./_test_breaker.ts";
import type { BreakerStateChange } from "./breaker_state.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";

Deno.test("CircuitBreaker lets everything through while closed", () => {
  const breaker = new VirtualWorld().breaker();
  const permits = Array.from({ length: 100 }, () => permitOf(breaker));
  assert(permits.every(({ probe }) => !probe));
  assertEquals(breaker.probes, 0);
  assertEquals(breaker.openUntil, undefined);
  assertEquals(breaker.probeDue, undefined);
  assert(breaker.admits);
});

Deno.test("CircuitBreaker opens at failure_threshold failures in a row, not before", () => {
  const breaker = new VirtualWorld().breaker();
  fail(breaker, 4);
  assertEquals(breaker.state, "closed");
  fail(breaker, 1);
  assertEquals(breaker.state, "open");
});

Deno.test("CircuitBreaker lets nothing through while open, for recovery_timeout", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  assertEquals(breaker.openUntil, world.time + 30_000);
  for (const step of [0, 15_000, 14_999]) {
    world.pass(step);
    assertFalse(breaker.admits);
    assertEquals(breaker.tryAcquire(), undefined);
    assertEquals(breaker.state, "open");
  }
  world.pass(1);
  assert(breaker.admits);
  assertEquals(breaker.state, "open");
  assert(permitOf(breaker).probe);
  assertEquals(breaker.state, "half_open");
  assertEquals(breaker.openUntil, undefined);
});

Deno.test("CircuitBreaker closes after a good probe and starts to count anew", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({ failureThreshold: 3 });
  fail(breaker, 3);
  world.pass(30_000);
  permitOf(breaker).success();
  assertEquals(breaker.state, "closed");
  fail(breaker, 2);
  assertEquals(breaker.state, "closed");
  fail(breaker, 1);
  assertEquals(breaker.state, "open");
});

Deno.test("CircuitBreaker opens again after a bad probe, for twice as long, up to the cap", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { maxOpenTime: 200_000 });
  const times: number[] = [];
  for (let i = 0; i < 6; i++) {
    const time = (breaker.openUntil ?? 0) - world.time;
    times.push(time);
    world.pass(time);
    fail(breaker, 1);
  }
  assertEquals(times, [30_000, 60_000, 120_000, 200_000, 200_000, 200_000]);
});

Deno.test("CircuitBreaker goes back to the first open time after a stable time only", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { stableAfter: 60_000 });
  const reopenAfter = (closed: number): number => {
    world.pass((breaker.openUntil ?? 0) - world.time);
    permitOf(breaker).success();
    assertEquals(breaker.state, "closed");
    world.pass(closed);
    fail(breaker, 1);
    return (breaker.openUntil ?? 0) - world.time;
  };
  assertEquals(reopenAfter(59_999), 60_000);
  assertEquals(reopenAfter(1_000), 120_000);
  assertEquals(reopenAfter(60_000), 30_000);
  assertEquals(reopenAfter(0), 60_000);
});

Deno.test("CircuitBreaker adds jitter to every open time, also at the cap", () => {
  const world = new VirtualWorld();
  world.chance = 0.5;
  const breaker = openBreaker(world, { maxOpenTime: 30_000, jitter: 0.4 });
  assertEquals(breaker.openUntil, world.time + 36_000);
  world.pass(36_000);
  world.chance = 0;
  fail(breaker, 1);
  assertEquals(breaker.openUntil, world.time + 30_000);
});

Deno.test("CircuitBreaker takes no word of attempts from before an opening", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({ failureThreshold: 2 });
  const old = Array.from({ length: 20 }, () => permitOf(breaker));
  fail(breaker, 2);
  const until = breaker.openUntil;
  old[0]?.failure("fault");
  old[1]?.success();
  assertEquals([breaker.state, breaker.openUntil], ["open", until]);
  world.pass(30_000);
  const probe = permitOf(breaker);
  old[2]?.success();
  old[3]?.failure("fault");
  old[4]?.firstByte(10);
  assertEquals(breaker.state, "half_open");
  probe.success();
  for (const permit of old.slice(5)) permit.failure("fault");
  assertEquals(breaker.state, "closed");
});

Deno.test("CircuitBreaker.onStateChange() tells of each change, with its reason", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({ failureThreshold: 1 });
  const changes: BreakerStateChange[] = [];
  const stop = breaker.onStateChange((change) => changes.push(change));
  const start = world.time;
  fail(breaker, 1);
  world.pass(30_000);
  fail(breaker, 1);
  world.pass(60_000);
  permitOf(breaker).success();
  const saved = breaker.snapshot();
  fail(breaker, 1);
  breaker.restore(saved);
  fail(breaker, 1);
  breaker.reset();
  breaker.reset();
  stop();
  fail(breaker, 1);
  assertEquals(
    changes.map(({ from, to, reason }) => `${from} ${to} ${reason}`),
    [
      "closed open tripped",
      "open half_open probing",
      "half_open open probe_failed",
      "open half_open probing",
      "half_open closed recovered",
      "closed open tripped",
      "open closed restored",
      "closed open tripped",
      "open closed reset",
    ],
  );
  assertEquals(
    changes.slice(0, 2).map(({ at, openUntil }) => [at, openUntil]),
    [
      [start, start + 30_000],
      [start + 30_000, undefined],
    ],
  );
});

Deno.test("CircuitBreaker.onStateChange() keeps a listener's faults and acts away from the request", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({ failureThreshold: 1 });
  let told = 0;
  const listener = (): void => {
    told++;
  };
  const stops = [
    breaker.onStateChange(() => {
      throw new Error("Broken listener");
    }),
    breaker.onStateChange(listener),
    breaker.onStateChange(listener),
  ];
  fail(breaker, 1);
  assertEquals([breaker.state, told], ["open", 2]);
  stops[1]?.();
  stops[1]?.();
  // One that acts on the breaker finds it whole: the only slot is taken.
  breaker.onStateChange(({ to }) => {
    if (to === "half_open") assertEquals(breaker.tryAcquire(), undefined);
    told += 10;
    stops[2]?.();
  });
  world.pass(30_000);
  permitOf(breaker);
  assertEquals([breaker.probes, told], [1, 13]);
});

Deno.test("CircuitBreaker.reset() closes at once and forgets the open times", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  world.pass(30_000);
  fail(breaker, 1);
  assertEquals(breaker.openUntil, world.time + 60_000);
  breaker.reset();
  assertEquals(breaker.state, "closed");
  fail(breaker, 1);
  assertEquals(breaker.openUntil, world.time + 30_000);
});

Deno.test("CircuitBreaker.reset() forgets what was counted and what was let through before", () => {
  const breaker = new VirtualWorld().breaker();
  const before = Array.from({ length: 5 }, () => permitOf(breaker));
  fail(breaker, 4);
  breaker.reset();
  for (const permit of before) permit.failure("fault");
  fail(breaker, 4);
  assertEquals(breaker.state, "closed");
  fail(breaker, 1);
  assertEquals(breaker.state, "open");
});

Deno.test("CircuitBreaker works on the real clocks", () => {
  const breaker = new CircuitBreaker({ failureThreshold: 1 });
  const before = performance.now();
  fail(breaker, 1);
  const left = (breaker.openUntil ?? 0) - before;
  assert(left >= 30_000 && left < 37_000, `open for ${left} ms`);
  assert(Math.abs(breaker.snapshot().savedAt - Date.now()) < 10_000);
});
