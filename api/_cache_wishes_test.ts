import { assertEquals } from "@std/assert";
import { cacheWishes } from "./_cache_wishes.ts";

Deno.test("cacheWishes() reads what a caller says, and the strictest of it", () => {
  for (
    const [header, noStore, maxAgeMs] of [
      [undefined, false, Infinity],
      ["", false, Infinity],
      ["no-store", true, Infinity],
      ["no-cache", false, 0],
      ["max-age=60", false, 60_000],
      ['max-age="60"', false, 60_000],
      ["max-age=60, max-age=5", false, 5_000],
      ["MAX-AGE = 60 ,NO-STORE", true, 60_000],
      ["max-age=-1", false, 0],
      ["max-age=1e9", false, 0],
      ["max-age", false, 0],
      ["private, must-understand", false, Infinity],
      ["no-storeage", false, Infinity],
    ] as const
  ) assertEquals(cacheWishes(header), { noStore, maxAgeMs }, header);
});
