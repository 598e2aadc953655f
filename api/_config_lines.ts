/** A place in a text; both count from 1, columns in UTF-16 units. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Turns offsets of one text into lines and columns. It remembers the last
 * place, so that offsets in rising order cost one pass over the text.
 */
export class Lines {
  readonly #text: string;
  #line = 1;
  #start = 0;
  /** Where the line ends, its line end included. */
  #end: number;

  constructor(text: string) {
    this.#text = text;
    this.#end = this.#endOf(0);
  }

  /** The place of an offset. */
  at(offset: number): Position {
    if (offset < this.#start) {
      this.#line = 1;
      this.#start = 0;
      this.#end = this.#endOf(0);
    }
    while (offset >= this.#end) {
      this.#line++;
      this.#start = this.#end;
      this.#end = this.#endOf(this.#start);
    }
    return { line: this.#line, column: offset - this.#start + 1 };
  }

  #endOf(start: number): number {
    const found = this.#text.indexOf("\n", start);
    return found < 0 ? Infinity : found + 1;
  }
}
