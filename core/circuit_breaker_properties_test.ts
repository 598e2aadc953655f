import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import * as fc from "fast-check";
import { VirtualWorld } from "./_test_breaker.ts";
import { acquireLastResort } from "./breaker_group.ts";
import type { BreakerPermit } from "./breaker_permit.ts";
import type { CircuitBreaker } from "./circuit_breaker.ts";
import { CompositeStrategy } from "./composite_strategy.ts";
import { ConsecutiveStrategy } from "./consecutive_strategy.ts";
import type { FailureClass } from "./failure_class.ts";
import { RatioStrategy } from "./ratio_strategy.ts";
import { SlowFirstByteStrategy } from "./slow_first_byte_strategy.ts";

/** One step of a history. `pick` chooses among the permits that were given. */
interface Step {
  readonly act:
    | "acquire"
    | "lastResort"
    | "firstByte"
    | "success"
    | "fault"
    | "other"
    | "release"
    | "pass"
    | "restore"
    | "reset";
  readonly pick: number;
  readonly time: number;
}

const STEP: fc.Arbitrary<Step> = fc.record({
  act: fc.oneof(
    { weight: 6, arbitrary: fc.constant("acquire" as const) },
    { weight: 5, arbitrary: fc.constant("fault" as const) },
    { weight: 3, arbitrary: fc.constant("pass" as const) },
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        "lastResort" as const,
        "firstByte" as const,
        "success" as const,
        "other" as const,
        "release" as const,
      ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom("restore" as const, "reset" as const),
    },
  ),
  pick: fc.nat(),
  time: fc.nat(70_000),
});
const HISTORY = fc.array(STEP, { maxLength: 120, size: "max" });
const OTHERS: readonly FailureClass[] = [
  "throttled",
  "credential",
  "caller",
  "gateway",
];

/** A breaker and the probes that run, counted apart from it. */
class Run {
  readonly world = new VirtualWorld();
  readonly permits: BreakerPermit[] = [];
  readonly running = new Set<BreakerPermit>();
  readonly breaker: CircuitBreaker;

  constructor(halfOpenMaxCalls: number, successThreshold: number) {
    this.breaker = this.world.breaker({
      strategy: new CompositeStrategy([
        new ConsecutiveStrategy(3),
        new RatioStrategy({ minimum: 5 }),
        new SlowFirstByteStrategy({ slowerThan: 20_000, minimum: 4 }),
      ]),
      halfOpenMaxCalls,
      successThreshold,
      probeTimeout: 1e12,
      lastResortInterval: 2_000,
    });
  }

  take({ act, pick, time }: Step): void {
    const { breaker, world } = this;
    if (act === "pass") return world.pass(time);
    if (act === "reset") return breaker.reset();
    if (act === "restore") return void breaker.restore(breaker.snapshot());
    if (act === "acquire") return this.keep(breaker.tryAcquire());
    if (act === "lastResort") return this.keep(breaker.tryLastResort());
    const permit = this.permits[pick % this.permits.length];
    if (permit === undefined) return;
    this.running.delete(permit);
    if (act === "firstByte") permit.firstByte(time);
    else if (act === "success") permit.success();
    else if (act === "fault") permit.failure("fault");
    else if (act === "release") permit.release();
    else permit.failure(OTHERS[pick % OTHERS.length] ?? "caller");
  }

  keep(permit: BreakerPermit | undefined): void {
    if (permit === undefined) return;
    this.permits.push(permit);
    if (permit.probe) this.running.add(permit);
  }
}

Deno.test("U16: whatever happens, no more than half_open_max_calls probes run, and none leaks", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    HISTORY,
    (max, needed, history) => {
      const run = new Run(max, needed);
      for (const step of history) {
        const { admits } = run.breaker;
        const given = run.permits.length;
        run.take(step);
        if (step.act === "acquire") {
          assertEquals(run.permits.length > given, admits);
        }
        assert(run.running.size <= max);
        assertEquals(run.breaker.probes, run.running.size);
      }
      for (const permit of run.permits) permit.release();
      assertEquals(run.breaker.probes, 0);
      // Nothing is left that could keep it shut.
      run.world.pass(400_000);
      for (let i = 0; run.breaker.state !== "closed"; i++) {
        assert(i < needed, "Never closes");
        const permit = run.breaker.tryAcquire();
        assert(permit, "Never lets a probe go");
        permit.success();
      }
    },
  ));
});

