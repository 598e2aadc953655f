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
      this.#note(line.length, this.#bytes.length);
    }
  }

  /** The lines, each with its line break: good until it is cleared. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Takes a line, of which the rest may come apart; `false` where it has no room for that. */
  add(line: string, rest = ""): boolean {
    if (this.#end + line.length + rest.length >= this.#bytes.length) {
      return false;
    }
    let end = this.#encode(line, this.#end);
    if (rest !== "" && end !== undefined) end = this.#encode(rest, end);
    if (end === undefined || end === this.#bytes.length) return false;
    this.#bytes[end] = LINE_FEED;
    this.#note(line.length + rest.length, end + 1);
    return true;
  }

  /** Where a text ends that begins at a place; nothing where there is no room for it. */
  #encode(text: string, at: number): number | undefined {
    const room = this.#bytes.subarray(at);
    const { read, written } = encoder.encodeInto(text, room);
    return read < text.length ? undefined : at + written;
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

  #note(chars: number, end: number): void {
    this.#end = end;
    this.lines++;
    this.chars += chars + 1;
  }
}
