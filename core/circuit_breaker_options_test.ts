import { assertEquals, assertThrows } from "@std/assert";
import { fail, openBreaker, VirtualWorld } from "./_test_breaker.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import type { CircuitBreakerOptions } from "./circuit_breaker_options.ts";
import { RatioStrategy } from "./ratio_strategy.ts";

Deno.test("CircuitBreaker refuses options that make no sense, and names them", () => {
  const wrong: [CircuitBreakerOptions, string][] = [
    [
      { failureThreshold: 0 },
      "'failureThreshold' must be a whole number not below 1, got '0'",
    ],
    [{ failureThreshold: 1.5 }, "'failureThreshold'"],
    [{ recoveryTimeout: 0 }, "'recoveryTimeout'"],
    [
      { recoveryTimeout: NaN },
      "'recoveryTimeout' must be a number not below 1 and not above 86400000, got 'NaN'",
    ],
    [{ recoveryTimeout: Infinity }, "'recoveryTimeout'"],
    [{ recoveryTimeout: 10_000, maxOpenTime: 9_999 }, "'maxOpenTime'"],
    [{ jitter: -0.1 }, "'jitter'"],
    [{ jitter: 1.1 }, "'jitter'"],
    [{ stableAfter: -1 }, "'stableAfter'"],
    [{ halfOpenMaxCalls: 0 }, "'halfOpenMaxCalls'"],
    [{ halfOpenMaxCalls: 1_001 }, "'halfOpenMaxCalls'"],
    [{ successThreshold: 0.5 }, "'successThreshold'"],
    [{ probeTimeout: 0 }, "'probeTimeout'"],
    [{ lastResortInterval: 0 }, "'lastResortInterval'"],
    // What a config file may hold.
    [JSON.parse('{"recoveryTimeout": "30"}'), "'recoveryTimeout'"],
    [JSON.parse('{"jitter": null}'), "'jitter'"],
  ];
  for (const [options, words] of wrong) {
    assertThrows(() => new CircuitBreaker(options), RangeError, words);
  }
});

Deno.test("CircuitBreaker keeps to a recovery_timeout above the usual cap", () => {
  const world = new VirtualWorld();
  const breaker = openBreaker(world, { recoveryTimeout: 3_600_000 });
  world.pass(3_600_000);
  fail(breaker, 1);
  assertEquals((breaker.openUntil ?? 0) - world.time, 3_600_000);
});

Deno.test("CircuitBreaker takes the shortest recovery_timeout with any jitter", () => {
  const world = new VirtualWorld();
  for (const jitter of [Number.EPSILON / 2, 0.2, 1]) {
    openBreaker(world, { recoveryTimeout: 1, jitter });
  }
});

Deno.test("CircuitBreaker follows its strategy where one is given", () => {
  const breaker = new CircuitBreaker({
    failureThreshold: 1,
    strategy: new RatioStrategy({ minimum: 3 }),
  });
  fail(breaker, 2);
  assertEquals(breaker.state, "closed");
  fail(breaker, 1);
  assertEquals(breaker.state, "open");
});
