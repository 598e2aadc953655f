import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { ThinkSplitter } from "./_think_splitter.ts";

/** Splits a text that comes in these pieces. */
function split(
  tags: "tagged" | "open",
  pieces: readonly string[],
): { thought: string; said: string; cut: number } {
  const splitter = new ThinkSplitter(tags);
  const all = [
    ...pieces.flatMap((piece) => splitter.push(piece)),
    ...splitter.end(),
  ];
  const join = (isThought: boolean): string =>
    all.filter((piece) => piece.isThought === isThought)
      .map(({ text }) => text).join("");
  return { thought: join(true), said: join(false), cut: splitter.cut };
}

/** A text, what of it is thought, and what is said. */
type Case = readonly [text: string, thought: string, said: string];

const TAGGED: readonly Case[] = [
  ["<think>\nHm.\n</think>\n\nHi", "Hm.", "Hi"],
  ["\n <think>a</think>b", "a", "b"],
  ["<think></think>Hi", "", "Hi"],
  ["<think>\n\n</think>\n\nHi", "", "Hi"],
  ["<think>a</think><think>b</think>c", "ab", "c"],
  ["<think><think>a</think>b", "a", "b"],
  ["<think>a < b </ c </thin</think>d", "a < b </ c </thin", "d"],
  ["<think>never ends", "never ends", ""],
  ["<think>ends with a tag </thi", "ends with a tag </thi", ""],
  ["Hi <think>no</think>", "", "Hi <think>no</think>"],
  ["  Hi", "", "  Hi"],
  ["<thin", "", "<thin"],
  ["<thinking>x</thinking>", "", "<thinking>x</thinking>"],
  ["a</think>b", "", "a</think>b"],
  ["<think>a</think>b<think>c</think>", "a", "b<think>c</think>"],
  ["", "", ""],
  ["<think>a</think>", "a", ""],
  ["<think>a</think>\n", "a", ""],
];
const OPEN: readonly Case[] = [
  ["Hm.\n</think>\n\nHi", "Hm.", "Hi"],
  ["\n<think>\nHm.</think>Hi", "Hm.", "Hi"],
  ["</think>Hi", "", "Hi"],
  ["all of it", "all of it", ""],
];

for (const [tags, cases] of [["tagged", TAGGED], ["open", OPEN]] as const) {
  Deno.test(`J27: thought is taken out of ${tags} texts, whole and letter by letter`, () => {
    for (const [text, thought, said] of cases) {
      for (const pieces of [[text], [...text], text.split(/(?=[<>])/)]) {
        const { cut, ...told } = split(tags, pieces);
        assertEquals(told, { thought, said }, JSON.stringify(pieces));
        if (said !== "") assertEquals(text.slice(cut), said);
      }
    }
  });
}

Deno.test("J27: it is no matter how a text is cut, and text without tags stays as it is", () => {
  const word = fc.constantFrom(
    "<think>",
    "</think>",
    "<",
    "/",
    "think>",
    " ",
    "\n",
    "ab",
    "😀",
  );
  const texts = fc.array(fc.array(word, { maxLength: 6 }), { maxLength: 6 });
  fc.assert(
    fc.property(texts, fc.constantFrom("tagged", "open"), (words, tags) => {
      const pieces = words.map((it) => it.join(""));
      const text = pieces.join("");
      const whole = split(tags as "open", [text]);
      assertEquals(split(tags as "open", pieces), whole);
      if (tags === "tagged" && !text.trimStart().startsWith("<think>")) {
        assertEquals(whole, { thought: "", said: text, cut: 0 });
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("J27: blanks without end are not held without end", () => {
  const splitter = new ThinkSplitter("tagged");
  let length = 0;
  for (let round = 0; round < 1_000; round++) {
    for (const { text } of splitter.push(" ".repeat(10))) length += text.length;
  }
  assertEquals(length > 9_000, true);
});
