import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { SemanticIndex } from "./semantic_index.ts";
import { VectorTable } from "./_vector_table.ts";

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, at) => sum + value * y[at]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

Deno.test("VectorTable finds what a plain search finds, among the newest of its partition", () => {
  const number = fc.integer({ min: -9, max: 9 });
  const vector = fc.array(number, { minLength: 5, maxLength: 5 })
    .filter((values) => values.some((value) => value !== 0));
  const row = fc.record({
    partition: fc.constantFrom("a", "b"),
    key: fc.integer({ min: 0, max: 9 }).map(String),
    vector,
  });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 20 }), row, (rows, asked) => {
      const table = new VectorTable(5, 100);
      const last = new Map<string, typeof asked>();
      for (const one of rows) {
        table.add({ ...one, vector: Float32Array.from(one.vector) });
        last.set(one.key, one);
      }
      assertEquals(table.size, last.size);
      const { partition } = asked;
      const found = table.nearest({
        partition,
        vector: Float32Array.from(asked.vector),
      });
      const best = Math.max(
        ...[...last.values()].filter((one) => one.partition === partition)
          .map((one) => cosine(one.vector, asked.vector)),
      );
      if (best === -Infinity) return assertEquals(found, undefined);
      assert(Math.abs((found?.similarity ?? NaN) - best) < 1e-5);
      const named = last.get(found?.key ?? "");
      assertEquals(named?.partition, partition);
    }),
  );
});

Deno.test("VectorTable is bounded, and the oldest go first", () => {
  const table = new VectorTable(2, 3);
  const at = (angle: number) =>
    Float32Array.of(Math.cos(angle), Math.sin(angle));
  for (let i = 0; i < 1_000; i++) {
    table.add({ partition: `p${i % 7}`, key: `${i}`, vector: at(i) });
    assert(table.size <= 3);
  }
  const near = (i: number) =>
    table.nearest({ partition: `p${i % 7}`, vector: at(i) })?.key;
  assertEquals([near(996), near(997), near(998), near(999)], [
    undefined,
    "997",
    "998",
    "999",
  ]);
});

Deno.test("VectorTable takes no vector without a direction, or of another length", () => {
  const table = new VectorTable(2, 3);
  for (const values of [[0, 0], [NaN, 1], [Infinity, 1], [1, 2, 3], [1]]) {
    const vector = Float32Array.from(values);
    table.add({ partition: "p", key: "a", vector });
    assertEquals(table.nearest({ partition: "p", vector }), undefined);
  }
  assertEquals(table.size, 0);
});

Deno.test("SemanticIndex finds vectors of any length in their partitions, and nothing once closed", async () => {
  const index = new SemanticIndex({ withinMs: 20_000 });
  try {
    const asked = { partition: "p", vector: [1, 1] };
    assertEquals(await index.search(asked), undefined);
    index.add({ partition: "p", key: "a", vector: [1, 2] });
    index.add({ partition: "q", key: "b", vector: [1, 1] });
    index.add({ partition: "p", key: "c", vector: [1, 2, 3] });
    index.add({ partition: "p", key: "none", vector: [] });
    assertEquals((await index.search(asked))?.key, "a");
    const longer = await index.search({ partition: "p", vector: [2, 4, 6] });
    assertEquals(longer, { key: "c", similarity: 1 });
  } finally {
    index.close();
  }
  assertEquals(
    await index.search({ partition: "p", vector: [1, 1] }),
    undefined,
  );
});

Deno.test("SemanticIndex looks itself where no worker can be started", async () => {
  const nowhere = new URL("file:///no/such/worker.ts");
  const index = new SemanticIndex({}, nowhere);
  const named = { partition: "p", vector: [1, 2] };
  for (let tries = 0; tries < 500; tries++) {
    // What comes before it is known that there is none is lost.
    index.add({ ...named, key: "a" });
    const found = await index.search({ partition: "p", vector: [1, 1] });
    if (found !== undefined) {
      assertEquals(found.key, "a");
      break;
    }
    assert(tries < 499);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  index.close();
  assertEquals(await index.search(named), undefined);
});
