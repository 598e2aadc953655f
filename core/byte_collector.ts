/** The first buffer of a body that comes in more than one chunk, in bytes. */
const FIRST_BUFFER = 16 * 1024;
/** Where nothing has come. */
const NOTHING = new Uint8Array();
/** What was announced is believed for so many times what has come. */
const TRUST = 4;

/**
 * Gathers the chunks of a body into one piece, in memory bounded by twice the
 * body's size however small the chunks are: a chunk kept as an object of its
 * own costs some 200 bytes beside what it holds.
 *
 * @example Two chunks
 * ```ts
 * import { ByteCollector } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const body = new ByteCollector();
 * body.add(new Uint8Array([1, 2]));
 * body.add(new Uint8Array([3]));
 * assertEquals(body.bytes(), new Uint8Array([1, 2, 3]));
 * ```
 */
export class ByteCollector {
  readonly #expected: number;
  #buffer: Uint8Array = NOTHING;
  #size = 0;
  /** What is behind it; absent where it is a chunk that somebody else made, and full. */
  #own: ArrayBuffer | undefined;

  /**
   * Begins with nothing.
   *
   * @param expected How many bytes were announced: where as many come, the
   * piece is no longer than they are, and less is copied. @default {nobody knows}
   */
  constructor(expected: number = 0) {
    this.#expected = expected;
  }

  /** How many bytes have come. */
  get size(): number {
    return this.#size;
  }

  /** Takes a chunk; a body of one chunk is never copied. */
  add(chunk: Uint8Array): void {
    const size = this.#size + chunk.byteLength;
    if (this.#size === 0) {
      this.#buffer = chunk;
    } else {
      if (this.#own === undefined || size > this.#own.byteLength) {
        this.#grow(size);
      }
      this.#buffer.set(chunk, this.#size);
    }
    this.#size = size;
  }

  /** Everything that has come, in one piece, which is good until more is added. */
  bytes(): Uint8Array {
    return this.#size === this.#buffer.byteLength
      ? this.#buffer
      : this.#buffer.subarray(0, this.#size);
  }

  #grow(size: number): void {
    const room = size <= this.#expected
      ? Math.min(this.#expected, size * TRUST)
      : Math.max(FIRST_BUFFER, size * 2);
    // The memory of the old one is free at once, not when it is collected.
    const own = this.#own?.transfer(room) ?? new ArrayBuffer(room);
    const buffer = new Uint8Array(own);
    if (this.#own === undefined) buffer.set(this.#buffer);
    this.#own = own;
    this.#buffer = buffer;
  }
}
