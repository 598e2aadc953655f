import { assertEquals, assertLessOrEqual } from "@std/assert";
import * as fc from "fast-check";
import { SliceBook } from "./_slice_book.ts";
import { testLimitStore } from "./_test_limit_store_contract.ts";
import { grantLease } from "./limit_store.ts";
import { MemoryLimitStore } from "./memory_limit_store.ts";

testLimitStore("MemoryLimitStore", () => ({
  store: new MemoryLimitStore(),
  close: () => {},
}));

const ASK = {
  limit: "it",
  key: "a",
  amount: 5,
  least: 1,
  windowId: 100,
  span: 4,
  capacity: 10,
  sliceMs: 1_000,
};

Deno.test("MemoryLimitStore grants nothing to new keys while it is full", async () => {
  const store = new MemoryLimitStore({ maxKeys: 2 });
  const grants = await store.lease(
    ["a", "b", "c", "a"].map((key) => ({ ...ASK, key })),
  );
  assertEquals(grants.map(({ granted }) => granted), [5, 5, 0, 5]);
  const later = { ...ASK, key: "c", windowId: 104 };
  assertEquals((await store.lease([later]))[0]?.granted, 5);
});

Deno.test("grantLease() finds the first slice in which enough has gone", () => {
  const counts = [3, 0, 4, 3];
  const fits = [0, 3, 4, 7, 8, 10, 11].map((least) =>
    grantLease(counts, { ...ASK, amount: 0, least }).fitsAt
  );
  assertEquals(fits, [100, 101, 103, 103, 104, 104, Infinity]);
});

Deno.test("grantLease() never has a window above its capacity", () => {
  const asks = fc.array(
    fc.record({ pass: fc.nat(3), amount: fc.nat(12) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(asks, (asks) => {
      const granted: number[] = [];
      let slice = 0;
      for (const { pass, amount } of asks) {
        slice += pass;
        const counts = [3, 2, 1, 0].map((ago) => granted[slice - ago] ?? 0);
        const grant = grantLease(counts, { ...ASK, amount, windowId: slice });
        granted[slice] = (granted[slice] ?? 0) + grant.granted;
        const window = [0, 1, 2, 3].map((ago) => granted[slice - ago] ?? 0);
        const used = window.reduce((sum, count) => sum + count);
        assertLessOrEqual(used, ASK.capacity);
        assertEquals(grant.left, ASK.capacity - used);
      }
    }),
  );
});

Deno.test("SliceBook forgets keys of which no slice counts any more", () => {
  const book = new SliceBook({ span: 4, sliceMs: 5_000, maxKeys: 100 });
  for (let i = 0; i < 100; i++) book.add(`old ${i}`, 10, 1);
  assertEquals(book.add("one more", 10, 1), false);
  for (let i = 0; i < 60; i++) book.add(`new ${i}`, 14, 1);
  assertLessOrEqual(book.size, 100);
  assertEquals(book.counts("old 99", 14), []);
  assertEquals(book.counts("new 59", 15), [0, 0, 1, 0]);
});

Deno.test("SliceBook counts in the slice that is named, early or late", () => {
  const book = new SliceBook({ span: 4, sliceMs: 5_000, maxKeys: 100 });
  book.add("a", 10, 5);
  book.add("a", 8, 2);
  book.add("a", 6, 9);
  assertEquals(book.counts("a", 10), [0, 2, 0, 5]);
  assertEquals(book.counts("a", 9), [0, 0, 2, 0, 5]);
  book.add("a", 13, 1);
  assertEquals(book.counts("a", 13), [5, 0, 0, 1]);
  book.add("a", 10, -9);
  assertEquals(book.counts("a", 13), [0, 0, 0, 1]);
  book.add("a", 1_000, 1);
  assertEquals(book.counts("a", 1_000), [0, 0, 0, 1]);
  assertEquals(book.counts("a", 3).reduce((sum, count) => sum + count), 1);
});
