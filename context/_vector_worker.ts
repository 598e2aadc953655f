/**
 * Looks for the nearest of many vectors in a thread of its own: that takes
 * milliseconds, in which nothing else could be served.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { VectorAnswer, VectorOrder } from "./semantic_index.ts";
import { VectorTable } from "./_vector_table.ts";

/** So many lengths of vectors there may be: models differ in them. */
const MAX_TABLES = 4;
const BYTES = Float32Array.BYTES_PER_ELEMENT;

/** By the length of their vectors. */
const tables = new Map<number, VectorTable>();

function tableOf(
  { vector: { length }, maxEntries, maxBytes }: VectorOrder,
): VectorTable {
  let table = tables.get(length);
  if (table === undefined) {
    if (tables.size === MAX_TABLES) tables.clear();
    const rows = Math.floor(maxBytes / (length * BYTES));
    table = new VectorTable(length, Math.min(maxEntries, rows));
    tables.set(length, table);
  }
  return table;
}

self.onmessage = ({ data }: MessageEvent<VectorOrder>) => {
  if (data.key !== undefined) {
    return tableOf(data).add({ ...data, key: data.key });
  }
  const nearest = tables.get(data.vector.length)?.nearest(data);
  const answer: VectorAnswer = {
    id: data.id,
    ...(nearest !== undefined && { nearest }),
  };
  self.postMessage(answer);
};
