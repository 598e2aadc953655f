import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { estimateTokens, head, limitText, pieces, words } from "./_text.ts";

const text = fc.string({ unit: "binary", maxLength: 600 });

Deno.test("estimateTokens() counts four characters a token and rounds up", () => {
  assertEquals([0, 1, 4, 5].map(estimateTokens), [0, 1, 1, 2]);
});

Deno.test("words() keeps the white space before each word", () => {
  assertEquals([...words(" a  b\nc ")], [" a", "  b", "\nc", " "]);
  assertEquals([...words("")], []);
});

Deno.test("words() and pieces() give pieces that make up the text and tear no character", () => {
  fc.assert(fc.property(text, fc.integer({ min: 2, max: 9 }), (text, size) => {
    for (const list of [[...words(text)], [...pieces(text, size)]]) {
      assertEquals(list.join(""), text);
      assertEquals(list.some((piece) => piece === ""), false);
      if (!text.isWellFormed()) continue;
      assertEquals(list.every((piece) => piece.isWellFormed()), true);
    }
  }));
});

Deno.test("words() cuts a word that is very long", () => {
  const list = [...words("😀".repeat(1_000))];
  assertEquals(list.every((piece) => piece.length <= 256), true);
  assertEquals(list.every((piece) => piece.isWellFormed()), true);
});

Deno.test("head() leaves out half a surrogate pair", () => {
  assertEquals(head("a😀b", 2), "a");
  assertEquals(head("a😀b", 3), "a😀");
  assertEquals(head("ab", 5), "ab");
});

Deno.test("limitText() ends a text at the first stop sequence or at the limit", () => {
  const limit = (stop: string[], maxTokens?: number): unknown =>
    limitText("one two three", { stop, maxTokens });
  assertEquals(limit([]), { text: "one two three", finish: "stop" });
  assertEquals(limit(["three", " two"]), { text: "one", finish: "stop" });
  assertEquals(limit([], 2), { text: "one two ", finish: "length" });
  assertEquals(limit([], 4), { text: "one two three", finish: "stop" });
  assertEquals(limit(["three"], 2), { text: "one two ", finish: "length" });
  assertEquals(limit([" two"], 2), { text: "one", finish: "stop" });
});
