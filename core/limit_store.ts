/**
 * A request for a share of a limit that several processes have in common.
 *
 * Time is cut into slices by the wall clock, twelve in a window. What is leased
 * in a slice is used in that slice or given back.
 */
export interface LimitLeaseAsk {
  /** The name that the limit was defined by, and which of its limits. */
  readonly limit: string;
  /** Whose limit it is. */
  readonly key: string;
  /** How much is wanted; part of it is welcome. */
  readonly amount: number;
  /** How much would be of use; no more than `amount`. */
  readonly least: number;
  /** The number of the slice: milliseconds since 1970 by `sliceMs`. */
  readonly windowId: number;
  /** Over how many slices `capacity` holds, this one and those before it. */
  readonly span: number;
  /** The most that these slices may have together. */
  readonly capacity: number;
  /** Length of a slice in milliseconds; a count may go after `span` of them. */
  readonly sliceMs: number;
}

/** What a store gives for a {@linkcode LimitLeaseAsk}. */
export interface LimitLeaseGrant {
  /** From 0 up to what was wanted; counted in the store from now on. */
  readonly granted: number;
  /** What is left for anybody. */
  readonly left: number;
  /** The first slice in which `least` fits again if nobody takes more; Infinity for never. */
  readonly fitsAt: number;
}

/** What was used without a lease, or given back of one (below 0). */
export interface LimitSum {
  /** The same as in {@linkcode LimitLeaseAsk}. */
  readonly limit: string;
  /** Whose limit it is. */
  readonly key: string;
  /** The slice to count it in. */
  readonly windowId: number;
  /** To be added to the count of that slice. */
  readonly amount: number;
  /** After so many slices the count may go. */
  readonly span: number;
  /** Length of a slice in milliseconds. */
  readonly sliceMs: number;
}

/** What every call to a store is given besides. */
export interface LimitStoreOptions {
  /** Aborted when nobody waits any longer. */
  readonly signal: AbortSignal;
}

/**
 * Where processes share limits: one count for each limit, key and slice. No
 * request waits for it. {@linkcode grantLease} has the arithmetic.
 */
export interface LimitStore {
  /**
   * Grants what there is, in the order of the asks; count and grant are one
   * atomic step for each ask.
   *
   * @throws {unknown} when the store is out of reach; nothing is granted then.
   */
  lease(
    asks: readonly LimitLeaseAsk[],
    options: LimitStoreOptions,
  ): Promise<readonly LimitLeaseGrant[]>;
  /**
   * Adds sums to counts; they may come out above the capacity and never below 0.
   *
   * @throws {unknown} when the store is out of reach.
   */
  report(
    sums: readonly LimitSum[],
    options: LimitStoreOptions,
  ): Promise<void>;
}

/**
 * What a store should grant, for those who write one.
 *
 * @param counts The counts of the slices that the ask spans, the oldest first,
 * and of any after them: the ask may come late, or from a clock that is slow.
 *
 * @example Ten, of which seven are taken
 * ```ts
 * import { grantLease } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const grant = grantLease([4, 0, 3], {
 *   limit: "requests",
 *   key: "team-a",
 *   amount: 5,
 *   least: 1,
 *   windowId: 100,
 *   span: 3,
 *   capacity: 10,
 *   sliceMs: 5_000,
 * });
 * assertEquals(grant, { granted: 3, left: 0, fitsAt: 101 });
 * ```
 */
export function grantLease(
  counts: readonly number[],
  ask: LimitLeaseAsk,
): LimitLeaseGrant {
  const { amount, least, capacity, windowId, span } = ask;
  const used = counts.reduce((sum, count) => sum + count, 0);
  const free = Math.max(0, capacity - used);
  const granted = Math.min(amount, free);
  let over = used + granted + least - capacity;
  let fitsAt = least > capacity ? Infinity : windowId + span;
  for (let passed = 0; passed < span; passed++) {
    if (over <= 0) {
      fitsAt = Math.min(fitsAt, windowId + passed);
      break;
    }
    over -= counts[passed] ?? 0;
  }
  return { granted, left: free - granted, fitsAt };
}
