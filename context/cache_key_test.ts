import { assertEquals, assertNotEquals } from "@std/assert";
import * as fc from "fast-check";
import { cacheKey } from "./cache_key.ts";

Deno.test("X5: cacheKey() is the same for the same texts and for no others", () => {
  const text = fc.string({ unit: "binary", maxLength: 6 });
  const list = fc.array(text, { maxLength: 4 });
  fc.assert(
    fc.property(list, list, (one, other) => {
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      assertEquals(cacheKey(one) === cacheKey(other), isSame);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("X5: crafted texts have no other's cacheKey()", () => {
  const lists = [
    [],
    [""],
    ["", ""],
    ["ab"],
    ["a", "b"],
    ["1:a"],
    ["a", "1:b"],
    ["a1:b"],
    ["\ud800"],
    ["\ud801"],
    ["\ufffd"],
    ['"\\ud800"'],
    ['"8:"\\ud800"'],
  ];
  const keys = new Set(lists.map((list) => cacheKey(list)));
  assertEquals(keys.size, lists.length);
  assertNotEquals(cacheKey(["é"]), cacheKey(["e\u0301"]));
});
