import { type EncodedWrite, sizeOf } from "./_state_batch.ts";
import { decodeValue, type EncodedValue } from "./_state_value.ts";
import type { StateEntry, StateKey } from "./state_store.ts";

/** A value in memory. */
export interface ValueRow {
  readonly key: StateKey;
  readonly value: EncodedValue;
  readonly version: string;
  readonly deadline?: number | undefined;
  readonly size: number;
}

/** A count in memory. */
export interface CountRow {
  readonly key: StateKey;
  readonly deadline?: number | undefined;
  readonly size: number;
  count: number;
}

/** What a row takes up besides its key and value, in bytes. */
const ROW_BYTES = 200;

/** Whether the deadline of a row has passed. */
export function isOver(row: ValueRow | CountRow, now: number): boolean {
  return row.deadline !== undefined && row.deadline <= now;
}

/** What the store gives back of a value. */
export function entryOf<T>(row: ValueRow): StateEntry<T> {
  const { key, value, version, deadline } = row;
  const entry = { key, value: decodeValue(value) as T, version };
  return deadline === undefined ? entry : { ...entry, deadline };
}

/** What the row of a change takes up, in bytes. */
export function spaceOf(write: EncodedWrite): number {
  return sizeOf(write) + write.id.length + ROW_BYTES;
}

/** The version that a commit gives to what it writes. */
export function versionOf(commit: number): string {
  return String(commit).padStart(16, "0");
}
