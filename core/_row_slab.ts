/** The numbers of a block of rows, whole ones and others over the same memory. */
export interface Cells {
  readonly whole: Uint32Array;
  readonly real: Float64Array;
}

/** How many rows a block has. */
const ROWS = 512;
const SHIFT = 9;

interface Block {
  /** Absent while the block has no rows. */
  cells: Cells | undefined;
  readonly free: number[];
  /** Rows from here on were never used. */
  next: number;
  used: number;
}

/**
 * Rows of numbers of one size, without an object for each. They grow by whole
 * blocks, so that growing copies nothing, and a block without rows is let go.
 */
export class RowSlab {
  readonly #bytes: number;
  readonly #blocks: Block[] = [];
  /** No block before this has a free row. */
  #lowest = 0;
  /** The block that was kept last when it had no rows. */
  #spare = 0;

  /** Takes the size of a row, a multiple of 8 bytes. */
  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** The numbers that a row in use is among. */
  cells(row: number): Cells {
    return this.#blocks[row >> SHIFT]!.cells!;
  }

  /** Where among them it begins, in bytes. */
  base(row: number): number {
    return (row & (ROWS - 1)) * this.#bytes;
  }

  /** A row of zeros. */
  take(): number {
    while (this.#blocks[this.#lowest]?.used === ROWS) this.#lowest++;
    const index = this.#lowest;
    const block = this.#blocks[index] ??= {
      cells: undefined,
      free: [],
      next: 0,
      used: 0,
    };
    block.cells ??= makeCells(ROWS * this.#bytes);
    block.used++;
    const row = index << SHIFT | (block.free.pop() ?? block.next++);
    const from = this.base(row) >> 3;
    block.cells.real.fill(0, from, from + (this.#bytes >> 3));
    return row;
  }

  /** Gives a row back. */
  give(row: number): void {
    const index = row >> SHIFT;
    const block = this.#blocks[index]!;
    block.free.push(row & (ROWS - 1));
    if (--block.used === 0) this.#letGo(index);
    this.#lowest = Math.min(this.#lowest, index);
  }

  /** Keeps one block without rows, for a row that comes and goes would make it each time. */
  #letGo(index: number): void {
    const other = this.#spare;
    this.#spare = index;
    if (other === index || this.#blocks[other]?.used !== 0) return;
    this.#spare = Math.min(index, other);
    const block = this.#blocks[Math.max(index, other)]!;
    block.cells = undefined;
    block.free.length = 0;
    block.next = 0;
  }
}

function makeCells(bytes: number): Cells {
  const buffer = new ArrayBuffer(bytes);
  return { whole: new Uint32Array(buffer), real: new Float64Array(buffer) };
}
