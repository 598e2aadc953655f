import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { cursorOf, decodeKey, encodeKey, readCursor } from "./_state_key.ts";
import type { StateKey } from "./state_store.ts";

const PART: fc.Arbitrary<string | number> = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 6 }),
  fc.string({ unit: fc.constantFrom("\0", "a", "\xff", "é"), maxLength: 4 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);
const KEY = fc.array(PART, { minLength: 1, maxLength: 4 });

function withoutMinusZero(key: StateKey): StateKey {
  return key.map((part) => part === 0 ? 0 : part);
}

Deno.test("encodeKey() sorts keys as Deno KV does, and decodeKey() reads them back", async () => {
  const keys = fc.sample(KEY, 400).map(withoutMinusZero);
  const kv = await Deno.openKv(":memory:");
  for (const key of keys) await kv.set([...key], 1);
  const rows = await Array.fromAsync(kv.list({ prefix: [] }));
  kv.close();
  const encoded = [...new Set(keys.map(encodeKey))].sort();
  assertEquals(encoded.map(decodeKey), rows.map(({ key }) => key));
});

Deno.test("readCursor() reads back what cursorOf() wrote", () => {
  fc.assert(fc.property(KEY, (key) => {
    const cursor = cursorOf(key);
    assertEquals(
      readCursor(cursor, key.slice(0, -1)),
      withoutMinusZero(key),
    );
  }));
});

Deno.test("encodeKey() takes minus zero for zero", () => {
  assertEquals(encodeKey([-0]), encodeKey([0]));
});
