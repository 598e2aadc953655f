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

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const scratch = new Uint8Array(16_384);

/**
 * The newest of some texts, as UTF-8 in one buffer: what stays for thousands of
 * requests is dear as objects, which the engine moves several times each.
 * The system gives the buffer's memory as it fills.
 */
export class RowRing {
  /** The bounds, for life. */
  readonly limits: RowRingLimits;
  readonly #slots: number;
  readonly #bytes: Uint8Array<ArrayBuffer>;
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
    this.#bytes = new Uint8Array(maxBytes);
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
    const size = this.#bytes.length;
    const cost = row.length + NOTES_BYTES;
    if (this.#slots === 0 || cost > size) return;
    // No row is in two parts: the rest of the buffer stays empty.
    const rest = size - this.#end % size;
    const begin = row.length > rest ? this.#end + rest : this.#end;
    const end = begin + row.length;
    while (
      this.#oldest <= this.#newest && (
        this.#newest - this.#oldest + 1 === this.#slots ||
        this.#used + cost > size || this.#beginOf(this.#oldest) < end - size
      )
    ) {
      this.#used -= this.#costOf(this.#oldest++);
    }
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
