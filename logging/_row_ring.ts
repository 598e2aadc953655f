/** Bounds of a {@linkcode RowRing}. */
export interface RowRingLimits {
  readonly maxRows: number;
  readonly maxBytes: number;
}

/** A row of a {@linkcode RowRing}. */
export interface RingRow {
  /** Its place among others; it only grows. */
  readonly cursor: number;
  /** In ms since 1970. */
  readonly at: number;
  readonly text: string;
}

/** What is noted of a row: its cursor, its time, where it begins and where it ends. */
const NOTES = 4;
const NOTES_BYTES = 8 * NOTES;

/** By how much the room for rows grows when it is too small, in bytes. */
const STEP = 512 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const scratch = new Uint8Array(16_384);

/**
 * The newest of some texts, as UTF-8 in one buffer: what stays for thousands of
 * requests is dear as objects, which the engine moves several times each.
 * The buffer grows up to its bound, as rows need it: most services keep so many
 * rows before so many bytes.
 */
export class RowRing {
  /** The bounds, for life. */
  readonly limits: RowRingLimits;
  readonly #slots: number;
  /** As much of the room as rows have needed so far. */
  #bytes: Uint8Array<ArrayBuffer>;
  readonly #notes: Float64Array<ArrayBuffer>;
  #oldest = 1;
  #newest = 0;
  /** Where the next row begins at the earliest, counted on without end. */
  #end = 0;
  #used = 0;

  constructor(limits: RowRingLimits) {
    const { maxRows, maxBytes } = limits;
    this.limits = limits;
    this.#slots = Math.min(maxRows, Math.floor(maxBytes / NOTES_BYTES));
    this.#bytes = new Uint8Array(Math.min(maxBytes, STEP));
    this.#notes = new Float64Array(NOTES * this.#slots);
  }

  /** The number of the oldest row; one more than the newest where there is none. */
  get oldest(): number {
    return this.#oldest;
  }

  /** The number of the newest row; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** How many bytes the rows take. */
  get used(): number {
    return this.#used;
  }

  /** Puts a row behind the others, for which the oldest make room; one that is too long for all the room is left out. */
  put({ cursor, at, text }: RingRow): void {
    const row = encode(text);
    const cost = row.length + NOTES_BYTES;
    if (this.#slots === 0 || cost > this.limits.maxBytes) return;
    let begin = this.#placeFor(row.length);
    while (this.#isInTheWay(begin + row.length, cost)) {
      if (this.#count < this.#slots && this.#grow(cost)) {
        begin = this.#placeFor(row.length);
      } else this.#used -= this.#costOf(this.#oldest++);
    }
    const size = this.#bytes.length;
    const end = begin + row.length;
    this.#bytes.set(row, begin % size);
    this.#end = end;
    this.#used += cost;
    const note = this.#noteOf(++this.#newest);
    this.#notes[note] = cursor;
    this.#notes[note + 1] = at;
    this.#notes[note + 2] = begin;
    this.#notes[note + 3] = end;
  }

  /** The number of the first row whose cursor is not below this one; one more than the newest where there is none. */
  find(cursor: number): number {
    let from = this.#oldest;
    let to = this.#newest + 1;
    while (from < to) {
      const middle = Math.floor((from + to) / 2);
      if (this.#cursorOf(middle) < cursor) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The row of a number, where it is still there. */
  get(number: number): RingRow | undefined {
    if (!(number >= this.#oldest && number <= this.#newest)) return undefined;
    const from = this.#beginOf(number) % this.#bytes.length;
    const to = from + this.#costOf(number) - NOTES_BYTES;
    return {
      cursor: this.#cursorOf(number),
      at: this.#notes[this.#noteOf(number) + 1] as number,
      text: decoder.decode(this.#bytes.subarray(from, to)),
    };
  }

  get #count(): number {
    return this.#newest - this.#oldest + 1;
  }

  /** Where a row of so many bytes would begin: none is in two parts, the rest of the buffer stays empty. */
  #placeFor(length: number): number {
    const size = this.#bytes.length;
    const rest = size - this.#end % size;
    return length > rest ? this.#end + rest : this.#end;
  }

  /** Whether the oldest row must go, or the buffer grow, for one that ends there. */
  #isInTheWay(end: number, cost: number): boolean {
    const size = this.#bytes.length;
    return cost > size || this.#count > 0 && (
          this.#count === this.#slots || this.#used + cost > size ||
          this.#beginOf(this.#oldest) < end - size
        );
  }

  /** Takes more of the room, with the rows one behind the other; `false` where there is no more. */
  #grow(cost: number): boolean {
    const before = this.#bytes;
    const { maxBytes } = this.limits;
    if (before.length >= maxBytes) return false;
    const size = Math.min(maxBytes, before.length + Math.max(STEP, cost));
    const bytes = new Uint8Array(size);
    let end = 0;
    for (let number = this.#oldest; number <= this.#newest; number++) {
      const note = this.#noteOf(number);
      const from = (this.#notes[note + 2] as number) % before.length;
      const length = this.#costOf(number) - NOTES_BYTES;
      bytes.set(before.subarray(from, from + length), end);
      this.#notes[note + 2] = end;
      this.#notes[note + 3] = end + length;
      end += length;
    }
    this.#bytes = bytes;
    this.#end = end;
    return true;
  }

  #cursorOf(number: number): number {
    return this.#notes[this.#noteOf(number)] as number;
  }

  #noteOf(number: number): number {
    return NOTES * (number % this.#slots);
  }

  #beginOf(number: number): number {
    return this.#notes[this.#noteOf(number) + 2] as number;
  }

  #costOf(number: number): number {
    const note = this.#noteOf(number);
    const begin = this.#notes[note + 2] as number;
    return (this.#notes[note + 3] as number) - begin + NOTES_BYTES;
  }
}

/** The text's bytes, good until the next call. */
function encode(text: string): Uint8Array {
  // A character is three bytes at most.
  if (3 * text.length > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}
