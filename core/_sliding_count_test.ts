import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { SlidingCount } from "./_sliding_count.ts";

Deno.test("SlidingCount counts what a list of all would, over the newest slots", () => {
  const step = fc.record({
    passed: fc.integer({ min: 0, max: 12 }),
    back: fc.integer({ min: 0, max: 8 }),
    count: fc.integer({ min: -3, max: 5 }),
  });
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 6 }),
    fc.array(step),
    (slots, steps) => {
      const sliding = new SlidingCount(slots);
      const all: { slot: number; count: number }[] = [];
      let now = 100;
      sliding.at(now);
      for (const { passed, back, count } of steps) {
        now += passed;
        sliding.at(now);
        sliding.add(now - back, count);
        if (back < slots) all.push({ slot: now - back, count });
        const expected = all.filter(({ slot }) => slot > now - slots)
          .reduce((sum, { count }) => sum + count, 0);
        assertEquals(sliding.at(now), expected);
      }
    },
  ));
});

Deno.test("SlidingCount begins anywhere and forgets after a long pause", () => {
  const sliding = new SlidingCount(3);
  sliding.add(1e9, 2);
  assertEquals(sliding.at(1e9 + 2), 2);
  assertEquals(sliding.at(1e12), 0);
});
