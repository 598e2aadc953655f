import type { VirtualTime } from "./_test_limits.ts";
import type {
  LimitLeaseAsk,
  LimitLeaseGrant,
  LimitStore,
  LimitStoreOptions,
  LimitSum,
} from "./limit_store.ts";
import { MemoryLimitStore } from "./memory_limit_store.ts";
import { RateLimiter } from "./rate_limiter.ts";
import type { SharedLimitOptions } from "./shared_limits.ts";

/** A store that takes its time, and can be told to fail or to be silent. */
export class SlowLimitStore implements LimitStore {
  readonly #inner = new MemoryLimitStore();
  readonly #time: VirtualTime;
  readonly #delay: () => number;
  /** What calls do from now on. */
  mode: "answer" | "fail" | "silent" = "answer";
  /** How many calls there were, and what was reported. */
  calls = 0;
  aborted = 0;
  readonly sums: LimitSum[] = [];

  constructor(time: VirtualTime, delay: () => number) {
    this.#time = time;
    this.#delay = delay;
  }

  lease(
    asks: readonly LimitLeaseAsk[],
    options: LimitStoreOptions,
  ): Promise<readonly LimitLeaseGrant[]> {
    return this.#call(() => this.#inner.lease(asks), options);
  }

  report(
    sums: readonly LimitSum[],
    options: LimitStoreOptions,
  ): Promise<void> {
    return this.#call(() => {
      this.sums.push(...sums);
      return this.#inner.report(sums);
    }, options);
  }

  async #call<T>(
    work: () => Promise<T>,
    { signal }: LimitStoreOptions,
  ): Promise<T> {
    this.calls++;
    signal.addEventListener("abort", () => this.aborted++);
    if (this.mode === "silent") await new Promise<never>(() => {});
    await this.#time.sleep(this.#delay() / 2);
    if (this.mode === "fail") throw new Error("The store is down");
    const result = await work();
    await this.#time.sleep(this.#delay() / 2);
    return result;
  }
}

/** So many limiters that share limits. */
export function sharedLimiters(
  count: number,
  { time, ...options }: SharedLimitOptions & { readonly time: VirtualTime },
): RateLimiter[] {
  const { now, schedule } = time;
  const shared = { date: now, schedule, ...options };
  return Array.from(
    { length: count },
    () => new RateLimiter({ now, shared }),
  );
}

/** Numbers from 0 to 1 that are the same in each run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
