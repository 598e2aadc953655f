import { assertEquals } from "@std/assert";
import { parseTraceParent } from "./trace_parent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

Deno.test("parseTraceParent() reads ids and the flag of sampling", () => {
  const ids = { traceId: TRACE, spanId: SPAN };
  const read = (flags: string) =>
    parseTraceParent(`00-${TRACE}-${SPAN}-${flags}`);
  assertEquals(read("01"), { ...ids, sampled: true });
  assertEquals(read("00"), { ...ids, sampled: false });
  assertEquals(read("fe"), { ...ids, sampled: false });
  assertEquals(read("ff"), { ...ids, sampled: true });
});

Deno.test("parseTraceParent() reads later versions by what they begin with", () => {
  for (const rest of ["", "-", "-more"]) {
    const read = parseTraceParent(`cc-${TRACE}-${SPAN}-01${rest}`);
    assertEquals(read?.traceId, TRACE, rest);
  }
  assertEquals(parseTraceParent(`cc-${TRACE}-${SPAN}-01more`), undefined);
});

Deno.test("parseTraceParent() takes nothing that is not valid", () => {
  for (
    const header of [
      undefined,
      "",
      "00",
      `00-${TRACE}-${SPAN}`,
      `00-${TRACE}-${SPAN}-1`,
      `00-${TRACE}-${SPAN}-01-more`,
      `00-${TRACE}-${SPAN}-01 `,
      ` 00-${TRACE}-${SPAN}-01`,
      `ff-${TRACE}-${SPAN}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${"0".repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${"0".repeat(16)}-01`,
      `00-${TRACE}-${SPAN}-zz`,
      `00_${TRACE}_${SPAN}_01`,
      `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
      `cc-${TRACE}-${SPAN}-01-${"x".repeat(100_000)}`,
    ]
  ) assertEquals(parseTraceParent(header), undefined, header?.slice(0, 80));
});
