import { pause } from "./_in_time.ts";
import { StateError } from "./state_error.ts";
import type { StateKey, StateStore } from "./state_store.ts";

/** The count of a slice of time, for one limit and key. */
export interface SliceCount {
  /** The name of the limit. */
  readonly limit: string;
  /** Whose limit it is. */
  readonly key: string;
  /** The number of the slice. */
  readonly windowId: number;
  /** How many slices are counted together, this one and those before it. */
  readonly span: number;
  /** Length of a slice, in milliseconds. */
  readonly sliceMs: number;
}

/** What is added to the count of a slice. */
export interface SliceSum extends SliceCount {
  /** May be below 0, but no count becomes so. */
  readonly amount: number;
}

/** What a limiter says besides when it calls. */
export interface SliceCallOptions {
  /** Aborted when nobody waits any longer. */
  readonly signal: AbortSignal;
}

/** A place where processes share limits, as rate limiters want it. */
export interface StateLimitStore<Ask, Grant> {
  /** Grants what there is, in the order of the asks. */
  lease(
    asks: readonly Ask[],
    options: SliceCallOptions,
  ): Promise<readonly Grant[]>;
  /** Adds to counts. */
  report(
    sums: readonly SliceSum[],
    options: SliceCallOptions,
  ): Promise<void>;
}

/** Says what an ask is granted when these are the counts, the oldest first. */
export type SliceGrant<Ask, Grant> = (
  counts: readonly number[],
  ask: Ask,
) => Grant;

/**
 * Keeps shared limits in a store: a row for each limit and key. What is asked
 * for at the same time is taken together, one call after the other, so that
 * processes compete for a row, and not requests.
 *
 * It throws a {@linkcode StateError} when the store is out of reach, or is
 * degraded: then each process is on its own.
 *
 * @param store Stays open.
 * @param grant The arithmetic: `grantLease` of `@llm-proxy/core`.
 *
 * @example A limiter that shares its limits
 * ```ts
 * import { limitStore, MemoryStateStore } from "@llm-proxy/context";
 * import { grantLease, parseLimit, RateLimiter } from "@llm-proxy/core";
 * import { assert } from "@std/assert";
 *
 * const state = new MemoryStateStore();
 * const shared = { store: limitStore(state, grantLease) };
 * const limiter = new RateLimiter({ shared });
 * limiter.define("team", parseLimit("100/minute"));
 * assert(limiter.take([{ limit: "team", key: "team-a" }]).ok);
 * await limiter.close();
 * ```
 */
export function limitStore<
  Ask extends SliceCount,
  Grant extends { readonly granted: number },
>(
  store: StateStore,
  grant: SliceGrant<Ask, Grant>,
): StateLimitStore<Ask, Grant> {
  const rows = new SliceRows(store);
  return {
    async lease(asks, { signal }): Promise<readonly Grant[]> {
      const grants = new Map<Ask, Grant>();
      // An ask that is there twice is two asks.
      const each = asks.map((ask) => ({ ...ask }));
      await rows.change(each, signal, (before, ask) => {
        const row = rowOfNow(before, ask);
        const windowId = placeOf(row, ask);
        const granted = grant(countsOf(row, { ...ask, windowId }), {
          ...ask,
          windowId,
        });
        grants.set(ask, granted);
        return addTo(row, { ...ask, windowId, amount: granted.granted });
      });
      return each.map((ask) => grants.get(ask)!);
    },
    report: (sums, { signal }) => rows.change(sums, signal, addTo),
  };
}

/** The newest slices of a limit and key, the oldest first. */
interface SliceRow {
  /** The newest. */
  readonly slice: number;
  readonly counts: readonly number[];
}

/** By so much, in ms, a clock may be slow; one that is further behind was set back. */
const MAX_SLOW_MS = 60_000;
/** How often a row is tried that others write as well. */
const MAX_TRIES = 20;
const MAX_WAIT_MS = 50;
/** How many rows are changed at the same time. */
const ROWS_AT_ONCE = 32;
/** What is longer is named by its digest, in characters. */
const MAX_PART = 200;

