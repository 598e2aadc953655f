import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { isSealed, openThought, sealThought } from "./_thought_seal.ts";

Deno.test("D9: what is sealed is base64, is told from Gemini's own, and opens in either alphabet", () => {
  const kind = fc.constantFrom("signature" as const, "redacted" as const);
  fc.assert(
    fc.property(kind, fc.string({ unit: "grapheme" }), (kind, data) => {
      const sealed = sealThought({ kind, data });
      assert(isSealed(sealed) && /^[\w+/]+=*$/.test(sealed));
      assertEquals(openThought(sealed), { kind, data });
      const other = sealed.replaceAll("+", "-").replaceAll("/", "_");
      assertEquals(openThought(other), { kind, data });
    }),
  );
});

Deno.test("openThought() opens nothing else", () => {
  const mark = sealThought({ kind: "redacted", data: "" });
  for (const text of ["", "CiQB", `${mark}!`, btoa("llm-prx1:x"), mark[0]!]) {
    assertEquals(openThought(text), undefined);
  }
  assertEquals(isSealed(5), false);
});
