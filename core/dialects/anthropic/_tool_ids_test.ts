import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { readCallId, wireCallId } from "./_tool_ids.ts";

/** The way back, which shows that nothing is lost. */
function callerId(id: string): string {
  if (!id.startsWith("x_")) return id;
  return id.slice(2).replace(
    /_([0-9a-f]{4})/g,
    (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

Deno.test("C8: ids that the provider takes stay as they are", () => {
  for (const id of ["toolu_01AbC", "call_xyz-9", "a"]) {
    assertEquals(wireCallId(id), id);
  }
});

Deno.test("C8: other ids are written in letters that the provider takes", () => {
  assertEquals(wireCallId("call:1/2"), "x_call_003a1_002f2");
  assertEquals(wireCallId("x_1"), "x_x_005f1");
  assertEquals(wireCallId(""), "x_");
});

Deno.test("C8: each id can be read back, so different ids stay different", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (id) => {
      const wire = wireCallId(id);
      assert(/^[a-zA-Z0-9_-]+$/.test(wire));
      assertEquals(callerId(wire), id);
      assertEquals(wireCallId(id), wire);
    }),
  );
});

Deno.test("C8: an id is read back as it was, others stay as they are", () => {
  for (
    const id of ["a.b:0", "x_1", "x_", "é\u{1f440}", "", "toolu_01", "a_b"]
  ) {
    assertEquals(readCallId(wireCallId(id)), id);
  }
  for (const id of ["x_abc", "x_00", "x_0061"]) {
    assertEquals(readCallId(id), id);
  }
});
