import { Ranges } from "./_ranges.ts";
import { RunTable } from "./_run_table.ts";

/** Shorter values are too likely to be ordinary words. */
export const MIN_SECRET = 8;
/** A run of this many characters of a value gives too much of it away. */
const RUN = 12;
/** And so does a shorter one of a longer value, where it looks drawn at random. */
const LONG_VALUE = 16;
/** The block of characters that is looked up while skipping through a text. */
const BLOCK = 4;

function blockHash(text: string, at: number): number {
  const hash = Math.imul(text.charCodeAt(at), 0x9e3779b1) ^
    Math.imul(text.charCodeAt(at + 1), 0x85ebca6b) ^
    Math.imul(text.charCodeAt(at + 2), 0xc2b2ae35) ^
    Math.imul(text.charCodeAt(at + 3), 0x27d4eb2f);
  return hash ^ (hash >>> 15);
}

function bitsFor(values: readonly string[]): number {
  const blocks = values.reduce((sum, { length }) => sum + length, 0);
  return 2 ** Math.max(15, Math.ceil(Math.log2(blocks * 128 + 1)));
}

/** Letters and digits, or letters in both cases: no word, and no date. */
function looksRandom(run: string): boolean {
  const lower = /[a-z]/.test(run);
  const upper = /[A-Z]/.test(run);
  return lower && upper || (lower || upper) && /\d/.test(run);
}

/**
 * Finds values, and runs of 12 characters and more of them, in time linear in
 * the length of the text, however many values there are. Of values of 16
 * characters and more it also finds runs of 8 that look drawn at random; others
 * may be words.
 *
 * A match of w characters holds a whole block of 4 at one of any w - 3
 * neighbouring places, so only every (w - 3)th place is looked at, in a table
 * of the blocks of all values; the few places that hit are then compared.
 */
export class SecretIndex {
  readonly #blocks: Uint32Array;
  readonly #mask: number;
  readonly #runs: RunTable;

  constructor(values: readonly string[]) {
    const bits = bitsFor(values);
    this.#mask = bits - 1;
    this.#blocks = new Uint32Array(bits / 32);
    const chars = values.reduce((sum, { length }) => sum + length, 0);
    this.#runs = new RunTable(2 * chars);
    for (const value of values) this.#add(value);
  }

  #add(value: string): void {
    const length = Math.min(value.length, RUN);
    const isLong = value.length >= LONG_VALUE;
    for (let at = 0; at + MIN_SECRET <= value.length; at++) {
      if (at + length <= value.length) this.#runs.add(value, at, length);
      if (isLong && looksRandom(value.slice(at, at + MIN_SECRET))) {
        this.#runs.add(value, at, MIN_SECRET);
      }
    }
    for (let at = 0; at + BLOCK <= value.length; at++) {
      const bit = blockHash(value, at) & this.#mask;
      this.#blocks[bit >>> 5] = this.#word(bit) | (1 << (bit & 31));
    }
  }

  #word(bit: number): number {
    return this.#blocks[bit >>> 5] ?? 0;
  }

  /** The parts of the text that give a value away. */
  find(text: string): Ranges {
    const ranges = new Ranges();
    const step = this.#runs.shortest - BLOCK + 1;
    let checked = 0;
    for (let at = step - 1; at + BLOCK <= text.length; at += step) {
      const bit = blockHash(text, at) & this.#mask;
      if ((this.#word(bit) & (1 << (bit & 31))) === 0) continue;
      for (let start = Math.max(checked, at + 1 - step); start <= at; start++) {
        const length = this.#runs.longestAt(text, start);
        if (length > 0) ranges.add(start, start + length);
      }
      checked = at + 1;
    }
    return ranges;
  }
}
