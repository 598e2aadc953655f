import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  ANY_LIMIT,
  type Charge,
  excessOf,
  HISTORY,
  type Step,
  VirtualTime,
} from "./_test_limits.ts";
import type { LimitAsk } from "./admission.ts";
import type { Limit } from "./rate_limit.ts";
import type { RateLimitLease } from "./rate_limit_lease.ts";
import { RateLimiter } from "./rate_limiter.ts";

const LIMITS = fc.record({
  a: fc.array(ANY_LIMIT, { minLength: 1, maxLength: 3 }),
  b: fc.array(ANY_LIMIT, { minLength: 1, maxLength: 2 }),
  // Times are kept in 32 bits.
  start: fc.constantFrom(0, 2 ** 32 - 3_000, 1.7e12),
});
type Limits = {
  readonly a: readonly Limit[];
  readonly b: readonly Limit[];
  readonly start: number;
};

/** What one ask was counted as in one limit, the `place`-th of its name. */
interface Part {
  readonly limit: Limit;
  readonly place: number;
  readonly ask: LimitAsk;
  readonly charge: Charge;
  readonly all: Charge[];
}

/** A limiter, and what it should have counted by the definition of its limits. */
class Checked {
  readonly time: VirtualTime;
  readonly limiter: RateLimiter;
  readonly #limits: Limits;
  readonly #charges = new Map<string, { limit: Limit; charges: Charge[] }>();
  readonly #open: {
    readonly lease: RateLimitLease;
    readonly parts: readonly Part[];
  }[] = [];

  constructor(limits: Limits, maxKeys?: number) {
    this.time = new VirtualTime(limits.start);
    this.#limits = limits;
    this.limiter = new RateLimiter({
      now: this.time.now,
      ...(maxKeys === undefined ? {} : { maxKeys }),
    });
    this.limiter.define("a", limits.a);
    this.limiter.define("b", limits.b);
  }

  async run(step: Step): Promise<string> {
    switch (step.act) {
      case "take":
        return this.#take(step.asks);
      case "pass":
        await this.time.pass(step.ms);
        return "";
      default: {
        const [one] = this.#open.splice(
          step.pick % (this.#open.length || 1),
          1,
        );
        if (one === undefined) return "";
        this.#settle(
          one.parts,
          step.act === "settle" ? step.tokens : undefined,
        );
        if (step.act === "release") one.lease.release();
        else one.lease.settle({ tokens: step.tokens });
        one.lease.settle({ tokens: 0 });
        assert(one.lease.ended);
        return "";
      }
    }
  }

  endAll(): void {
    for (const { lease } of this.#open.splice(0)) lease.release();
  }

  get underWay(): number {
    return this.#open.length;
  }

  #take(asks: readonly LimitAsk[]): string {
    const before = this.limiter.status(asks);
    const admission = this.limiter.take(asks);
    if (!admission.ok) {
      assertEquals(this.limiter.status(asks), before, "a refusal consumed");
      return `${admission.limit} ${admission.key} ${admission.retryAfterMs}`;
    }
    const now = this.time.now();
    const parts = asks.flatMap((ask) =>
      this.#limits[ask.limit as "a" | "b"].map((limit, place) => {
        const id = `${ask.limit} ${place} ${ask.key}`;
        const known = this.#charges.get(id) ?? { limit, charges: [] };
        this.#charges.set(id, known);
        const amount = limit.unit === "tokens" ? ask.tokens ?? 0 : 1;
        const charge = { at: now, amount };
        known.charges.push(charge);
        return { limit, place, ask, charge, all: known.charges };
      })
    );
    this.#open.push({ lease: admission.lease, parts });
    for (const [id, { limit, charges }] of this.#charges) {
      const isAsked = parts.some(({ all }) => all === charges);
      if (!isAsked) continue;
      const excess = limit.unit === "concurrent"
        ? charges.reduce((sum, { amount }) => sum + amount, 0) - limit.amount
        : excessOf(charges, { limit, now });
      assert(
        excess <= 1e-3,
        `${id} is ${excess} over ${JSON.stringify(limit)}`,
      );
    }
    return "ok";
  }

  /**
   * What came back does not count; what came on top counts from now on. To be
   * called before the limiter settles: what that forgives goes by its own count,
   * which may be above this one by what came back too late to be given back.
   */
  #settle(parts: readonly Part[], tokens: number | undefined): void {
    // The same limit asked for twice was reserved, and is settled, as one.
    const seen = new Map<Charge[], Part>();
    const sums = new Map<Charge[], number>();
    for (const part of parts) {
      const { limit, charge, all } = part;
      if (limit.unit === "concurrent") charge.amount = 0;
      if (limit.unit !== "tokens" || tokens === undefined) continue;
      sums.set(all, (sums.get(all) ?? 0) + charge.amount);
      if (seen.has(all)) charge.amount = 0;
      else seen.set(all, part);
    }
    const now = this.time.now();
    for (const [all, { charge, limit, place, ask }] of seen) {
      const reserved = sums.get(all) ?? 0;
      charge.amount = Math.min(reserved, tokens ?? 0);
      const more = (tokens ?? 0) - reserved;
      const { amount, burst, windowMs } = limit;
      // A bucket owes no more than what a window refills.
      const { resetMs } = this.limiter.status([ask])[place]!;
      const most = burst === undefined
        ? Infinity
        : amount + burst - resetMs * amount / windowMs;
      const owed = Math.min(more, most);
      if (owed > 0) all.push({ at: now, amount: owed });
    }
  }
}

