/**
 * Secrets that are looked for wherever they must not be, in every spelling in
 * which they could stand there.
 *
 * @module
 */

import { Buffer } from "node:buffer";

const ALPHABET =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** So much of a secret gives it away. */
const FRAGMENT = 8;
/** The same in hexadecimal: fewer digits also stand in ids that are drawn at random. */
const HEX_FRAGMENT = 2 * FRAGMENT;

/** A secret with a random heart: what it begins with may be known to everybody. */
export interface Canary {
  readonly name: string;
  readonly value: string;
  /** What nobody can know. */
  readonly heart: string;
}

/** A secret that was never used before. */
export function canary(name: string, start = "", length = 32): Canary {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  const heart = [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length])
    .join("");
  return { name, value: start + heart, heart };
}

/** All fragments of these secrets, in every spelling. */
export class CanaryWatch {
  readonly #fragments = new Map<string, string>();

  constructor(canaries: readonly Canary[]) {
    for (const { name, value, heart } of canaries) {
      this.#add(name, Buffer.from(heart).toString("hex"), HEX_FRAGMENT);
      for (const text of spellings(value, heart)) {
        this.#add(name, text, FRAGMENT);
      }
    }
  }

  /** Which secrets a text gives away, with what stands there. */
  find(text: string): string[] {
    const found = new Map<string, string>();
    for (let at = 0; at + FRAGMENT <= text.length; at++) {
      const name = this.#fragments.get(text.slice(at, at + FRAGMENT)) ??
        this.#fragments.get(text.slice(at, at + HEX_FRAGMENT));
      if (name === undefined || found.has(name)) continue;
      found.set(name, text.slice(Math.max(0, at - 60), at + 60));
    }
    return [...found].map(([name, text]) => `${name}: …${text}…`);
  }

  #add(name: string, text: string, length: number): void {
    for (let at = 0; at + length <= text.length; at++) {
      this.#fragments.set(text.slice(at, at + length), name);
    }
  }
}

/** The heart as it is, and in Base64 wherever it may begin there. */
function spellings(value: string, heart: string): string[] {
  const base64 = [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
    // The characters that depend on the secret's heart alone.
    const from = Math.ceil((offset + value.length - heart.length) * 8 / 6);
    const to = Math.floor(bytes.length * 8 / 6);
    return [bytes.toString("base64").slice(from, to)];
  });
  return [heart, ...base64];
}
