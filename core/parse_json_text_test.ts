import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseAnswer } from "./dialects/_invalid_answer.ts";
import { parseJsonText } from "./parse_json_text.ts";

const BAIT = '{"place":1,"\\\\u006":1,"in":{"\\\\u0063on":1}}';
const ESCAPED = '{"place":1,"\\u006dodel":"m","in":{"\\u0063ontent":1}}';
const PLAIN = { place: 1, model: "m", in: { content: 1 } };

Deno.test("C11: parseJsonText() reads an escaped name right whatever was parsed before", () => {
  parseJsonText(BAIT);
  assertEquals(parseJsonText(ESCAPED), PLAIN);
  assertEquals(parseJsonText(`[${ESCAPED}]`), [PLAIN]);
  assertEquals(
    parseJsonText(`\n${ESCAPED.replace('":"m"', '" \n:"m"')}`),
    PLAIN,
  );
});

Deno.test("C11: parseJsonText() reads a name right that can't be without an escape", () => {
  const names: [before: string, name: string, plain: string][] = [
    ["\\\\", "\\n", "\n"],
    ["\\\\", '\\"', '"'],
    ["\\\\n", "\\nX", "\nX"],
    ["abc\\\\", "abc\\u0001", "abc\u0001"],
    ["\\\\", "\\u0061", "a"],
  ];
  for (const [n, [before, name, plain]] of names.entries()) {
    // What an engine has seen before it goes by, for objects that begin alike.
    const begin = `{"begin${n}":1,"\\n":{"__proto__":[]},`;
    parseJsonText(`${begin}"${before}":2,"z":3}`);
    const value = parseJsonText(`${begin}"${name}":2,"z":3}`) as object;
    const places = [`begin${n}`, "\n", plain, "z"];
    assertEquals(Object.keys(value), [...new Set(places)]);
    assertEquals(
      JSON.stringify(value),
      JSON.stringify(Object.fromEntries([
        [`begin${n}`, 1],
        ["\n", plain === "\n" ? 2 : { ["__proto__"]: [] }],
        [plain, 2],
        ["z", 3],
      ])),
    );
  }
});

Deno.test("C11: what a provider sent is read right whatever was parsed before", () => {
  parseAnswer(BAIT, "is no JSON");
  assertEquals(parseAnswer(ESCAPED, "is no JSON"), PLAIN);
});

Deno.test("parseJsonText() reads what JSON.stringify has written", () => {
  // Not what JSON.parse reads: that may be another name.
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const text = JSON.stringify(value, null, 1);
    assertEquals(JSON.stringify(parseJsonText(text), null, 1), text);
  }));
  for (const text of ["", "{", '{"\\u00":1}', '"\\":', '{"a\\n"']) {
    assertThrows(() => parseJsonText(text), SyntaxError);
  }
  assertEquals(parseJsonText('"say \\"a\\": b"'), 'say "a": b');
});
