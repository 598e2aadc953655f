/** What one batch holds, in bytes: more than gathers before it is written. */
const SIZE = 131_072;
const LINE_FEED = 10;

const encoder = new TextEncoder();

/**
 * Lines that are written together, as the bytes that go out. A line is encoded
 * as it comes: thousands of texts that wait would be copied at each collection
 * of the engine's young objects, and once more to be joined.
 */
export class LineBatch {
  #bytes: Uint8Array<ArrayBuffer>;
  #end = 0;
  /** How many lines it has. */
  lines = 0;
  /** How many characters they had, line breaks included. */
  chars = 0;

  /** Makes one that is empty, or of one line that is too long for the others. */
  constructor(line?: string) {
    if (line === undefined) this.#bytes = new Uint8Array(SIZE);
    else {
      this.#bytes = encoder.encode(`${line}\n`);
      this.#note(line, this.#bytes.length);
    }
  }

  /** The lines, each with its line break: good until it is cleared. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Takes a line; `false` where it has no room for that. */
  add(line: string): boolean {
    const rest = this.#bytes.length - this.#end;
    if (line.length >= rest) return false;
    const room = this.#bytes.subarray(this.#end);
    const { read, written } = encoder.encodeInto(line, room);
    if (read < line.length || written === rest) return false;
    room[written] = LINE_FEED;
    this.#note(line, this.#end + written + 1);
    return true;
  }

  /** Whether it can take other lines once it is cleared. */
  get isReusable(): boolean {
    return this.#bytes.length === SIZE;
  }

  /** Forgets its lines. */
  clear(): void {
    this.#end = 0;
    this.lines = 0;
    this.chars = 0;
  }

  #note(line: string, end: number): void {
    this.#end = end;
    this.lines++;
    this.chars += line.length + 1;
  }
}
