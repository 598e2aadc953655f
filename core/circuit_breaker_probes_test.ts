import { assert, assertEquals, assertFalse } from "@std/assert";
import { fail, openBreaker, permitOf, VirtualWorld } from "./_test_breaker.ts";
import type { FailureClass } from "./failure_class.ts";

Deno.test("U16: half_open_max_calls probes run at once, and no more", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { halfOpenMaxCalls: 3 });
  world.pass(30_000);
  const probes = [1, 2, 3].map(() => permitOf(breaker));
  assertEquals(breaker.probes, 3);
  assertFalse(breaker.admits);
  assertEquals(breaker.tryAcquire(), undefined);
  probes[0]?.release();
  assert(breaker.admits);
  assert(permitOf(breaker).probe);
  assertEquals(breaker.tryAcquire(), undefined);
});

Deno.test("CircuitBreaker closes after successThreshold good probes", () => {
  const world = new VirtualWorld();
  for (
    const [options, needed] of [
      [{}, 1],
      [{ halfOpenMaxCalls: 3 }, 3],
      [{ halfOpenMaxCalls: 1, successThreshold: 2 }, 2],
      [{ halfOpenMaxCalls: 5, successThreshold: 1 }, 1],
    ] as const
  ) {
    const breaker = openBreaker(world, options);
    world.pass(30_000);
    for (let i = 0; i < needed; i++) {
      assertEquals(breaker.state, i === 0 ? "open" : "half_open");
      permitOf(breaker).success();
    }
    assertEquals(breaker.state, "closed");
  }
});

Deno.test("CircuitBreaker forgets good probes when a bad one opens it", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { successThreshold: 2 });
  world.pass(30_000);
  permitOf(breaker).success();
  fail(breaker, 1);
  assertEquals(breaker.state, "open");
  world.pass(60_000);
  permitOf(breaker).success();
  assertEquals(breaker.state, "half_open");
  permitOf(breaker).success();
  assertEquals(breaker.state, "closed");
});

Deno.test("a permit ends once: its slot is given back once, whatever is called after", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { halfOpenMaxCalls: 2 });
  world.pass(30_000);
  const first = permitOf(breaker);
  const second = permitOf(breaker);
  first.release();
  first.release();
  first.success();
  first.failure("fault");
  first.firstByte(1);
  first[Symbol.dispose]();
  assertEquals([breaker.state, breaker.probes], ["half_open", 1]);
  second.success();
  second.failure("fault");
  assertEquals([breaker.state, breaker.probes], ["half_open", 0]);
});

Deno.test("a permit in `using` is released at the end of its block, also after a throw", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  world.pass(30_000);
  try {
    using probe = permitOf(breaker);
    assertEquals([probe.probe, breaker.probes], [true, 1]);
    throw new Error("On the way");
  } catch {
    assertEquals([breaker.state, breaker.probes], ["half_open", 0]);
  }
  {
    using probe = permitOf(breaker);
    probe.success();
  }
  assertEquals(breaker.state, "closed");
});

Deno.test("U18: a probe that ends without a verdict leaves the circuit as it was and lets the next one go", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  world.pass(30_000);
  const classes: FailureClass[] = [
    "caller",
    "credential",
    "throttled",
    "gateway",
  ];
  for (const failure of classes) {
    permitOf(breaker).failure(failure);
    assertEquals([breaker.state, breaker.probes], ["half_open", 0]);
  }
});

Deno.test("U19: a stream closes the circuit with its first byte, not at its end", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world);
  world.pass(30_000);
  const probe = permitOf(breaker);
  world.pass(400);
  probe.firstByte(400);
  assertEquals([breaker.state, breaker.probes], ["closed", 0]);
});

Deno.test("U6: a stream that breaks off after its first byte is a failure all the same", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({ failureThreshold: 3, successThreshold: 2 });
  for (let i = 0; i < 3; i++) {
    assertEquals(breaker.state, "closed");
    const permit = permitOf(breaker);
    permit.firstByte(300);
    permit.failure("fault");
  }
  assertEquals(breaker.state, "open");

  world.pass(30_000);
  const probe = permitOf(breaker);
  probe.firstByte(300);
  assertEquals(breaker.state, "half_open");
  probe.failure("fault");
  assertEquals(breaker.state, "open");
});

Deno.test("a probe counts once, whether or not its first byte was told", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { successThreshold: 2 });
  world.pass(30_000);
  const probe = permitOf(breaker);
  probe.firstByte(300);
  probe.firstByte(300);
  probe.success();
  assertEquals(breaker.state, "half_open");
});

Deno.test("probes that outlive their half-open time keep their slots until they end", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { halfOpenMaxCalls: 2 });
  world.pass(30_000);
  const hanging = permitOf(breaker);
  fail(breaker, 1);
  world.pass(60_000);
  assertEquals(breaker.probes, 1);
  const probe = permitOf(breaker);
  assertEquals(breaker.tryAcquire(), undefined);
  // Its verdict is one of before.
  hanging.failure("fault");
  assertEquals([breaker.state, breaker.probes], ["half_open", 1]);
  probe.release();
});

Deno.test("probes whose permits are never ended are given up after probeTimeout", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { probeTimeout: 700_000 });
  world.pass(30_000);
  const lost = permitOf(breaker);
  world.pass(699_999);
  assertEquals([breaker.tryAcquire(), breaker.probeDue], [
    undefined,
    undefined,
  ]);
  world.pass(1);
  assert(breaker.admits);
  const next = permitOf(breaker);
  assertEquals(breaker.probes, 1);
  lost.release();
  assertEquals(breaker.probes, 1);
  next.success();
  assertEquals([breaker.state, breaker.probes], ["closed", 0]);
});

Deno.test("U16: 60 s of failures at 200 a second open the circuit after 5 and let one probe go", () => {
  const world = new VirtualWorld();
  world.chance = 0.5;
  const breaker = world.breaker();
  const start = world.time;
  const sent: number[] = [];
  let openedAfter = 0;
  for (; world.time < start + 60_000; world.pass(5)) {
    const permit = breaker.tryAcquire();
    if (!permit) continue;
    sent.push(world.time - start);
    permit.failure("fault");
    if (breaker.state === "open") openedAfter ||= sent.length;
  }
  assertEquals(openedAfter, 5);
  assertEquals(sent.length, 6);
  assertEquals(sent[5], 33_020);
});
