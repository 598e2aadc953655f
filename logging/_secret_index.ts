import { Ranges } from "./_ranges.ts";

/** Shorter values are too likely to be ordinary words. */
export const MIN_SECRET = 8;
/** A run of this many characters of a value gives too much of it away. */
const RUN = 12;
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

/**
 * Finds values, and runs of 12 characters and more of them, in time linear in
 * the length of the text, however many values there are.
 *
 * A match of w characters holds a whole block of 4 at one of any w - 3
 * neighbouring places, so only every (w - 3)th place is looked at, in a table
 * of the blocks of all values; the few places that hit are then compared.
 */
export class SecretIndex {
  readonly #blocks: Uint32Array;
  readonly #mask: number;
  /** The runs to find, by their length: 8 to 12. */
  readonly #runs: ReadonlyMap<number, ReadonlySet<string>>;
  readonly #shortest: number;

  constructor(values: readonly string[]) {
    const bits = bitsFor(values);
    this.#mask = bits - 1;
    this.#blocks = new Uint32Array(bits / 32);
    const runs = new Map<number, Set<string>>();
    for (const value of values) this.#add(value, runs);
    this.#runs = runs;
    this.#shortest = Math.min(RUN, ...runs.keys());
  }

  #add(value: string, runs: Map<number, Set<string>>): void {
    const length = Math.min(value.length, RUN);
    const set = runs.get(length) ?? new Set();
    runs.set(length, set);
    for (let at = 0; at + length <= value.length; at++) {
      set.add(value.slice(at, at + length));
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
    const step = this.#shortest - BLOCK + 1;
    let checked = 0;
    for (let at = step - 1; at + BLOCK <= text.length; at += step) {
      const bit = blockHash(text, at) & this.#mask;
      if ((this.#word(bit) & (1 << (bit & 31))) === 0) continue;
      const from = Math.max(checked, at + 1 - step);
      for (let start = from; start <= at; start++) {
        this.#compare(text, start, ranges);
      }
      checked = at + 1;
    }
    return ranges;
  }

  #compare(text: string, start: number, ranges: Ranges): void {
    for (const [length, set] of this.#runs) {
      if (set.has(text.slice(start, start + length))) {
        ranges.add(start, start + length);
      }
    }
  }
}
