import { encodeRowKey } from "./_state_key.ts";
import { type EncodedValue, encodeValue } from "./_state_value.ts";
import { StateError } from "./state_error.ts";
import type { StateBatch, StateCheck, StateKey } from "./state_store.ts";

// Under what a commit of Deno KV may have: 1,000 rows, 80 KiB of keys, 800 KiB
// where keys count twice, and ten checks on servers of KV Connect. A store may
// add a row and a check of its own.
const MAX_WRITES = 400;
const MAX_CHECKS = 8;
const MAX_BATCH_BYTES = 818_400;
/** How many bytes the keys of a batch may have. */
export const MAX_KEYS_BYTES = 81_000;
/** What the key of a row has besides the key that it is for, at most. */
const ROW_KEY_BYTES = 32;
/** How many rows a change takes: the row and its deadline. */
const ROWS = 2;
/** And where the value is split: its parts, or what frees those of one before. */
const ROWS_OF_SPLIT = 12;

/** The first part of the keys that belong to the stores themselves. */
export const OWN_PART = "_state";

/** How many bytes of a value fit into its own row. */
const MAX_INLINE_BYTES = 65_520;

/** A change that was looked through. */
export type EncodedWrite =
  & {
    readonly key: StateKey;
    /** The key, encoded. */
    readonly id: string;
  }
  & (
    | {
      readonly type: "set";
      readonly value: EncodedValue;
      readonly deadline?: number | undefined;
    }
    | { readonly type: "delete" | "reset" }
    | {
      readonly type: "sum";
      readonly amount: number;
      readonly deadline?: number | undefined;
    }
  );

/** A batch that was looked through, and does not change any more. */
export interface EncodedBatch {
  readonly checks: readonly (StateCheck & { readonly id: string })[];
  readonly writes: readonly EncodedWrite[];
}

/**
 * Looks through a batch, for every store alike.
 *
 * @throws {TypeError | RangeError} when a key, value, amount or deadline is none.
 * @throws {StateError} when it is too large.
 */
export function encodeBatch({ checks = [], writes }: StateBatch): EncodedBatch {
  const own = writes.filter(({ key }) => key[0] === OWN_PART).length;
  if (
    writes.length > MAX_WRITES + own || checks.length > MAX_CHECKS + own
  ) {
    throw new StateError(
      "too_large",
      `A batch has more than ${MAX_WRITES} writes or ${MAX_CHECKS} checks`,
    );
  }
  const batch = {
    checks: checks.map((check) => ({ ...check, id: encodeRowKey(check.key) })),
    writes: writes.map(encodeWrite),
  };
  let keys = 0;
  let size = 0;
  for (const { id } of batch.checks) keys += id.length + ROW_KEY_BYTES;
  for (const write of batch.writes) {
    if (write.key[0] === OWN_PART) continue;
    keys += keyBytesOf(write);
    size += sizeOf(write);
  }
  if (keys > MAX_KEYS_BYTES || 2 * keys + size > MAX_BATCH_BYTES) {
    throw new StateError(
      "too_large",
      `A batch with ${keys} bytes of keys and ${size} of values is too large`,
    );
  }
  return batch;
}

/** How many bytes of values a change writes. */
export function sizeOf(write: EncodedWrite): number {
  return write.type === "set" ? write.value.bytes.length + 16 : 8;
}

/** How many bytes the keys of the rows of a change have, at most. */
export function keyBytesOf(write: EncodedWrite): number {
  const rows = isSplit(write) ? ROWS_OF_SPLIT : ROWS;
  return rows * (write.id.length + ROW_KEY_BYTES);
}

/** Whether a value takes more than one row. */
export function isSplit(write: EncodedWrite): boolean {
  return write.type === "set" && write.value.bytes.length > MAX_INLINE_BYTES;
}

function encodeWrite(write: StateBatch["writes"][number]): EncodedWrite {
  const key = [...write.key];
  const id = encodeRowKey(key);
  switch (write.type) {
    case "set":
      return {
        type: "set",
        key,
        id,
        value: encodeValue(write.value),
        deadline: checkDeadline(write.deadline),
      };
    case "sum":
      if (!Number.isSafeInteger(write.amount)) {
        throw new RangeError(
          `A sum must be a whole number, got '${write.amount}'`,
        );
      }
      return {
        type: "sum",
        key,
        id,
        amount: write.amount,
        deadline: checkDeadline(write.deadline),
      };
    default:
      return { type: write.type, key, id };
  }
}

function checkDeadline(deadline: number | undefined): number | undefined {
  if (deadline === undefined || deadline === Infinity) return undefined;
  if (deadline >= 0 && deadline <= Number.MAX_SAFE_INTEGER) return deadline;
  throw new RangeError(
    `A deadline must be in milliseconds since 1970, got '${deadline}'`,
  );
}
