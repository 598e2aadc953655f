/** Rows under encoded keys, in the order of these. */
export class SortedRows<T> {
  readonly #rows = new Map<string, T>();
  #ids: string[] = [];

  /** How many there are. */
  get size(): number {
    return this.#rows.size;
  }

  /** Reads a row. */
  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  /** Puts a row in place of any other. */
  set(id: string, row: T): void {
    if (!this.#rows.has(id)) this.#ids.splice(this.#placeOf(id), 0, id);
    this.#rows.set(id, row);
  }

  /** Removes a row, if there is one. */
  delete(id: string): void {
    if (this.#rows.delete(id)) this.#ids.splice(this.#placeOf(id), 1);
  }

  /** Removes every row of which this holds. */
  deleteWhere(holds: (row: T) => boolean): void {
    for (const [id, row] of this.#rows) if (holds(row)) this.#rows.delete(id);
    this.#ids = this.#ids.filter((id) => this.#rows.has(id));
  }

  /** All rows, in no order. */
  values(): MapIterator<T> {
    return this.#rows.values();
  }

  /** The rows from a key on, in their order. */
  *from(id: string): Generator<[string, T]> {
    for (let at = this.#placeOf(id); at < this.#ids.length; at++) {
      const next = this.#ids[at]!;
      yield [next, this.#rows.get(next)!];
    }
  }

  /** The first place whose key is not before this one. */
  #placeOf(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ids[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
