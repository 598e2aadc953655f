import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PatternIndex, splitPattern } from "./_pattern_index.ts";

function indexOf(patterns: readonly string[]): PatternIndex<string> {
  const index = new PatternIndex<string>();
  for (const pattern of patterns) {
    const split = splitPattern(pattern);
    if (split !== undefined) index.add(split, pattern);
  }
  return index;
}

Deno.test("PatternIndex.match() finds the pattern with the most letters", () => {
  const index = indexOf(["gpt-*", "gpt-5-*", "*-mini", "gpt-5-*-mini", "a/*"]);
  const found = (name: string): string | undefined => index.match(name)?.value;
  assertEquals(found("gpt-4"), "gpt-*");
  assertEquals(found("gpt-5-pro"), "gpt-5-*");
  assertEquals(found("o4-mini"), "*-mini");
  assertEquals(found("gpt-5-x-mini"), "gpt-5-*-mini");
  assertEquals(found("gpt-4-mini"), "*-mini");
  assertEquals(found("a/b/c"), "a/*");
  assertEquals(found("o3"), undefined);
});

Deno.test("PatternIndex.match() prefers more letters in front of two with as many", () => {
  assertEquals(
    indexOf(["*-mini", "gpt-4*"]).match("gpt-4-mini")?.value,
    "gpt-4*",
  );
  assertEquals(
    indexOf(["gpt-4*", "*-mini"]).match("gpt-4-mini")?.value,
    "gpt-4*",
  );
  assertEquals(indexOf(["ab*", "*yz"]).match("abyz")?.value, "ab*");
});

Deno.test("PatternIndex.match() gives the * one letter at least", () => {
  const index = indexOf(["gpt-*", "a*a"]);
  assertEquals(index.match("gpt-"), undefined);
  assertEquals(index.match("aa"), undefined);
  assertEquals(index.match("aba")?.capture, "b");
  assertEquals(index.match(""), undefined);
});

Deno.test("PatternIndex.add() says when a pattern is known already", () => {
  const index = new PatternIndex<number>();
  assertEquals(index.add({ before: "a", behind: "" }, 1), true);
  assertEquals(index.add({ before: "a", behind: "" }, 2), false);
  assertEquals(index.match("ab")?.value, 1);
});

Deno.test("PatternIndex.match() finds what trying each pattern finds", () => {
  const word = fc.string({
    unit: fc.constantFrom("a", "b", "/"),
    maxLength: 4,
  });
  const pattern = fc.tuple(word, word).map(([a, b]) => `${a}*${b}`);
  fc.assert(fc.property(
    fc.uniqueArray(pattern, { maxLength: 12 }),
    fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 10 }),
    (patterns, name) => {
      const fitting = patterns
        .map((text) => ({ text, at: text.indexOf("*") }))
        .filter(({ text, at }) =>
          name.length >= text.length && name.startsWith(text.slice(0, at)) &&
          name.endsWith(text.slice(at + 1))
        )
        .toSorted((one, other) =>
          other.text.length - one.text.length || other.at - one.at
        );
      const got = indexOf(patterns).match(name);
      assertEquals(got?.value, fitting[0]?.text);
      if (got !== undefined) {
        assertEquals(got.value.replace("*", () => got.capture), name);
      }
    },
  ));
});
