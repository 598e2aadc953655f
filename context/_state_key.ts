import { StateError } from "./state_error.ts";
import type { StateKey } from "./state_store.ts";

/** How many bytes a key may have when encoded. */
const MAX_KEY_BYTES = 1_900;

/** Letters that are bytes as they are, and none that is escaped. */
const PLAIN = /^[ -~]*$/;
const TEXT = 0x02;
const NUMBER = 0x04;
const encoder = new TextEncoder();
const float = new DataView(new ArrayBuffer(8));

/**
 * Encodes a key, one byte a character: sorted as texts, encoded keys are in the
 * order of the keys, and the encoding of a prefix is a prefix of the encoding.
 *
 * @throws {TypeError} when it is no key.
 * @throws {StateError} when it is too long.
 */
export function encodeKey(key: StateKey): string {
  if (!Array.isArray(key)) throw new TypeError("A key must be a list of parts");
  let encoded = "";
  for (const part of key as StateKey) {
    encoded += typeof part === "string" ? textPart(part) : numberPart(part);
    if (encoded.length > MAX_KEY_BYTES) {
      throw new StateError(
        "too_large",
        `A key has more than ${MAX_KEY_BYTES} bytes`,
      );
    }
  }
  return encoded;
}

/**
 * Encodes the key of a row, which has at least one part.
 *
 * @throws {TypeError} when it is no such key.
 */
export function encodeRowKey(key: StateKey): string {
  const encoded = encodeKey(key);
  if (encoded === "") throw new TypeError("A key must have at least one part");
  return encoded;
}

/** Reads a key back. */
export function decodeKey(encoded: string): StateKey {
  const key: (string | number)[] = [];
  for (let at = 0; at < encoded.length;) {
    if (encoded.charCodeAt(at) === NUMBER) {
      key.push(readNumber(encoded, at + 1));
      at += 9;
    } else {
      const end = textEnd(encoded, at + 1);
      key.push(readText(encoded.slice(at + 1, end)));
      at = end + 1;
    }
  }
  return key;
}

/** Names the place after a key in a list. */
export function cursorOf(key: StateKey): string {
  return JSON.stringify(key);
}

/**
 * Reads the key that a cursor names; cursors come back from clients.
 *
 * @throws {RangeError} when it is no cursor of this list.
 */
export function readCursor(cursor: string, prefix: StateKey): StateKey {
  try {
    const key: StateKey = JSON.parse(cursor);
    if (isBelow(encodeRowKey(key), encodeKey(prefix))) return key;
  } catch {
    // Told below, as is a key of another list.
  }
  throw new RangeError("The cursor is not one of this list");
}

/** Whether an encoded key starts with a prefix and is longer. */
export function isBelow(encoded: string, prefix: string): boolean {
  // What follows a zero byte within a text is no part of its own.
  return encoded.length > prefix.length && encoded.startsWith(prefix) &&
    encoded[prefix.length] !== "\xff";
}

function textPart(text: string): string {
  if (text.length > MAX_KEY_BYTES) return text;
  if (PLAIN.test(text)) return `${String.fromCharCode(TEXT)}${text}\0`;
  // Lone surrogates would all turn into the same character.
  if (!text.isWellFormed()) throw new TypeError("A key has a broken character");
  let bytes = "";
  for (const byte of encoder.encode(text)) bytes += String.fromCharCode(byte);
  const escaped = bytes.includes("\0")
    ? bytes.replaceAll("\0", "\0\xff")
    : bytes;
  return `${String.fromCharCode(TEXT)}${escaped}\0`;
}

function numberPart(part: unknown): string {
  if (typeof part !== "number" || !Number.isFinite(part)) {
    throw new TypeError("A part of a key must be a text or a finite number");
  }
  // Minus zero is zero.
  float.setFloat64(0, part + 0);
  const isNegative = float.getUint8(0) >= 0x80;
  const bytes: number[] = [NUMBER];
  for (let at = 0; at < 8; at++) {
    const flip = isNegative ? 0xff : at === 0 ? 0x80 : 0;
    bytes.push(float.getUint8(at) ^ flip);
  }
  return String.fromCharCode(...bytes);
}

function readNumber(encoded: string, from: number): number {
  const isNegative = encoded.charCodeAt(from) < 0x80;
  for (let at = 0; at < 8; at++) {
    const flip = isNegative ? 0xff : at === 0 ? 0x80 : 0;
    float.setUint8(at, encoded.charCodeAt(from + at) ^ flip);
  }
  return float.getFloat64(0);
}

function textEnd(encoded: string, from: number): number {
  let end = encoded.indexOf("\0", from);
  while (encoded[end + 1] === "\xff") end = encoded.indexOf("\0", end + 2);
  return end;
}

function readText(escaped: string): string {
  const bytes = escaped.replaceAll("\0\xff", "\0");
  return new TextDecoder().decode(
    Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)),
  );
}
