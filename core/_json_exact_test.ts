import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { exactMember, parseExactJson } from "./_json_exact.ts";
import { parseJsonDocument } from "./json_document.ts";

const kept = [
  '{"a":12345678901234567890}',
  "[-9007199254740993,1]",
  '{"a":{"b":[99999999999999999999999]}}',
  "[0.12345678901234567890123]",
  "[1234567890.12345678901]",
  "[1.0000000000000000001e5]",
  "[1e400,-1E+400]",
  "[1e-400,4e-324]",
];

for (const text of kept) {
  Deno.test(`M15: ${text} survives parse and stringify`, () => {
    assertEquals(JSON.stringify(parseExactJson(text)), text);
  });
}

Deno.test("M15: any number survives parse and stringify with its exact value", () => {
  const number = fc.stringMatching(
    /^-?(?:0|[1-9]\d{0,25})(?:\.\d{1,25})?(?:[eE][+-]?\d{1,3})?$/,
  );
  fc.assert(
    fc.property(number, (text) => {
      const written = JSON.stringify(parseExactJson(`[${text}]`)).slice(1, -1);
      assertEquals(exactValue(written), exactValue(text));
    }),
    { numRuns: 2_000 },
  );
});

/** A number as its digits without zeros around them, and the power of ten. */
function exactValue(text: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] =
    /^(-?)(\d+)\.?(\d*)(?:e(.+))?$/i.exec(text) ?? [];
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return "0";
  const shift = all.length - digits.length - fraction.length;
  return `${sign}${digits}e${Number(power) + shift}`;
}

Deno.test("parseExactJson() gives plain values for all that a double holds", () => {
  assertEquals(
    parseExactJson(
      '{"a":9007199254740991,"b":1.5e300,"s":"12345678901234567890","c":0.0}',
    ),
    { a: 9007199254740991, b: 1.5e300, s: "12345678901234567890", c: 0 },
  );
  assertThrows(() => parseExactJson("{"), SyntaxError);
});

Deno.test("M15: exactMember() keeps the numbers of one member, and reads escaped names right", () => {
  const bait =
    '"\\\\u006":1,"\\u0063on":{"\\u0063ontent":12345678901234567890}';
  const document = parseJsonDocument(
    new TextEncoder().encode(`{"a":[{${bait}}],"b":{"c":1}}`),
  );
  assertEquals(
    JSON.stringify(exactMember(document, "a")),
    '[{"\\\\u006":1,"con":{"content":12345678901234567890}}]',
  );
  // Nothing is parsed again where there is nothing to keep.
  assert(exactMember(document, "b") === document.value.b);
});
