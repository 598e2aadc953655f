import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  EXAMPLE_VARIABLES,
  exampleText,
  parse,
} from "./_config_fixture_test.ts";
import { formatFault } from "./config.ts";

const MUTANTS = 200;
const NASTY = [
  "\t",
  "  ",
  "\n",
  "\r",
  ":",
  ": ",
  "- ",
  "[",
  "]",
  "{",
  "}",
  '"',
  "'",
  "#",
  "&a ",
  "*a",
  "!!int ",
  "!x ",
  "|",
  ">",
  "%",
  "@",
  "`",
  "? ",
  "<<: *a\n",
  "---\n",
  "...\n",
  "\0",
  "\x1b",
  "\ufeff",
  "\ud800",
  "${",
  "${NOPE}",
  "$${",
  "null",
  "~",
  ".nan",
  "1e999",
  "-1",
  "0x",
  "99999999999999999999",
  "true",
  "__proto__: 1\n",
  "constructor: {}\n",
  "😀",
  "\u2028",
  "x".repeat(5000),
];

/** A small generator (mulberry32), so that every run sees the same files. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function mutate(text: string, next: () => number): string {
  const below = (limit: number) => Math.floor(next() * limit);
  const lines = text.split("\n");
  const at = below(lines.length);
  const line = lines[at] ?? "";
  const char = below(text.length);
  const nasty = NASTY[below(NASTY.length)] ?? "";
  switch (below(10)) {
    case 0:
      return text.slice(0, char) + nasty + text.slice(char);
    case 1:
      return text.slice(0, char) + text.slice(char + 1 + below(8));
    case 2:
      return text.slice(0, char);
    case 3:
      return lines.toSpliced(at, 0, line).join("\n");
    case 4:
      return lines.toSpliced(at, 1).join("\n");
    case 5:
      return lines.with(at, " ".repeat(1 + below(7)) + line).join("\n");
    case 6:
      return lines.with(at, line.trimStart()).join("\n");
    case 7:
      return lines.with(at, line.replace(/:.*/, `: ${nasty}`)).join("\n");
    case 8:
      return lines.with(at, line.replace(/[a-z]/, nasty)).join("\n");
    default:
      return text.slice(0, char) + text.slice(below(text.length));
  }
}

Deno.test("F1: 200 mutated files load or tell file, line and column in bounded time", () => {
  const base = exampleText(true);
  const rows = base.split("\n").length;
  const next = random(20_260_101);
  let refused = 0;
  for (let i = 0; i < MUTANTS; i++) {
    let text = mutate(base, next);
    while (next() < 0.4) text = mutate(text, next);
    const start = performance.now();
    const result = parse(text, EXAMPLE_VARIABLES);
    assert(performance.now() - start < 20_000, `mutant ${i} took too long`);
    if (result.ok) continue;
    refused++;
    assert(result.faults.length > 0);
    let last = 0;
    for (const fault of result.faults) {
      const told = formatFault(fault);
      assertMatch(told, /^config\.yaml:\d+:\d+: .+$/);
      assert(!/\n|\s at |\.ts:/.test(told), told);
      assert(fault.line >= last && fault.line <= 2 * rows + 1, told);
      last = fault.line;
      for (const secret of Object.values(EXAMPLE_VARIABLES)) {
        assert(!told.includes(secret) && !fault.path.includes(secret), told);
      }
    }
    const again = parse(text, EXAMPLE_VARIABLES);
    assertEquals(again, result);
  }
  assert(refused > MUTANTS / 2, `only ${refused} mutants were refused`);
});

Deno.test("F1: random bytes and token soup never throw", () => {
  const next = random(7);
  for (let i = 0; i < 300; i++) {
    let text = "";
    for (let n = Math.floor(next() * 60); n > 0; n--) {
      text += next() < 0.5
        ? NASTY[Math.floor(next() * NASTY.length)]
        : String.fromCharCode(Math.floor(next() * 0x300));
    }
    const result = parse(text);
    assert(result.ok || result.faults.length > 0, JSON.stringify(text));
  }
});
