import * as fc from "fast-check";
import type { Limit } from "./rate_limit.ts";

/** A clock and its timers, for tests that have no time. */
export class VirtualTime {
  #now: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(now = 0) {
    this.#now = now;
  }

  readonly now = (): number => this.#now;

  readonly schedule = (run: () => void, ms: number): () => void => {
    const timer = { at: this.#now + ms, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  /** Timers that are still to come. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Resolves after that much of this time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(resolve, ms));
  }

  /** Lets so much time pass, with whatever is due in it. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end)
        .sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets promises that are ready go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** What was taken of a limit for one key, and counts. */
export interface Charge {
  readonly at: number;
  amount: number;
}

/** The most that the charges of any window up to `now` come above the limit; 0 or less is within. */
export function excessOf(
  charges: readonly Charge[],
  { limit, now }: { readonly limit: Limit; readonly now: number },
): number {
  const { amount, windowMs, burst } = limit;
  if (burst === undefined) {
    let sum = 0;
    for (const charge of charges) {
      if (charge.at > now - windowMs) sum += charge.amount;
    }
    return sum - amount;
  }
  let sum = 0;
  let most = 0;
  for (const charge of charges.toReversed()) {
    sum += charge.amount;
    most = Math.max(most, sum - (now - charge.at) * amount / windowMs);
  }
  return most - burst;
}

const WINDOW = fc.constantFrom(100, 1_000, 60_000);

/** Any limit of a kind. */
export const ANY_LIMIT: fc.Arbitrary<Limit> = fc.oneof(
  fc.record({
    unit: fc.constant("requests" as const),
    amount: fc.integer({ min: 1, max: 12 }),
    windowMs: WINDOW,
  }),
  fc.record({
    unit: fc.constant("requests" as const),
    amount: fc.integer({ min: 1, max: 12 }),
    windowMs: WINDOW,
    burst: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({
    unit: fc.constant("tokens" as const),
    amount: fc.integer({ min: 1, max: 900 }),
    windowMs: WINDOW,
  }),
  fc.record({
    unit: fc.constant("tokens" as const),
    amount: fc.integer({ min: 1, max: 900 }),
    windowMs: WINDOW,
    burst: fc.integer({ min: 1, max: 900 }),
  }),
  fc.record({
    unit: fc.constant("concurrent" as const),
    amount: fc.integer({ min: 1, max: 4 }),
    windowMs: fc.constant(0),
  }),
);

/** One step of a history. */
export type Step =
  | {
    readonly act: "take";
    readonly asks: readonly {
      readonly limit: string;
      readonly key: string;
      readonly tokens: number;
    }[];
  }
  | { readonly act: "settle"; readonly pick: number; readonly tokens: number }
  | { readonly act: "release"; readonly pick: number }
  | { readonly act: "pass"; readonly ms: number };

const ASK = fc.record({
  limit: fc.constantFrom("a", "b"),
  key: fc.constantFrom("k0", "k1", "k2", "k3"),
  tokens: fc.oneof(fc.nat(40), fc.nat(1_000)),
});

/** Steps on the limits `a` and `b` with four keys. */
export const HISTORY: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant("take" as const),
        asks: fc.array(ASK, { minLength: 1, maxLength: 3 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant("settle" as const),
        pick: fc.nat(),
        tokens: fc.oneof(fc.nat(40), fc.nat(1_500)),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant("release" as const),
        pick: fc.nat(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        act: fc.constant("pass" as const),
        ms: fc.oneof(
          fc.nat(20),
          fc.nat(1_500),
          fc.nat(80_000),
          fc.nat(4_000).map((quarters) => quarters / 4),
        ),
      }),
    },
  ),
  { maxLength: 150, size: "max" },
);