Deno.test("U16: while nothing fails, nothing opens, and below the minimum sample no failure does", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 40 }),
    fc.array(
      fc.record({
        well: fc.boolean(),
        begun: fc.boolean(),
        time: fc.nat(3_000),
      }),
    ),
    (minimum, history) => {
      const world = new VirtualWorld();
      const options = { minimum, ratio: 0.001, window: 10_000 };
      const breaker = world.breaker({ strategy: new RatioStrategy(options) });
      const starts: number[] = [];
      let failures = 0;
      for (const { well, begun, time } of history) {
        world.pass(time);
        const permit = breaker.tryAcquire();
        assert(permit);
        if (begun) permit.firstByte(1);
        starts.push(world.time);
        if (well) permit.success();
        else permit.failure("fault");
        if (!well) failures++;
        const sample = starts.filter((at) => at > world.time - 10_000).length;
        if (breaker.state === "closed") continue;
        assert(failures > 0 && sample >= minimum, "Opened too soon");
        return;
      }
    },
  ));
});

Deno.test("U18: ends that are not the upstream's making neither open a circuit nor hold one back", () => {
  fc.assert(fc.property(
    fc.array(fc.constantFrom(...OTHERS), { maxLength: 200, size: "max" }),
    fc.nat(4),
    (ends, failures) => {
      const breaker = new VirtualWorld().breaker({ failureThreshold: 5 });
      const meanwhile = (): void => {
        for (const end of ends) breaker.tryAcquire()?.failure(end);
      };
      for (let i = 0; i < failures; i++) {
        breaker.tryAcquire()?.failure("fault");
        meanwhile();
      }
      assertEquals(breaker.state, "closed");
      for (let i = failures; i < 5; i++) breaker.tryAcquire()?.failure("fault");
      meanwhile();
      assertEquals(breaker.state, "open");
    },
  ));
});

Deno.test("CircuitBreaker opens for longer each time until the cap, whatever chance says", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 60_000 }),
    fc.integer({ min: 0, max: 1_000_000 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), {
      minLength: 2,
      maxLength: 40,
    }),
    (recoveryTimeout, more, jitter, chances) => {
      const world = new VirtualWorld();
      const maxOpenTime = recoveryTimeout + more;
      const breaker = world.breaker({
        failureThreshold: 1,
        recoveryTimeout,
        maxOpenTime,
        jitter,
      });
      let last = 0;
      for (const [i, chance] of chances.entries()) {
        world.chance = chance;
        breaker.tryAcquire()?.failure("fault");
        assertEquals(breaker.state, "open");
        const time = (breaker.openUntil ?? 0) - world.time;
        assertGreaterOrEqual(
          time + 1e-6,
          Math.min(recoveryTimeout, maxOpenTime),
        );
        assert(time <= maxOpenTime * (1 + jitter) + 1e-6);
        if (recoveryTimeout * 2 ** i <= maxOpenTime) {
          assertGreaterOrEqual(time + 1e-6, last);
        }
        last = time;
        world.pass(time + 1e-6);
      }
    },
  ));
});

Deno.test("U19: after any history, a route whose upstreams are well again heals within lastResortInterval", () => {
  fc.assert(fc.property(
    fc.array(HISTORY, { minLength: 1, maxLength: 4 }),
    fc.double({ min: 0, max: 0.999, noNaN: true }),
    (histories, chance) => {
      const world = new VirtualWorld();
      world.chance = chance;
      const breakers = histories.map(() =>
        world.breaker({
          failureThreshold: 1,
          recoveryTimeout: 5_000,
          jitter: 0.2,
        })
      );
      for (const [i, history] of histories.entries()) {
        const breaker = breakers[i];
        for (const { act, time } of history) {
          if (act === "pass") world.pass(time);
          else breaker?.tryLastResort()?.failure("fault");
        }
      }
      const well = world.time;
      while (breakers.every(({ state }) => state !== "closed")) {
        assert(world.time - well <= 5_000 * 1.2 + 1_000, "Still down");
        acquireLastResort(breakers)?.permit.success();
        world.pass(100);
      }
    },
  ));
});
