import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { fail, openBreaker, permitOf, VirtualWorld } from "./_test_breaker.ts";
import { acquireLastResort, earliestProbe } from "./breaker_group.ts";
import type { CircuitBreaker } from "./circuit_breaker.ts";

/** A breaker whose open time has grown to the cap of 5 minutes. */
function longOpen(world: VirtualWorld): CircuitBreaker {
  const breaker = openBreaker(world, { lastResortInterval: 5_000 });
  for (let i = 0; i < 4; i++) {
    world.pass((breaker.openUntil ?? 0) - world.time);
    fail(breaker, 1);
  }
  assertEquals((breaker.openUntil ?? 0) - world.time, 300_000);
  return breaker;
}

Deno.test("U19: with everything open a probe goes on, at a bounded rate, and heals the route", () => {
  const world = new VirtualWorld();
  const breaker = longOpen(world);
  const until = breaker.openUntil;
  let probes = 0;
  for (let i = 0; i < 6_000; i++) {
    assertEquals(breaker.tryAcquire(), undefined);
    const resort = acquireLastResort([breaker]);
    if (resort) {
      assert(resort.permit.probe);
      assertEquals(acquireLastResort([breaker]), undefined);
      resort.permit.failure("fault");
      probes++;
    }
    world.pass(10);
  }
  // A minute at 100 requests a second: one probe each 5 s, and no longer open time.
  assertEquals(probes, 11);
  assertEquals([breaker.state, breaker.openUntil], ["open", until]);

  const well = world.time;
  while (breaker.state !== "closed") {
    acquireLastResort([breaker])?.permit.success();
    world.pass(10);
  }
  assert(world.time - well <= 5_000 + 1_000);
});

Deno.test("U19: the candidate whose probe is due soonest goes first, then each of the others", () => {
  const world = new VirtualWorld();
  const breakers: CircuitBreaker[] = [];
  for (const lastResortInterval of [9_000, 5_000, 7_000]) {
    breakers.push(openBreaker(world, { lastResortInterval }));
  }
  assertEquals(acquireLastResort(breakers), undefined);
  assertEquals(earliestProbe(breakers), world.time + 5_000);
  world.pass(10_000);
  for (const next of [1, 2, 0]) {
    const resort = acquireLastResort(breakers);
    assertStrictEquals(resort?.breaker, breakers[next]);
    resort?.permit.failure("fault");
  }
  assertEquals(acquireLastResort(breakers), undefined);
});

Deno.test("U19: an open time that is over counts as due", () => {
  const world = new VirtualWorld();
  const late = openBreaker(world, { recoveryTimeout: 60_000 });
  const soon = openBreaker(world, {
    recoveryTimeout: 20_000,
    lastResortInterval: 90_000,
  });
  assertEquals(earliestProbe([late, soon]), world.time + 20_000);
  world.pass(20_000);
  const resort = acquireLastResort([late, soon]);
  assertStrictEquals(resort?.breaker, soon);
  assertEquals(soon.state, "half_open");
});

Deno.test("acquireLastResort() lets nothing go while one is closed, or there is none", () => {
  const world = new VirtualWorld();
  const open = openBreaker(world);
  world.pass(30_000);
  const closed = world.breaker();
  for (const breakers of [[open, closed], [closed, open], [closed], []]) {
    assertEquals(acquireLastResort(breakers), undefined);
    assertEquals(earliestProbe(breakers), undefined);
  }
  assertEquals(open.state, "open");
});

Deno.test("acquireLastResort() passes over a candidate whose probes are under way", () => {
  const world = new VirtualWorld();
  const busy = openBreaker(world, { recoveryTimeout: 1_000 });
  const other = openBreaker(world, { lastResortInterval: 2_000 });
  world.pass(2_000);
  const probe = permitOf(busy);
  assertEquals(earliestProbe([busy]), undefined);
  assertEquals(acquireLastResort([busy]), undefined);
  assertStrictEquals(acquireLastResort([busy, other])?.breaker, other);
  probe.release();
  assertStrictEquals(acquireLastResort([busy, other])?.breaker, busy);
});

Deno.test("U16: a last-resort probe takes a slot as any other", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { lastResortInterval: 1_000 });
  world.pass(1_000);
  const resort = breaker.tryLastResort();
  assert(resort);
  world.pass(1_000);
  assertEquals([breaker.tryLastResort(), breaker.probeDue], [
    undefined,
    undefined,
  ]);
  world.pass(28_000);
  assertEquals([breaker.probes, breaker.tryAcquire()], [1, undefined]);
  resort.release();
  assertEquals([breaker.state, breaker.probes], ["open", 0]);
  assert(permitOf(breaker).probe);
});

Deno.test("a last-resort probe that goes well cuts the open time short", () => {
  const world = new VirtualWorld();
  const options = { lastResortInterval: 1_000, successThreshold: 2 };
  const breaker = openBreaker(world, options);
  world.pass(1_000);
  breaker.tryLastResort()?.success();
  assertEquals(breaker.state, "half_open");
  assert(breaker.admits);
  permitOf(breaker).success();
  assertEquals(breaker.state, "closed");
});

Deno.test("a last-resort probe that fails late waits for the next interval from then on", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, {
    recoveryTimeout: 300_000,
    lastResortInterval: 5_000,
  });
  world.pass(5_000);
  const resort = breaker.tryLastResort();
  world.pass(60_000);
  resort?.failure("fault");
  assertEquals(breaker.probeDue, world.time + 5_000);
});

Deno.test("CircuitBreaker.tryLastResort() is tryAcquire() where that gives a permit", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({ failureThreshold: 1 });
  assertEquals(breaker.tryLastResort()?.probe, false);
  fail(breaker, 1);
  world.pass(30_000);
  assertEquals(breaker.tryLastResort()?.probe, true);
  assertEquals([breaker.state, breaker.tryLastResort()], [
    "half_open",
    undefined,
  ]);
});

Deno.test("U16: last-resort probes that tell nothing go no faster, however many slots there are", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, {
    halfOpenMaxCalls: 3,
    lastResortInterval: 1_000,
  });
  world.pass(1_000);
  breaker.tryLastResort()?.release();
  assertEquals(breaker.tryLastResort(), undefined);
  world.pass(1_000);
  assert(breaker.tryLastResort());
  assertEquals(breaker.tryLastResort(), undefined);
});

Deno.test("U19: last-resort probes have jitter", () => {
  const world = new VirtualWorld();
  world.chance = 0.5;
  const breaker = openBreaker(world, {
    lastResortInterval: 10_000,
    jitter: 0.4,
  });
  assertEquals(breaker.probeDue, world.time + 12_000);
});
