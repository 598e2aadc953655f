import { acquireLastResort } from "./breaker_group.ts";
import type { BreakerStrategy } from "./breaker_strategy.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import { CompositeStrategy } from "./composite_strategy.ts";
import { ConsecutiveStrategy } from "./consecutive_strategy.ts";
import { RatioStrategy } from "./ratio_strategy.ts";
import { SlowFirstByteStrategy } from "./slow_first_byte_strategy.ts";

const STRATEGIES: Record<string, () => BreakerStrategy> = {
  consecutive: () => new ConsecutiveStrategy(5),
  ratio: () => new RatioStrategy(),
  "all three": () =>
    new CompositeStrategy([
      new ConsecutiveStrategy(5),
      new RatioStrategy(),
      new SlowFirstByteStrategy({ slowerThan: 5_000 }),
    ]),
};

for (const [name, make] of Object.entries(STRATEGIES)) {
  const breaker = new CircuitBreaker({ strategy: make() });
  Deno.bench(`tryAcquire + success, ${name}`, { group: "closed" }, () => {
    breaker.tryAcquire()?.success();
  });
}

const STREAMED = new CircuitBreaker({ strategy: new RatioStrategy() });
Deno.bench("tryAcquire + firstByte + success, ratio", {
  group: "closed",
}, () => {
  const permit = STREAMED.tryAcquire();
  permit?.firstByte(300);
  permit?.success();
});

const MANY = Array.from({ length: 1_000 }, () => new CircuitBreaker());
let next = 0;
Deno.bench("tryAcquire + success over 1,000 breakers", {
  group: "closed",
}, () => {
  MANY[next++ % 1_000]?.tryAcquire()?.success();
});

const OPEN = new CircuitBreaker({ failureThreshold: 1 });
OPEN.tryAcquire()?.failure("fault");
Deno.bench("tryAcquire refused", { group: "open" }, () => {
  OPEN.tryAcquire();
});

const ALL_OPEN = Array.from({ length: 10 }, () => {
  const breaker = new CircuitBreaker({ failureThreshold: 1 });
  breaker.tryAcquire()?.failure("fault");
  return breaker;
});
Deno.bench("acquireLastResort refused by 10", { group: "open" }, () => {
  acquireLastResort(ALL_OPEN);
});
