import { assertEquals, assertMatch } from "@std/assert";
import { formatTraceParent, parseTraceParent } from "./trace_parent.ts";
import { newSpanId, newTraceId } from "./trace_id.ts";

Deno.test("newTraceId() and newSpanId() give ids that are valid and new", () => {
  const seen = new Set<string>();
  for (let count = 0; count < 1_000; count++) {
    const traceId = newTraceId();
    const spanId = newSpanId();
    const header = formatTraceParent({ traceId, spanId, sampled: true });
    assertMatch(header, /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    assertEquals(parseTraceParent(header), { traceId, spanId, sampled: true });
    seen.add(traceId).add(spanId);
  }
  assertEquals(seen.size, 2_000);
});

Deno.test("formatTraceParent() tells where nothing is recorded", () => {
  const parent = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    sampled: false,
  };
  assertEquals(
    formatTraceParent(parent),
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00",
  );
});
