import { assert, assertEquals, assertFalse } from "@std/assert";
import type { BreakerStrategy } from "./breaker_strategy.ts";
import { CompositeStrategy } from "./composite_strategy.ts";

/** A strategy that keeps what it is told and always says the same. */
class Scribe implements BreakerStrategy {
  readonly told: unknown[] = [];
  readonly #says: boolean;

  constructor(says: boolean) {
    this.#says = says;
  }

  firstByte(now: number, after: number): boolean {
    this.told.push(["firstByte", now, after]);
    return this.#says;
  }

  success(now: number, begun: boolean): void {
    this.told.push(["success", now, begun]);
  }

  failure(now: number, begun: boolean): boolean {
    this.told.push(["failure", now, begun]);
    return this.#says;
  }

  reset(): void {
    this.told.push("reset");
  }
}

Deno.test("CompositeStrategy tells all of its parts everything, whatever one says", () => {
  const parts = [new Scribe(true), new Scribe(false), new Scribe(true)];
  const strategy = new CompositeStrategy(parts);
  assert(strategy.firstByte(1, 300));
  strategy.success(2, true);
  assert(strategy.failure(3, false));
  strategy.reset();
  for (const { told } of parts) {
    assertEquals(told, [
      ["firstByte", 1, 300],
      ["success", 2, true],
      ["failure", 3, false],
      "reset",
    ]);
  }
});

Deno.test("CompositeStrategy opens when one part would, and stays closed when none would", () => {
  for (const says of [[true, false], [false, true], [false, false], []]) {
    const strategy = new CompositeStrategy(says.map((it) => new Scribe(it)));
    assertEquals(strategy.failure(0, false), says.includes(true));
    assertEquals(strategy.firstByte(0, 1), says.includes(true));
  }
});

Deno.test("CompositeStrategy takes a probe for slow when one part does", () => {
  const slow: BreakerStrategy = Object.assign(new Scribe(false), {
    isSlow: (after: number) => after > 100,
  });
  assert(new CompositeStrategy([new Scribe(false), slow]).isSlow(101));
  assertFalse(new CompositeStrategy([new Scribe(false), slow]).isSlow(100));
  assertFalse(new CompositeStrategy([new Scribe(false)]).isSlow(1e9));
});
