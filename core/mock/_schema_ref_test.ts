import { assertEquals } from "@std/assert";
import { resolveRef } from "./_schema_ref.ts";

const ROOT = { $defs: { "a/b~c %": { type: "null" } }, list: [{ x: 1 }] };

Deno.test("resolveRef() follows pointers with escapes", () => {
  assertEquals(resolveRef(ROOT, "#"), ROOT);
  assertEquals(resolveRef(ROOT, "#/list/0/x"), 1);
  assertEquals(resolveRef(ROOT, "#/$defs/a~1b~0c%20%25"), { type: "null" });
});

Deno.test("resolveRef() finds nothing outside the document or in prototypes", () => {
  for (
    const ref of [
      "",
      "x",
      "https://example.com/#/a",
      "#anchor",
      "#/nothing",
      "#/%zz",
      "#/toString",
      "#/list/length/x",
      "#/__proto__",
      "#/list/0/x/y",
    ]
  ) assertEquals(resolveRef(ROOT, ref), undefined, ref);
});
