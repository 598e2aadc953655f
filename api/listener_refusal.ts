/**
 * Something that the listener refused by itself, before the gateway saw a
 * request.
 *
 * @example A connection over the cap
 * ```ts
 * import type { ListenerRefusal } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const refusal: ListenerRefusal = { code: "too_many_connections", count: 7 };
 * assertEquals(refusal.status, undefined);
 * ```
 */
export interface ListenerRefusal {
  /** A stable word: the code of the error that the client was told, if it was. */
  readonly code: string;
  /** The status of the answer; absent where the connection was closed without one. */
  readonly status?: number;
  /** The id that the client was told. */
  readonly requestId?: string;
  /** How many times, since it was last told: only connections over the cap are counted up. */
  readonly count: number;
}
