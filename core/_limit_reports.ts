import type { StoreCalls } from "./_store_calls.ts";
import type { LimitStore, LimitSum } from "./limit_store.ts";

/** How many sums go into one call. */
const BATCH = 500;
/** How many sums wait at most; further ones are lost. */
const MAX_SUMS = 100_000;

/** What a store still has to be told, one sum for each limit, key and slice. */
export class LimitReports {
  readonly #store: LimitStore;
  readonly #calls: StoreCalls;
  readonly #sums = new Map<string, LimitSum>();
  #sending: Promise<void> | undefined;

  constructor(store: LimitStore, calls: StoreCalls) {
    this.#store = store;
    this.#calls = calls;
  }

  /** How many sums wait. */
  get size(): number {
    return this.#sums.size;
  }

  /** Adds to what is to be told. */
  add(sum: LimitSum): void {
    if (sum.amount === 0) return;
    const { windowId, limit, key } = sum;
    const id = `${windowId} ${limit.length} ${limit}${key}`;
    const known = this.#sums.get(id);
    if (known === undefined && this.#sums.size >= MAX_SUMS) return;
    const amount = sum.amount + (known?.amount ?? 0);
    if (amount === 0) this.#sums.delete(id);
    else this.#sums.set(id, { ...sum, amount });
  }

  /** Tells the store what there is now; one call at a time. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    let left = this.#sums.size;
    while (left > 0 && this.#calls.isDue) {
      const batch = this.#next();
      left -= batch.length;
      if (batch.length === 0) return;
      const done = await this.#calls.make(async (options) => {
        await this.#store.report(batch, options);
        return true;
      });
      if (done !== undefined) continue;
      // It may have been counted all the same. Twice is harmless for what was
      // used; what was given back twice would be let through twice.
      for (const sum of batch) if (sum.amount > 0) this.add(sum);
    }
  }

  #next(): LimitSum[] {
    const batch: LimitSum[] = [];
    for (const [id, sum] of this.#sums) {
      if (batch.length === BATCH) break;
      this.#sums.delete(id);
      batch.push(sum);
    }
    return batch;
  }
}
