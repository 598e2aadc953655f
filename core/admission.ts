import type { LimitUnit } from "./rate_limit.ts";
import type { RateLimitLease } from "./rate_limit_lease.ts";

/** What a request asks of the limits of one name. */
export interface LimitAsk {
  /** The name that the limits were defined by. */
  readonly limit: string;
  /**
   * Whose limits they are: any text. One of more than 256 characters is kept
   * as its digest.
   */
  readonly key: string;
  /**
   * How many tokens to reserve: what the request may come to. Of 0, limits on
   * tokens refuse it only while more than the limit is used.
   *
   * @default {0}
   */
  readonly tokens?: number;
}

/** A request that may go on. */
export interface Admitted {
  /** Tells it from a refusal. */
  readonly ok: true;
  /** Must be ended when the request has ended, however it ends. */
  readonly lease: RateLimitLease;
}

/** A request that may not go on; it has consumed nothing. */
export interface Refused {
  /** Tells it from an admission. */
  readonly ok: false;
  /** The name of the limit that lets it wait longest. */
  readonly limit: string;
  /** And the key. */
  readonly key: string;
  /** What of that limit is used up. */
  readonly unit: LimitUnit;
  /**
   * In how many milliseconds the same request will be admitted if nobody else
   * comes; Infinity where it asks for more than there ever is. A guess where
   * slots are used up, or the answer of a store is awaited.
   */
  readonly retryAfterMs: number;
}

/** What becomes of a request. */
export type Admission = Admitted | Refused;

/** How a limit stands for one key. */
export interface LimitStatus {
  /** The name that the limit was defined by. */
  readonly name: string;
  /** Whose limit it is. */
  readonly key: string;
  /** What is counted. */
  readonly unit: LimitUnit;
  /** The most that there can be: of a window, or of a bucket. */
  readonly limit: number;
  /** What could be taken now. */
  readonly remaining: number;
  /** Milliseconds until all of it can be taken, if nobody takes any. */
  readonly resetMs: number;
}
