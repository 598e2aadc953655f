import type { StateListOptions } from "./state_store.ts";

/** After so many bytes a page is over. */
export const MAX_PAGE_BYTES = 4_194_304;

const MAX_LIMIT = 1_000;

/**
 * How many entries a page may have.
 *
 * @throws {RangeError} when that is out of range.
 */
export function listLimit({ limit = 100 }: StateListOptions): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new RangeError(
    `The limit of a list must be from 1 to ${MAX_LIMIT}, got '${limit}'`,
  );
}
