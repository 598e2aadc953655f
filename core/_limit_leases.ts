import type { StoreCalls } from "./_store_calls.ts";
import type {
  LimitLeaseAsk,
  LimitLeaseGrant,
  LimitStore,
} from "./limit_store.ts";

/** Somebody who wants a lease. */
export interface Lessee {
  /** What is wanted, by now; `undefined` for nothing any more. */
  ask(): LimitLeaseAsk | undefined;
  /** What came of it; `undefined` where the store did not answer. */
  answer(ask: LimitLeaseAsk, grant: LimitLeaseGrant | undefined): void;
}

/** How many asks go into one call. */
const BATCH = 100;

/**
 * Asks a store for leases, one call at a time: whatever is wanted while one is
 * under way goes into the next.
 */
export class LimitLeases {
  readonly #store: LimitStore;
  readonly #calls: StoreCalls;
  readonly #wanting = new Set<Lessee>();
  #asking: Promise<void> | undefined;
  #isClosed = false;

  constructor(store: LimitStore, calls: StoreCalls) {
    this.#store = store;
    this.#calls = calls;
  }

  /** Whether the lessee will hear; false while the store is left alone. */
  want(lessee: Lessee): boolean {
    if (this.#isClosed || !this.#calls.isDue) return false;
    this.#wanting.add(lessee);
    this.#asking ??= this.#askAll();
    return true;
  }

  /** Asks for no more, and resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#asking;
  }

  async #askAll(): Promise<void> {
    // Everything that this turn of the event loop wants goes together.
    await Promise.resolve();
    while (this.#wanting.size > 0) await this.#askSome();
    this.#asking = undefined;
  }

  async #askSome(): Promise<void> {
    const lessees: Lessee[] = [];
    const asks: LimitLeaseAsk[] = [];
    for (const lessee of this.#wanting) {
      if (asks.length === BATCH) break;
      this.#wanting.delete(lessee);
      const ask = lessee.ask();
      if (ask === undefined) continue;
      lessees.push(lessee);
      asks.push(ask);
    }
    if (asks.length === 0) return;
    const answer = this.#isClosed || !this.#calls.isDue
      ? undefined
      : await this.#calls.make(async (options) => ({
        grants: await this.#store.lease(asks, options),
      }));
    for (const [i, lessee] of lessees.entries()) {
      const ask = asks[i]!;
      lessee.answer(ask, answer && checkGrant(ask, answer.grants?.[i]));
    }
  }
}

/** Of a store that is wrong nothing is taken, and never more than was asked for. */
function checkGrant(
  ask: LimitLeaseAsk,
  grant: LimitLeaseGrant | null | undefined,
): LimitLeaseGrant {
  const { granted = 0, left = 0, fitsAt = 0 } = grant ?? {};
  return {
    granted: granted >= 0 ? Math.min(granted, ask.amount) : 0,
    left: left >= 0 ? left : 0,
    fitsAt: fitsAt > ask.windowId ? fitsAt : ask.windowId + 1,
  };
}
