/** The arrays of numbers that rows can be made of. */
export type Cells = Float64Array | Uint32Array;

/** How many rows a block has. */
const ROWS = 512;
const SHIFT = 9;

interface Block<T> {
  /** Absent while no row is in use. */
  cells: T | undefined;
  readonly free: number[];
  /** Rows from here on were never used. */
  next: number;
  used: number;
}

/**
 * Rows of numbers of one width, without an object for each. They grow by whole
 * blocks, so that growing copies nothing, and a block without rows is let go.
 */
export class RowSlab<T extends Cells> {
  readonly #width: number;
  readonly #make: (length: number) => T;
  readonly #blocks: Block<T>[] = [];
  /** No block before this has a free row. */
  #lowest = 0;

  /** `make` makes the array of a block, all zeros. */
  constructor(width: number, make: (length: number) => T) {
    this.#width = width;
    this.#make = make;
  }

  /** The array that a row in use is in. */
  cells(row: number): T {
    return this.#blocks[row >> SHIFT]!.cells!;
  }

  /** Where in it the row begins. */
  base(row: number): number {
    return (row & (ROWS - 1)) * this.#width;
  }

  /** A row of zeros. */
  take(): number {
    while (this.#blocks[this.#lowest]?.used === ROWS) this.#lowest++;
    const index = this.#lowest;
    const block = this.#blocks[index] ??=
      { cells: undefined, free: [], next: 0, used: 0 };
    block.cells ??= this.#make(ROWS * this.#width);
    block.used++;
    const row = index << SHIFT | (block.free.pop() ?? block.next++);
    const base = this.base(row);
    block.cells.fill(0, base, base + this.#width);
    return row;
  }

  /** Gives a row back. */
  give(row: number): void {
    const index = row >> SHIFT;
    const block = this.#blocks[index]!;
    block.free.push(row & (ROWS - 1));
    if (--block.used === 0) {
      block.cells = undefined;
      block.free.length = 0;
      block.next = 0;
    }
    this.#lowest = Math.min(this.#lowest, index);
  }
}
