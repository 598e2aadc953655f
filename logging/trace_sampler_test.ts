import { assert, assertEquals, assertThrows } from "@std/assert";
import { newTraceId } from "./trace_id.ts";
import { TraceSampler } from "./trace_sampler.ts";

const SPAN_ID = "b7ad6b7169203331";

Deno.test("TraceSampler.begins() keeps its rate, and all or nothing at its ends", () => {
  const ids = Array.from({ length: 20_000 }, newTraceId);
  const share = (ratio: number): number => {
    const sampler = new TraceSampler({ ratio });
    return ids.filter((id) => sampler.begins(id)).length / ids.length;
  };
  assertEquals(share(0), 0);
  assertEquals(share(1), 1);
  for (const ratio of [0.01, 0.1, 0.5]) {
    const kept = share(ratio);
    // Six standard deviations.
    const most = 6 * Math.sqrt(ratio * (1 - ratio) / ids.length);
    assert(Math.abs(kept - ratio) < most, `${kept} of ${ratio}`);
  }
});

Deno.test("TraceSampler.begins() chooses by the id alone: a higher rate keeps all that a lower one does", () => {
  const [low, high] = [0.1, 0.4].map((ratio) => new TraceSampler({ ratio }));
  for (let count = 0; count < 2_000; count++) {
    const id = newTraceId();
    assertEquals(low!.begins(id), low!.begins(id));
    if (low!.begins(id)) assert(high!.begins(id));
  }
});

Deno.test("TraceSampler.begins() does as the caller's trace does", () => {
  const sampler = new TraceSampler({ ratio: 0.5 });
  for (const sampled of [true, false]) {
    for (let count = 0; count < 20; count++) {
      const traceId = newTraceId();
      const parent = { traceId, spanId: SPAN_ID, sampled };
      assertEquals(sampler.begins(traceId, parent), sampled);
    }
  }
});

Deno.test("TraceSampler.keeps() what was chosen, what failed and what was slow", () => {
  const sampler = new TraceSampler({ ratio: 0, slowMs: 1_000 });
  const quick = { sampled: false, failed: false, waitedMs: 999 };
  assertEquals(sampler.keeps(quick), false);
  assertEquals(sampler.keeps({ ...quick, sampled: true }), true);
  assertEquals(sampler.keeps({ ...quick, failed: true }), true);
  assertEquals(sampler.keeps({ ...quick, waitedMs: 1_000 }), true);
});

Deno.test("TraceSampler refuses what is no rate and no time", () => {
  for (const ratio of [-0.1, 1.1, NaN]) {
    assertThrows(() => new TraceSampler({ ratio }), RangeError, "from 0 to 1");
  }
  for (const slowMs of [0, -1, NaN]) {
    assertThrows(() => new TraceSampler({ slowMs }), RangeError, "above 0");
  }
});
