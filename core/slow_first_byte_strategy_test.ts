import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { permitOf, VirtualWorld } from "./_test_breaker.ts";
import { SlowFirstByteStrategy } from "./slow_first_byte_strategy.ts";

Deno.test("SlowFirstByteStrategy opens when too large a share begins too late", () => {
  const options = { slowerThan: 1_000, ratio: 0.5, minimum: 4 };
  const strategy = new SlowFirstByteStrategy(options);
  const said = [1_001, 5_000, 1_000, 3].map((after) =>
    strategy.firstByte(0, after)
  );
  // A fast answer opens nothing, even as the one that completes the sample.
  assertEquals(said, [false, false, false, false]);
  assert(strategy.firstByte(0, 1_001));
  strategy.reset();
  assertFalse(strategy.firstByte(0, 1_001));
});

Deno.test("SlowFirstByteStrategy forgets slow answers that have slid out", () => {
  const options = { slowerThan: 1_000, minimum: 4, window: 10_000 };
  const strategy = new SlowFirstByteStrategy(options);
  for (const now of [0, 4_000, 8_000, 12_000, 16_000, 20_000]) {
    assertFalse(strategy.firstByte(now, 9_000));
  }
});

Deno.test("SlowFirstByteStrategy hears neither ends nor failures", () => {
  const strategy = new SlowFirstByteStrategy({ slowerThan: 1, minimum: 2 });
  for (let i = 0; i < 10; i++) {
    strategy.success();
    assertFalse(strategy.failure());
  }
  assertFalse(strategy.firstByte(0, 2));
});

Deno.test("a probe that is slow does not close the circuit, one that is fast does", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({
    strategy: new SlowFirstByteStrategy({ slowerThan: 2_000, minimum: 2 }),
  });
  permitOf(breaker).firstByte(3_000);
  permitOf(breaker).firstByte(3_000);
  assertEquals(breaker.state, "open");

  world.pass(30_000);
  const slow = permitOf(breaker);
  slow.firstByte(2_001);
  slow.success();
  assertEquals([breaker.state, breaker.probes], ["open", 0]);
  assertEquals((breaker.openUntil ?? 0) - world.time, 60_000);

  world.pass(60_000);
  permitOf(breaker).firstByte(2_000);
  assertEquals(breaker.state, "closed");
});

Deno.test("a last-resort probe that is slow leaves the open time as it is", () => {
  const world = new VirtualWorld();
  const breaker = world.breaker({
    strategy: new SlowFirstByteStrategy({ slowerThan: 2_000, minimum: 2 }),
    lastResortInterval: 1_000,
  });
  permitOf(breaker).firstByte(3_000);
  permitOf(breaker).firstByte(3_000);
  const until = breaker.openUntil;
  world.pass(1_000);
  const slow = breaker.tryLastResort();
  slow?.firstByte(9_000);
  slow?.success();
  assertEquals([breaker.state, breaker.openUntil], ["open", until]);
});

Deno.test("SlowFirstByteStrategy refuses options out of range, and names them", () => {
  for (
    const [options, words] of [
      [{ slowerThan: 0 }, "SlowFirstByteStrategy: 'slowerThan'"],
      [{ slowerThan: NaN }, "SlowFirstByteStrategy: 'slowerThan'"],
      [{ slowerThan: 1, minimum: 1 }, "SlowFirstByteStrategy: 'minimum'"],
    ] as const
  ) {
    assertThrows(() => new SlowFirstByteStrategy(options), RangeError, words);
  }
});