/** Rows that are changed, one call after the other. */
class SliceRows {
  readonly #store: StateStore;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: StateStore) {
    this.#store = store;
  }

  /** Changes the rows of some counts; `apply` may be called again for each. */
  change<C extends SliceCount>(
    counts: readonly C[],
    signal: AbortSignal,
    apply: (row: SliceRow, count: C) => SliceRow,
  ): Promise<void> {
    const work = this.#last.then(async () => {
      const groups = [...Map.groupBy(counts, idOf).values()];
      for (let from = 0; from < groups.length; from += ROWS_AT_ONCE) {
        const some = groups.slice(from, from + ROWS_AT_ONCE);
        await Promise.all(
          some.map((group) => this.#changeRow(group, signal, apply)),
        );
      }
    });
    this.#last = work.catch(() => {});
    return work;
  }

  async #changeRow<C extends SliceCount>(
    counts: readonly C[],
    signal: AbortSignal,
    apply: (row: SliceRow, count: C) => SliceRow,
  ): Promise<void> {
    const [first] = counts;
    if (first === undefined) return;
    const key = await keyOf(first);
    for (let tries = 1; tries <= MAX_TRIES; tries++) {
      signal.throwIfAborted();
      const entry = await this.#store.get(key);
      const before = readRow(entry?.value, first.span);
      const row = counts.reduce(apply, before);
      if (row === before) return;
      const deadline = (row.slice + first.span + 1) * first.sliceMs;
      const result = await this.#store.commit({
        checks: [{ key, version: entry?.version ?? null }],
        writes: [{ type: "set", key, value: row, deadline }],
      });
      if (result.ok) return;
      await pause(Math.random() * Math.min(MAX_WAIT_MS, 2 ** tries));
    }
    throw new StateError("contended", "A limit is changed by too many at once");
  }
}

/** No two limits, keys and spans have the same. */
function idOf({ limit, key, span, sliceMs }: SliceCount): string {
  return JSON.stringify([limit, key, span, sliceMs]);
}

async function keyOf(
  { limit, key, span, sliceMs }: SliceCount,
): Promise<StateKey> {
  const names = await Promise.all([partOf(limit), partOf(key)]);
  return ["limit", ...names, span, sliceMs];
}

/** What anybody sends as a key must not be too long for one, or broken. */
async function partOf(name: string): Promise<string> {
  if (name.length <= MAX_PART && name.isWellFormed()) return `=${name}`;
  const bytes = new TextEncoder().encode(JSON.stringify(name));
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return `#${new Uint8Array(digest).toHex()}`;
}

/** What is stored may be anything. */
function readRow(value: unknown, span: number): SliceRow {
  const { slice, counts } = (value ?? {}) as Partial<SliceRow>;
  const isRow = Number.isSafeInteger(slice) && Array.isArray(counts) &&
    counts.length === span && counts.every((count) => count >= 0);
  return isRow ? { slice: slice!, counts: counts! } : {
    slice: -Infinity,
    counts: [],
  };
}

/** The counts of the slices that are asked for, and of any after them. */
function countsOf(
  { slice, counts }: SliceRow,
  { windowId, span }: SliceCount,
): number[] {
  const first = windowId - span + 1;
  const last = Math.max(windowId, slice);
  if (last - first >= 2 * span) return [...counts];
  return Array.from(
    { length: last - first + 1 },
    (_, at) => counts[first + at - slice + span - 1] ?? 0,
  );
}

/**
 * The row as an ask finds it. Whose clock is far behind the newest count was set
 * back: what was counted is taken to be of now, so that nobody gets a second
 * window, or waits for the clock to catch up (S5).
 */
function rowOfNow(row: SliceRow, ask: SliceCount): SliceRow {
  const { windowId, span, sliceMs } = ask;
  const behind = row.slice - windowId;
  const wasSetBack = behind >= span && behind * sliceMs > MAX_SLOW_MS;
  return wasSetBack ? { ...row, slice: windowId } : row;
}

/** The slice that an ask is counted in: of a clock that is a little slow the newest. */
function placeOf({ slice }: SliceRow, { windowId, span }: SliceCount): number {
  return windowId > slice - span ? windowId : slice;
}

/** The row with something added; itself where that makes no difference. */
function addTo(row: SliceRow, sum: SliceSum): SliceRow {
  const { windowId, span, amount } = sum;
  if (amount === 0 || windowId <= row.slice - span) return row;
  const slice = Math.max(row.slice, windowId);
  const counts = Array.from({ length: span }, (_, at) => {
    const of = slice - span + 1 + at;
    const before = row.counts[of - row.slice + span - 1] ?? 0;
    return of === windowId ? Math.max(0, before + amount) : before;
  });
  return { slice, counts };
}
