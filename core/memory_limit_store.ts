import { SliceBook } from "./_slice_book.ts";
import {
  grantLease,
  type LimitLeaseAsk,
  type LimitLeaseGrant,
  type LimitStore,
  type LimitSum,
} from "./limit_store.ts";

/** How a {@linkcode MemoryLimitStore} is made. */
export interface MemoryLimitStoreOptions {
  /**
   * How many keys are counted, for each length of slice. Beyond that nothing
   * is granted to a new one until an old one is over.
   *
   * @default {100_000}
   */
  readonly maxKeys?: number;
}

/**
 * A store within one process, for limiters that share limits there, and for
 * tests. It never waits.
 *
 * @example Two limiters, one limit
 * ```ts
 * import { MemoryLimitStore, parseLimit, RateLimiter } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * const store = new MemoryLimitStore();
 * const limiters = [1, 2].map(() => new RateLimiter({ shared: { store } }));
 * for (const limiter of limiters) {
 *   limiter.define("team", parseLimit("100/minute"));
 *   assert(limiter.take([{ limit: "team", key: "team-a" }]).ok);
 * }
 * await Promise.all(limiters.map((limiter) => limiter.close()));
 * ```
 */
export class MemoryLimitStore implements LimitStore {
  readonly #maxKeys: number;
  /** By span and length of slice. */
  readonly #books = new Map<string, SliceBook>();

  /** Makes an empty store. */
  constructor(options: MemoryLimitStoreOptions = {}) {
    this.#maxKeys = options.maxKeys ?? 100_000;
  }

  /** Grants what there is; see {@linkcode LimitStore.lease}. */
  lease(asks: readonly LimitLeaseAsk[]): Promise<LimitLeaseGrant[]> {
    return Promise.resolve(asks.map((ask) => this.#grant(ask)));
  }

  /** Adds sums; see {@linkcode LimitStore.report}. */
  report(sums: readonly LimitSum[]): Promise<void> {
    for (const sum of sums) {
      this.#book(sum).add(idOf(sum), sum.windowId, sum.amount);
    }
    return Promise.resolve();
  }

  #grant(ask: LimitLeaseAsk): LimitLeaseGrant {
    const book = this.#book(ask);
    const id = idOf(ask);
    const windowId = book.place(id, ask.windowId);
    const grant = grantLease(book.counts(id, windowId), { ...ask, windowId });
    if (book.add(id, windowId, grant.granted)) return grant;
    return { granted: 0, left: 0, fitsAt: windowId + 1 };
  }

  #book({ span, sliceMs }: LimitLeaseAsk | LimitSum): SliceBook {
    const id = `${span} ${sliceMs}`;
    let book = this.#books.get(id);
    if (book === undefined) {
      book = new SliceBook({ span, sliceMs, maxKeys: this.#maxKeys });
      this.#books.set(id, book);
    }
    return book;
  }
}

/** No two pairs have the same. */
function idOf({ limit, key }: LimitLeaseAsk | LimitSum): string {
  return `${limit.length} ${limit}${key}`;
}
