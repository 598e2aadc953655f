import { Buffer } from "node:buffer";
import { ROW_KEYS, VERSION_CHARS } from "./_redis_scripts.ts";
import type { StoredValue } from "./_kv_read.ts";
import { readKvValue, writeKvValue } from "./_kv_value.ts";
import { decodeKey } from "./_state_key.ts";
import type { EncodedValue } from "./_state_value.ts";
import { StateError } from "./state_error.ts";

/**
 * What all keys start with. In a cluster the part in braces decides where a key
 * is, so all of them are in one place and a batch can be done as a whole.
 */
const ROOT = "{llm-proxy}";

/** Where the newest version that ever wrote is kept. */
export const SCHEMA_KEY = `${ROOT}:schema`;

/** The keys of a version of the schema, for scripts. */
export function rowKeys(version: number): string[] {
  return ROW_KEYS.map((kind) => `${ROOT}:${version}:${kind}`);
}

/** An encoded key as bytes. */
export function idBytes(id: string): Buffer {
  return Buffer.from(id, "latin1");
}

/** What is stored of a value; its version comes before it. */
export function rowOf(
  { isBytes, bytes }: EncodedValue,
  deadline: number | undefined,
): Uint8Array<ArrayBuffer> {
  return writeKvValue({
    isBytes,
    deadline,
    // Nobody else has these: they were copied when the batch was looked through.
    bytes: bytes as Uint8Array<ArrayBuffer>,
    parts: 0,
  });
}

/**
 * Reads what is stored of a value.
 *
 * @throws {StateError} when it is nothing of this store.
 */
export function storedRow(id: string, row: unknown): StoredValue {
  const bytes = bytesOf(row);
  const value = readKvValue(new Uint8Array(bytes.subarray(VERSION_CHARS)));
  const version = bytes.toString("latin1", 0, VERSION_CHARS);
  return { ...value, key: decodeKey(id), version };
}

/**
 * Reads what is stored of a count.
 *
 * @throws {StateError} when it is nothing of this store.
 */
export function storedCount(row: unknown): number {
  const count = Number(bytesOf(row).toString("latin1") || NaN);
  if (Number.isInteger(count)) return count;
  throw new StateError("unreadable", "A stored row is no count of this store");
}

/** The names and rows that a script found. */
export function* found(page: unknown): Generator<readonly [string, Buffer]> {
  if (!Array.isArray(page)) return;
  for (let at = 0; at + 1 < page.length; at += 2) {
    yield [bytesOf(page[at]).toString("latin1"), bytesOf(page[at + 1])];
  }
}

function bytesOf(row: unknown): Buffer {
  return Buffer.isBuffer(row) ? row : Buffer.alloc(0);
}
