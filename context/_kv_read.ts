import { type KvLayout, MAX_PARTS } from "./_kv_layout.ts";
import { type KvValue, readKvValue } from "./_kv_value.ts";
import { decodeValue } from "./_state_value.ts";
import { StateError } from "./state_error.ts";
import type { StateEntry, StateKey } from "./state_store.ts";

/** Where rows are. */
export interface KvPlace {
  readonly kv: Deno.Kv;
  readonly layout: KvLayout;
}

/** A value as it is stored, with its version. */
export interface StoredValue extends KvValue {
  readonly key: StateKey;
  readonly version: string;
}

/**
 * Reads a value, whether its deadline has passed or not.
 *
 * @throws {StateError} when it is corrupt.
 */
export async function readStored(
  place: KvPlace,
  key: StateKey,
): Promise<StoredValue | undefined> {
  const { kv, layout } = place;
  const row = storedOf(await kv.get(layout.value(key)), key);
  return row && row.parts > 0 ? await readParts(place, key) : row;
}

/** What the row of a value says, its parts apart. */
export function storedOf(
  { value, versionstamp }: Deno.KvEntryMaybe<unknown>,
  key: StateKey,
): StoredValue | undefined {
  if (versionstamp === null) return undefined;
  return { ...readKvValue(value), key, version: versionstamp };
}

/** Reads a value with its parts, all as of one moment. */
async function readParts(
  { kv, layout }: KvPlace,
  key: StateKey,
): Promise<StoredValue | undefined> {
  const keys = [layout.value(key)];
  for (let index = 0; index < MAX_PARTS; index++) {
    keys.push(layout.part(key, index));
  }
  const [main, ...rows] = await kv.getMany(keys);
  const row = storedOf(main!, key);
  if (row === undefined || row.parts === 0) return row;
  const parts = rows.slice(0, row.parts);
  if (parts.some(({ versionstamp }) => versionstamp !== row.version)) {
    throw new StateError("unreadable", "A stored value lacks a part of it");
  }
  return { ...row, bytes: join(parts) };
}

function join(
  parts: readonly Deno.KvEntryMaybe<unknown>[],
): Uint8Array<ArrayBuffer> {
  const chunks = parts.map(({ value }) => value as Uint8Array);
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** What a store gives back of a value. */
export function toEntry<T>(row: StoredValue): StateEntry<T> {
  const { key, version, deadline } = row;
  const entry = { key, value: decodeValue(row) as T, version };
  return deadline === undefined ? entry : { ...entry, deadline };
}

/** Reads a count; below 0 it is stored as its complement. */
export function readCount(value: unknown): number {
  if (value === null) return 0;
  if (value instanceof Deno.KvU64) {
    return Number(BigInt.asIntN(64, value.value));
  }
  throw new StateError("unreadable", "A stored row is no count of this store");
}
