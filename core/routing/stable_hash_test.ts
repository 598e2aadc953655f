import { assert, assertEquals } from "@std/assert";
import { hashPosition, hashText, mixHash } from "./stable_hash.ts";

Deno.test("hashText() gives the same numbers in every version", () => {
  assertEquals(
    ["", "a", "session-1", "日本"].map((text) => hashText(text)),
    [1042202338, 3446627338, 1110319393, 3164691237],
  );
});

Deno.test("hashText() reads no further than it is told", () => {
  assertEquals(hashText("ab".repeat(600), 4), hashText("abab"));
  assert(hashText("a".repeat(1023)) !== hashText("a".repeat(1024)));
  assertEquals(hashText("a".repeat(1024)), hashText("a".repeat(1_000_000)));
});

Deno.test("mixHash() spreads neighbours evenly over the whole range", () => {
  const buckets = new Array<number>(16).fill(0);
  for (let index = 0; index < 16_000; index++) {
    const position = hashPosition(mixHash(hashText(`user-${index}`), 7));
    assert(position > 0 && position < 1);
    const bucket = Math.floor(position * 16);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) assert(count > 850 && count < 1150, `${count}`);
});

Deno.test("mixHash() with two seeds gives two independent numbers", () => {
  let together = 0;
  for (let index = 0; index < 10_000; index++) {
    const hash = hashText(`key ${index}`);
    const a = hashPosition(mixHash(hash, 1)) < 0.5;
    const b = hashPosition(mixHash(hash, 2)) < 0.5;
    if (a && b) together++;
  }
  assert(together > 2300 && together < 2700, `${together}`);
});
