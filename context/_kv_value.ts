import { StateError } from "./state_error.ts";

/** The row of a value: the value itself, or how many parts it has. */
export interface KvValue {
  readonly isBytes: boolean;
  readonly deadline: number | undefined;
  /** The value, unless it is split. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** How many parts there are; 0 when it is not split. */
  readonly parts: number;
}

// A row starts with what it is and with its deadline, 0 for none.
const HEAD_BYTES = 9;
const JSON_VALUE = 1;
const BYTES_VALUE = 2;
const SPLIT = 2;

/** Makes the row of a value. */
export function writeKvValue(value: KvValue): Uint8Array<ArrayBuffer> {
  const { isBytes, deadline, parts } = value;
  const payload = parts > 0 ? Uint8Array.of(parts) : value.bytes;
  const row = new Uint8Array(HEAD_BYTES + payload.length);
  row[0] = (isBytes ? BYTES_VALUE : JSON_VALUE) + (parts > 0 ? SPLIT : 0);
  new DataView(row.buffer).setFloat64(1, deadline ?? 0);
  row.set(payload, HEAD_BYTES);
  return row;
}

/**
 * Reads the row of a value.
 *
 * @throws {StateError} when it is none.
 */
export function readKvValue(row: unknown): KvValue {
  const value = parseKvValue(row);
  if (value !== undefined) return value;
  throw new StateError(
    "unreadable",
    "A stored row is no value of this store",
  );
}

/** Reads the row of a value; `undefined` when it is none. */
export function parseKvValue(row: unknown): KvValue | undefined {
  if (!(row instanceof Uint8Array) || row.length < HEAD_BYTES) return undefined;
  const kind = row[0]!;
  if (kind < JSON_VALUE || kind > BYTES_VALUE + SPLIT) return undefined;
  const { buffer, byteOffset, byteLength } = row;
  const deadline = new DataView(buffer, byteOffset, byteLength).getFloat64(1);
  const isSplit = kind > SPLIT;
  return {
    isBytes: kind === BYTES_VALUE || kind === BYTES_VALUE + SPLIT,
    deadline: deadline || undefined,
    bytes: isSplit ? new Uint8Array() : row.slice(HEAD_BYTES),
    parts: isSplit ? row[HEAD_BYTES] ?? 0 : 0,
  };
}

/** Whether the deadline of a value has passed. */
export function isOver({ deadline }: KvValue, now: number): boolean {
  return deadline !== undefined && deadline <= now;
}
