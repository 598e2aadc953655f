import { assert } from "@std/assert";
import type { BreakerPermit } from "./breaker_permit.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import type { CircuitBreakerOptions } from "./circuit_breaker_options.ts";

/** Time and chance in a test's hands. */
export class VirtualWorld {
  /** The monotonic clock, in ms. */
  time = 1_000_000;
  /** The wall clock, in ms. */
  wall = 1_800_000_000_000;
  /** What the next draws give. */
  chance = 0;

  /** Lets time pass on both clocks. */
  pass(time: number): void {
    this.time += time;
    this.wall += time;
  }

  /** A breaker in this world. */
  breaker(options: CircuitBreakerOptions = {}): CircuitBreaker {
    return new CircuitBreaker({
      now: () => this.time,
      wallNow: () => this.wall,
      random: () => this.chance,
      ...options,
    });
  }
}

/** A permit that must be given. */
export function permitOf(breaker: CircuitBreaker): BreakerPermit {
  const permit = breaker.tryAcquire();
  assert(permit, `No permit in state ${breaker.state}`);
  return permit;
}

/** Lets attempts fail one after the other. */
export function fail(breaker: CircuitBreaker, times: number): void {
  for (let i = 0; i < times; i++) permitOf(breaker).failure("fault");
}

/** A breaker that has just opened after one failure. */
export function openBreaker(
  world: VirtualWorld,
  options: CircuitBreakerOptions = {},
): CircuitBreaker {
  const breaker = world.breaker({ failureThreshold: 1, ...options });
  fail(breaker, 1);
  assert(breaker.state === "open");
  return breaker;
}