Deno.test("L8: no window ever has more than its limit, whatever is taken, settled and released", async () => {
  await fc.assert(
    fc.asyncProperty(LIMITS, HISTORY, async (limits, history) => {
      const checked = new Checked(limits);
      for (const step of history) await checked.run(step);
    }),
    { numRuns: 800 },
  );
});

Deno.test("L8: nor where keys have to be forgotten because there are too many", async () => {
  await fc.assert(
    fc.asyncProperty(
      LIMITS,
      HISTORY,
      fc.integer({ min: 1, max: 3 }),
      async (limits, history, maxKeys) => {
        const checked = new Checked(limits, maxKeys);
        for (const step of history) await checked.run(step);
        assert(checked.limiter.size <= 2 * maxKeys);
      },
    ),
    { numRuns: 800 },
  );
});

Deno.test("L8: the order of the asks does not matter", async () => {
  await fc.assert(
    fc.asyncProperty(LIMITS, HISTORY, async (limits, history) => {
      const one = new Checked(limits);
      const other = new Checked(limits);
      for (const step of history) {
        const turned = step.act === "take"
          ? { ...step, asks: step.asks.toReversed() }
          : step;
        assertEquals(await one.run(step), await other.run(turned));
      }
    }),
    { numRuns: 800 },
  );
});

Deno.test("L8: after exactly the time that is told a refused request is admitted, and no earlier", async () => {
  await fc.assert(
    fc.asyncProperty(LIMITS, HISTORY, async (limits, history) => {
      const checked = new Checked(limits);
      const { limiter, time } = checked;
      for (const step of history) {
        await checked.run(step);
        if (step.act !== "take") continue;
        const refusal = limiter.take(step.asks);
        if (refusal.ok) {
          refusal.lease.settle({ tokens: 0 });
          continue;
        }
        const { retryAfterMs, unit } = refusal;
        if (unit === "concurrent" || retryAfterMs === Infinity) continue;
        assert(Number.isInteger(retryAfterMs) && retryAfterMs >= 1);
        await time.pass(retryAfterMs - 1);
        assert(!limiter.take(step.asks).ok, "admitted too early");
        await time.pass(1);
        const again = limiter.take(step.asks);
        // Slots of other leases are not freed by waiting.
        assert(again.ok || again.unit === "concurrent", "refused too long");
        if (again.ok) again.lease.release();
        return;
      }
    }),
    { numRuns: 800 },
  );
});

Deno.test("L9: every slot is free once every lease has ended, in whatever way", async () => {
  await fc.assert(
    fc.asyncProperty(LIMITS, HISTORY, async (limits, history) => {
      const checked = new Checked(limits);
      for (const step of history) await checked.run(step);
      checked.endAll();
      const keys = ["k0", "k1", "k2", "k3"];
      const asks = keys.flatMap((key) =>
        ["a", "b"].map((limit) => ({ limit, key }))
      );
      for (const { unit, limit, remaining } of checked.limiter.status(asks)) {
        if (unit === "concurrent") assertEquals(remaining, limit);
      }
      await checked.time.pass(400_000_000);
      checked.limiter.sweep();
      assertEquals(checked.limiter.size, 0);
    }),
    { numRuns: 800 },
  );
});
