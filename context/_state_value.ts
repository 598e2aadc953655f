import { StateError } from "./state_error.ts";

/** How many bytes a value may have when encoded. */
const MAX_VALUE_BYTES = 589_824;

/** A value as bytes. */
export interface EncodedValue {
  /** Whether the bytes are the value, and not its JSON. */
  readonly isBytes: boolean;
  /** Nobody else has these. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();

/**
 * Encodes a value.
 *
 * @throws {TypeError} when JSON cannot carry it.
 * @throws {StateError} when it is too large.
 */
export function encodeValue(value: unknown): EncodedValue {
  const isBytes = value instanceof Uint8Array;
  const bytes = isBytes ? new Uint8Array(value) : encoder.encode(toJson(value));
  if (bytes.length > MAX_VALUE_BYTES) {
    throw new StateError(
      "too_large",
      `A value of ${bytes.length} bytes is larger than ${MAX_VALUE_BYTES}`,
    );
  }
  return { isBytes, bytes };
}

/**
 * Reads a value back.
 *
 * @throws {StateError} when the bytes are no value.
 */
export function decodeValue({ isBytes, bytes }: EncodedValue): unknown {
  if (isBytes) return bytes.slice();
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new StateError("unreadable", "A stored value is not JSON", { cause });
  }
}

function toJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(`A value of type ${typeof value} cannot be stored`);
  }
  return text;
}
