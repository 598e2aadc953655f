import { assertEquals, assertThrows } from "@std/assert";
import { parseExactJson } from "./_exact_json.ts";

Deno.test("M15: long whole numbers survive parse and stringify", () => {
  for (
    const text of [
      '{"a":12345678901234567890}',
      "[-9007199254740993,1]",
      '{"a":{"b":[99999999999999999999999]}}',
    ]
  ) assertEquals(JSON.stringify(parseExactJson(text)), text);
});

Deno.test("parseExactJson() gives plain values for all that a double holds", () => {
  assertEquals(
    parseExactJson(
      '{"a":9007199254740991,"b":1.5e300,"s":"12345678901234567890"}',
    ),
    { a: 9007199254740991, b: 1.5e300, s: "12345678901234567890" },
  );
  assertThrows(() => parseExactJson("{"), SyntaxError);
});
