import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { hashOf, toBase64, unitVector } from "./_vector.ts";

Deno.test("unitVector() has length 1 for every seed and size", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.integer({ min: 1, max: 300 }),
    (seed, dimensions) => {
      const vector = unitVector(seed, dimensions);
      const square = vector.reduce((sum, part) => sum + part * part, 0);
      assertEquals(vector.length, dimensions);
      assertEquals(Math.abs(square - 1) < 1e-5, true, `${square}`);
    },
  ));
});

Deno.test("unitVector() is the same for the same seed and points elsewhere for another", () => {
  assertEquals(unitVector(7, 64), unitVector(7, 64));
  const other = unitVector(8, 64);
  const cosine = unitVector(7, 64).reduce(
    (s, part, i) => s + part * other[i]!,
    0,
  );
  assertEquals(Math.abs(cosine) < 0.9, true);
});

Deno.test("hashOf() tells texts and token lists apart", () => {
  const hashes = ["", "a", "b", "ab", "ba", [1], [1, 2], [2, 1]].map(hashOf);
  assertEquals(new Set(hashes).size, hashes.length);
});

Deno.test("toBase64() writes little-endian 32-bit floats", () => {
  assertEquals(toBase64(new Float32Array([1, -2])), "AACAPwAAAMA=");
});
