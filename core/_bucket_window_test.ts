import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { BucketWindow } from "./_bucket_window.ts";

Deno.test("BucketWindow counts what lies in its buckets, as a list of all events does", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 12 }),
    fc.array(
      fc.record({
        gap: fc.oneof(fc.nat(150), fc.nat(3_000)),
        counted: fc.boolean(),
        marked: fc.boolean(),
      }),
      { maxLength: 100, size: "max" },
    ),
    (buckets, events) => {
      const width = 100;
      const window = new BucketWindow(buckets * width, buckets);
      const seen: { bucket: number; counted: boolean; marked: boolean }[] = [];
      let now = 0;
      for (const { gap, counted, marked } of events) {
        now += gap;
        window.add(now, counted, marked);
        const bucket = Math.floor(now / width);
        seen.push({ bucket, counted, marked });
        const within = seen.filter((event) => event.bucket > bucket - buckets);
        assertEquals([window.total, window.marked], [
          within.filter((event) => event.counted).length,
          within.filter((event) => event.marked).length,
        ]);
      }
    },
  ));
});

Deno.test("BucketWindow.clear() leaves nothing that could slide out later", () => {
  const window = new BucketWindow(1_000, 10);
  for (let now = 0; now < 900; now += 100) window.add(now, true, true);
  window.clear();
  for (let now = 900; now < 2_500; now += 100) {
    window.add(now, true, false);
    assertEquals(window.marked, 0);
  }
  assertEquals(window.total, 10);
});

Deno.test("BucketWindow counts an event of the past in its newest bucket", () => {
  const window = new BucketWindow(1_000, 10);
  window.add(5_000, true, false);
  window.add(100, true, true);
  assertEquals([window.total, window.marked], [2, 1]);
});
