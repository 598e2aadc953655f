import type { VectorOrder } from "./semantic_index.ts";
import { type NearestVector, VectorTable } from "./_vector_table.ts";

/** So many lengths of vectors there may be: models differ in them. */
const MAX_TABLES = 4;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** Vectors of any length, those of one length in a table. */
export class VectorTables {
  readonly #tables = new Map<number, VectorTable>();

  /** Adds a vector where the order has a key, else gives the nearest. */
  take(order: VectorOrder): NearestVector | undefined {
    const { key, vector } = order;
    if (key === undefined) {
      return this.#tables.get(vector.length)?.nearest(order);
    }
    this.#tableOf(order).add({ ...order, key });
    return undefined;
  }

  #tableOf(
    { vector: { length }, maxEntries, maxBytes }: VectorOrder,
  ): VectorTable {
    let table = this.#tables.get(length);
    if (table === undefined) {
      if (this.#tables.size === MAX_TABLES) this.#tables.clear();
      const rows = Math.floor(maxBytes / (length * BYTES));
      table = new VectorTable(length, Math.min(maxEntries, rows));
      this.#tables.set(length, table);
    }
    return table;
  }
}
