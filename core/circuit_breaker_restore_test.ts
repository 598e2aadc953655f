import { assert, assertEquals, assertFalse } from "@std/assert";
import { fail, openBreaker, permitOf, VirtualWorld } from "./_test_breaker.ts";

/** Another process, whose monotonic clock began elsewhere. */
function restarted(world: VirtualWorld, after: number): VirtualWorld {
  const other = new VirtualWorld();
  other.time = 17;
  other.wall = world.wall + after;
  return other;
}

Deno.test("CircuitBreaker.restore() goes on with the open time that is left", () => {
  const world = new VirtualWorld();
  const kept = JSON.stringify(openBreaker(world).snapshot());
  const other = restarted(world, 10_000);
  const breaker = other.breaker();
  assert(breaker.restore(JSON.parse(kept)));
  assertEquals([breaker.state, breaker.openUntil], ["open", 17 + 20_000]);
  assertEquals(breaker.tryAcquire(), undefined);
  other.pass(20_000);
  fail(breaker, 1);
  assertEquals(breaker.openUntil, other.time + 60_000);
});

Deno.test("CircuitBreaker.restore() makes a half-open circuit one whose time is over", () => {
  const world = new VirtualWorld();
  const before = openBreaker(world);
  world.pass(30_000);
  permitOf(before);
  const breaker = restarted(world, 0).breaker();
  assert(breaker.restore(before.snapshot()));
  assertEquals([breaker.state, breaker.probes], ["open", 0]);
  permitOf(breaker).success();
  assertEquals(breaker.state, "closed");
});

Deno.test("CircuitBreaker.restore() knows how long a circuit had been closed", () => {
  const world = new VirtualWorld();
  const before = openBreaker(world);
  world.pass(30_000);
  permitOf(before).success();
  world.pass(50_000);
  for (const [down, time] of [[69_999, 60_000], [70_000, 30_000]] as const) {
    const other = restarted(world, down);
    const breaker = other.breaker({ failureThreshold: 1 });
    assert(breaker.restore(before.snapshot()));
    assertEquals(breaker.state, "closed");
    fail(breaker, 1);
    assertEquals((breaker.openUntil ?? 0) - other.time, time);
  }
});

Deno.test("CircuitBreaker.snapshot() of a breaker that never opened restores to one", () => {
  const world = new VirtualWorld();
  const snapshot = world.breaker().snapshot();
  assertEquals(snapshot, {
    state: "closed",
    openings: 0,
    openFor: 0,
    closedFor: 0,
    savedAt: world.wall,
  });
  const breaker = openBreaker(world);
  assert(breaker.restore(snapshot));
  assertEquals(breaker.state, "closed");
  fail(breaker, 1);
  assertEquals(breaker.openUntil, world.time + 30_000);
});

Deno.test("S5: CircuitBreaker.restore() never opens for longer because the wall clock was set", () => {
  const world = new VirtualWorld();
  const snapshot = openBreaker(world).snapshot();
  const day = 86_400_000;
  for (
    const [jump, left] of [
      [-day, 30_000],
      [-3_600_000, 30_000],
      [0, 30_000],
      [3_600_000, 0],
      [day, 0],
    ] as const
  ) {
    const other = restarted(world, jump);
    const breaker = other.breaker();
    assert(breaker.restore(snapshot));
    assertEquals((breaker.openUntil ?? 0) - other.time, left);
  }
  const breaker = world.breaker({ maxOpenTime: 100_000, jitter: 0.2 });
  const savedAt = world.wall + day;
  assert(breaker.restore({ ...snapshot, savedAt, openFor: 1e15 }));
  assertEquals((breaker.openUntil ?? 0) - world.time, 120_000);
});

Deno.test("S5: a jump of the wall clock does not move a breaker that runs", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  const until = breaker.openUntil;
  for (const jump of [86_400_000, -172_800_000]) {
    world.wall += jump;
    assertEquals(breaker.tryAcquire(), undefined);
    assertEquals([breaker.state, breaker.openUntil], ["open", until]);
  }
});

Deno.test("CircuitBreaker.restore() refuses what is no snapshot and changes nothing", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  const snapshot = breaker.snapshot();
  const until = breaker.openUntil;
  const wrong: unknown[] = [
    undefined,
    null,
    0,
    "closed",
    [],
    {},
    { ...snapshot, state: "ajar" },
    { ...snapshot, state: "constructor" },
    { ...snapshot, state: null },
    { ...snapshot, openings: 1.5 },
    { ...snapshot, openings: -1 },
    { ...snapshot, openFor: NaN },
    { ...snapshot, openFor: "1" },
    { ...snapshot, closedFor: Infinity },
    { ...snapshot, savedAt: -1 },
    { ...snapshot, savedAt: undefined },
  ];
  for (const value of wrong) {
    assertFalse(breaker.restore(value), Deno.inspect(value));
    assertEquals([breaker.state, breaker.openUntil], ["open", until]);
  }
});

Deno.test("CircuitBreaker.restore() takes a number of openings that no time can hold", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  assert(breaker.restore({ ...breaker.snapshot(), openings: 1e300 }));
  world.pass(30_000);
  fail(breaker, 1);
  assertEquals(breaker.openUntil, world.time + 300_000);
});

Deno.test("CircuitBreaker.restore() takes no word of permits from before, but gets their slots back", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  const snapshot = breaker.snapshot();
  world.pass(30_000);
  const probe = permitOf(breaker);
  assert(breaker.restore(snapshot));
  assertEquals(breaker.probes, 1);
  probe.success();
  assertEquals([breaker.state, breaker.probes], ["open", 0]);
});

Deno.test("CircuitBreaker.restore() starts to count anew", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({ failureThreshold: 3, successThreshold: 2 });
  fail(breaker, 2);
  assert(breaker.restore(breaker.snapshot()));
  fail(breaker, 2);
  assertEquals(breaker.state, "closed");
  fail(breaker, 1);

  world.pass(30_000);
  permitOf(breaker).success();
  assertEquals(breaker.state, "half_open");
  assert(breaker.restore(breaker.snapshot()));
  permitOf(breaker).success();
  assertEquals(breaker.state, "half_open");
  permitOf(breaker).success();
  assertEquals(breaker.state, "closed");
});

Deno.test("U19: CircuitBreaker.restore() waits for the last-resort interval too", () => {
  const world = new VirtualWorld();
  const snapshot = openBreaker(world).snapshot();
  const other = restarted(world, 0);
  const breaker = other.breaker({ lastResortInterval: 5_000 });
  assert(breaker.restore(snapshot));
  assertEquals(breaker.tryLastResort(), undefined);
  other.pass(5_000);
  assert(breaker.tryLastResort());
});
