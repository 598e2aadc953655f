/** A vector with a name, among those that it may be compared with. */
export interface NamedVector {
  /** Vectors of others are never looked at. */
  readonly partition: string;
  /** What it stands for. */
  readonly key: string;
  readonly vector: Float32Array;
}

/** The nearest of some vectors. */
export interface NearestVector {
  readonly key: string;
  /** The cosine of the angle between the two, -1 to 1. */
  readonly similarity: number;
}

/** So many rows there are at first; their number is doubled as needed. */
const FIRST_ROWS = 64;

/**
 * Vectors of one length in a ring: the oldest go first. The nearest is found by
 * looking at every one of its partition, so that none is missed.
 */
export class VectorTable {
  readonly #dimensions: number;
  readonly #maxRows: number;
  /** All of length 1, one after the other. */
  #values: Float32Array;
  /** The number of each row's partition; -1 for a row that is free. */
  #partitions: Int32Array;
  readonly #keys: (string | undefined)[] = [];
  readonly #rows = new Map<string, number>();
  readonly #ids = new Map<string, { readonly id: number; rows: number }>();
  readonly #names = new Map<number, string>();
  #next = 0;
  #lastId = 0;

  constructor(dimensions: number, maxRows: number) {
    this.#dimensions = dimensions;
    this.#maxRows = Math.max(1, maxRows);
    const rows = Math.min(FIRST_ROWS, this.#maxRows);
    this.#values = new Float32Array(rows * dimensions);
    this.#partitions = new Int32Array(rows).fill(-1);
  }

  /** How many vectors there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** Adds a vector in place of any other of the same key; one without a direction is none. */
  add({ partition, key, vector }: NamedVector): void {
    const unit = unitOf(vector);
    if (unit === undefined || vector.length !== this.#dimensions) return;
    const known = this.#rows.get(key);
    const row = known ?? this.#freeRow();
    this.#forget(row);
    let place = this.#ids.get(partition);
    if (place === undefined) {
      place = { id: ++this.#lastId, rows: 0 };
      this.#ids.set(partition, place);
      this.#names.set(place.id, partition);
    }
    place.rows++;
    this.#partitions[row] = place.id;
    this.#keys[row] = key;
    this.#rows.set(key, row);
    this.#values.set(unit, row * this.#dimensions);
  }

  /** The nearest vector of a partition. */
  nearest(
    { partition, vector }: Omit<NamedVector, "key">,
  ): NearestVector | undefined {
    const id = this.#ids.get(partition)?.id;
    const unit = unitOf(vector);
    const isOdd = unit === undefined || vector.length !== this.#dimensions;
    if (id === undefined || isOdd) return undefined;
    let best = -1;
    let similarity = -Infinity;
    const rows = Math.min(this.#partitions.length, this.#keys.length);
    for (let row = 0; row < rows; row++) {
      if (this.#partitions[row] !== id) continue;
      const found = this.#product(unit, row * this.#dimensions);
      if (found <= similarity) continue;
      similarity = found;
      best = row;
    }
    const key = this.#keys[best];
    if (key === undefined) return undefined;
    // Rounding may lead beyond what a cosine can be.
    return { key, similarity: Math.max(-1, Math.min(1, similarity)) };
  }

  /** The sum of products; four at a time, as none then waits for the one before. */
  #product(unit: Float32Array, from: number): number {
    const values = this.#values;
    const end = unit.length & ~3;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = 0, at = from; i < end; i += 4, at += 4) {
      a += unit[i]! * values[at]!;
      b += unit[i + 1]! * values[at + 1]!;
      c += unit[i + 2]! * values[at + 2]!;
      d += unit[i + 3]! * values[at + 3]!;
    }
    for (let i = end; i < unit.length; i++) {
      a += unit[i]! * values[from + i]!;
    }
    return a + b + c + d;
  }

  #freeRow(): number {
    const row = this.#next;
    this.#next = (row + 1) % this.#maxRows;
    if (row >= this.#partitions.length) this.#grow();
    return row;
  }

  #grow(): void {
    const rows = Math.min(this.#maxRows, 2 * this.#partitions.length);
    const values = new Float32Array(rows * this.#dimensions);
    values.set(this.#values);
    this.#values = values;
    const partitions = new Int32Array(rows).fill(-1);
    partitions.set(this.#partitions);
    this.#partitions = partitions;
  }

  #forget(row: number): void {
    const key = this.#keys[row];
    if (key === undefined) return;
    this.#rows.delete(key);
    const id = this.#partitions[row]!;
    const name = this.#names.get(id);
    const place = name === undefined ? undefined : this.#ids.get(name);
    if (name === undefined || place === undefined || --place.rows > 0) return;
    this.#ids.delete(name);
    this.#names.delete(id);
  }
}

/** The same direction with length 1; nothing where there is none. */
function unitOf(vector: Float32Array): Float32Array | undefined {
  let sum = 0;
  for (const value of vector) sum += value * value;
  const length = Math.sqrt(sum);
  if (!(length > 0 && length < Infinity)) return undefined;
  return vector.map((value) => value / length);
}
