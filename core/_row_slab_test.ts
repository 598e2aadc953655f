import { assert, assertEquals } from "@std/assert";
import { RowSlab } from "./_row_slab.ts";

Deno.test("RowSlab.take() gives rows of zeros that do not overlap", () => {
  const slab = new RowSlab(16);
  const rows = Array.from({ length: 2_000 }, () => slab.take());
  assertEquals(new Set(rows).size, rows.length);
  for (const row of rows) {
    const { real } = slab.cells(row);
    const at = slab.base(row) >> 3;
    assertEquals([real[at], real[at + 1]], [0, 0]);
    real.fill(row + 1, at, at + 2);
  }
  for (const row of rows) {
    const at = slab.base(row) >> 3;
    assertEquals(slab.cells(row).real[at], row + 1);
    assertEquals(slab.cells(row).real[at + 1], row + 1);
  }
});

Deno.test("RowSlab.give() lets rows be taken again, as zeros", () => {
  const slab = new RowSlab(8);
  const rows = Array.from({ length: 600 }, () => slab.take());
  for (const row of rows) slab.cells(row).real[slab.base(row) >> 3] = 7;
  for (const row of rows.slice(100, 300)) slab.give(row);
  const again = Array.from({ length: 200 }, () => slab.take());
  assertEquals(again.toSorted((a, b) => a - b), rows.slice(100, 300));
  for (const row of again) {
    assertEquals(slab.cells(row).real[slab.base(row) >> 3], 0);
  }
});

Deno.test("RowSlab lets blocks without rows go, but for one", () => {
  const slab = new RowSlab(8);
  const rows = Array.from({ length: 512 * 4 }, () => slab.take());
  const blocks = [0, 1, 2, 3].map((i) => slab.cells(rows[i * 512]!));
  for (const row of rows) slab.give(row);
  // The next row is in a block that was kept; the fourth block is made anew.
  assert(blocks.includes(slab.cells(slab.take())));
  const more = Array.from({ length: 512 * 4 - 1 }, () => slab.take());
  const kept = new Set(more.map((row) => slab.cells(row)));
  assertEquals(blocks.filter((block) => kept.has(block)).length, 1);
});

Deno.test("RowSlab does not make a block for each row that comes and goes", () => {
  const slab = new RowSlab(8);
  for (let i = 0; i < 512; i++) slab.take();
  const row = slab.take();
  const block = slab.cells(row);
  for (let i = 0; i < 10; i++) {
    slab.give(row);
    assertEquals(slab.take(), row);
    assertEquals(slab.cells(row) === block, true);
  }
});
