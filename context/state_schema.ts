import type { StateKey } from "./state_store.ts";

/** A value or a count that an older version of the program wrote. */
export type StateRow =
  | { readonly type: "value"; readonly key: StateKey; readonly value: unknown }
  | { readonly type: "count"; readonly key: StateKey; readonly count: number };

/**
 * What the rows of a program look like, and how older ones become so.
 *
 * Every row is kept under the version that wrote it. Where older ones are found
 * on opening, each is moved in one step, so whatever ends the move before it is
 * done, the next opening goes on with it. A newer version is refused.
 *
 * @example Teams got a prefix
 * ```ts
 * import type { StateSchema } from "@llm-proxy/context";
 * import { assertEquals } from "@std/assert";
 *
 * const schema: StateSchema = {
 *   version: 2,
 *   upgrade: (row) => ({ ...row, key: ["team", ...row.key] }),
 * };
 * const row = { type: "count", key: ["a"], count: 7 } as const;
 * assertEquals(schema.upgrade?.(row, 1)?.key, ["team", "a"]);
 * ```
 */
export interface StateSchema {
  /** From 1; to be raised when rows change their keys or values. */
  readonly version: number;
  /**
   * Makes a row of an older version one of this version, or nothing of it. It is
   * called again for the same row if the move was interrupted. A row that is
   * there already stays and counts are added up.
   *
   * @default {rows stay as they are}
   */
  readonly upgrade?: (row: StateRow, from: number) => StateRow | undefined;
}
