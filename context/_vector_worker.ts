/**
 * Looks for the nearest of many vectors in a thread of its own: that takes
 * milliseconds, in which nothing else could be served.
 *
 * @module
 */
/// <reference lib="deno.worker" />
import type { VectorAnswer, VectorOrder } from "./semantic_index.ts";
import { VectorTables } from "./_vector_tables.ts";

const tables = new VectorTables();

self.onmessage = ({ data }: MessageEvent<VectorOrder>) => {
  const nearest = tables.take(data);
  if (data.key !== undefined) return;
  const answer: VectorAnswer = {
    id: data.id,
    ...(nearest !== undefined && { nearest }),
  };
  self.postMessage(answer);
};
