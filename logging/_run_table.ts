const MAX_RUN = 12;

/**
 * Runs of 8 to 12 characters, each kept as a fingerprint of 32 bits at a place
 * that its other 32 bits tell: one in some billions of other texts is taken for
 * one of them, which then is taken out too.
 */
export class RunTable {
  readonly #prints: Uint32Array;
  readonly #mask: number;
  /** The lengths that there are, a bit each. */
  #lengths = 0;
  #shortest = MAX_RUN;
  /** The fingerprint of the run that was looked for last. */
  #wanted = 0;

  /** Makes room for so many runs. */
  constructor(runs: number) {
    const size = 2 ** Math.ceil(Math.log2(2 * runs + 16));
    this.#prints = new Uint32Array(size);
    this.#mask = size - 1;
  }

  /** The length of the shortest run that there is; 12 where there is none. */
  get shortest(): number {
    return this.#shortest;
  }

  /** Notes the run of `length` characters at a place of a text. */
  add(text: string, at: number, length: number): void {
    this.#lengths |= 1 << length;
    this.#shortest = Math.min(this.#shortest, length);
    const slot = this.#slotOf(text, at, length);
    this.#prints[slot] = this.#wanted;
  }

  /** The length of the longest run that stands at a place of a text; 0 where none does. */
  longestAt(text: string, at: number): number {
    let longest = 0;
    for (let length = this.#shortest; length <= MAX_RUN; length++) {
      if ((this.#lengths & (1 << length)) === 0) continue;
      if (at + length > text.length) break;
      const slot = this.#slotOf(text, at, length);
      if (this.#prints[slot] === this.#wanted) longest = length;
    }
    return longest;
  }

  /** Where a run is, or would be; its fingerprint is then in `#wanted`. */
  #slotOf(text: string, at: number, length: number): number {
    let place = 0;
    let print = length;
    for (let index = at; index < at + length; index++) {
      const code = text.charCodeAt(index);
      place = Math.imul(place ^ code, 0x01000193);
      print = Math.imul(print + code, 0x85ebca6b) ^ (print >>> 13);
    }
    // 0 is a slot that is free.
    this.#wanted = (print >>> 0) || 1;
    const prints = this.#prints;
    let slot = (place ^ (place >>> 15)) & this.#mask;
    while (prints[slot] !== 0 && prints[slot] !== this.#wanted) {
      slot = (slot + 1) & this.#mask;
    }
    return slot;
  }
}
