import type { StateErrorCode } from "./state_error.ts";

/**
 * How a store does: what is written is `durable`, or waits in memory while the
 * store is `degraded`, or is kept in `memory` alone, or waits for the store that
 * is `opening`, or the store is `closed`.
 */
export interface StateStatus {
  /** What becomes of what is written. */
  readonly mode: "opening" | "durable" | "degraded" | "memory" | "closed";
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** How many changes wait in memory. */
  readonly waiting: number;
  /** What is wrong; absent while nothing is. */
  readonly code?: StateErrorCode;
  /** The same for people, fit for an operator. */
  readonly message?: string;
}

/**
 * What an operator should know of a store:
 *
 * - `degraded`: from now on changes wait in memory;
 * - `resumed`: all that waited was written;
 * - `quarantined`: the state file was corrupt and was put aside, a new one begun;
 * - `unchecked`: the state file was opened without a check, for this reason;
 * - `lost`: changes waited that were not written, as the store was closed or
 *   does not take them.
 */
export type StateAlarm =
  | {
    readonly type: "degraded";
    readonly code: StateErrorCode;
    readonly message: string;
    readonly cause: unknown;
  }
  | { readonly type: "resumed"; readonly written: number }
  | {
    readonly type: "quarantined";
    readonly path: string;
    readonly detail: string;
  }
  | { readonly type: "unchecked"; readonly detail: string }
  | { readonly type: "lost"; readonly rows: number };
