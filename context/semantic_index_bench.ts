import { SemanticIndex } from "./semantic_index.ts";
import { VectorTable } from "./_vector_table.ts";

const DIMENSIONS = 768;
const ROWS = 10_000;

function random(): Float32Array {
  return Float32Array.from({ length: DIMENSIONS }, () => Math.random() - 0.5);
}

const table = new VectorTable(DIMENSIONS, ROWS);
const index = new SemanticIndex({ maxEntries: ROWS, withinMs: 10_000 });
for (let row = 0; row < ROWS; row++) {
  const vector = random();
  table.add({ partition: "p", key: `${row}`, vector });
  index.add({ partition: "p", key: `${row}`, vector });
}
const asked = { partition: "p", vector: random() };
await index.search(asked);

Deno.bench(
  "the nearest of 10,000 vectors of 768 dimensions (at most 10 ms)",
  () => {
    table.nearest(asked);
  },
);

Deno.bench("the same in the worker, as the loop sees it", async () => {
  await index.search(asked);
});

globalThis.addEventListener("unload", () => index.close());
