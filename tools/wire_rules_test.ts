import { assert, assertEquals } from "@std/assert";
import { WIRE_GAPS } from "./_wire_rule_gaps.ts";
import { rulesPage, statesOf } from "./_wire_rule_page.ts";
import { findRuleTests, readRuleTests } from "./_wire_rule_tests.ts";
import { UNBUILT_SECTIONS, WIRE_SECTIONS } from "./_wire_rule_titles.ts";

const ROOT = new URL("../", import.meta.url);
const tests = await findRuleTests(ROOT);
const states = WIRE_SECTIONS.flatMap((section) => statesOf(section, tests));

Deno.test("every wire rule has a test, or a reason why it has none", () => {
  const bare = states.filter(({ tests, gap }) =>
    tests.length === 0 && (gap === undefined || gap.state === "part")
  );
  assertEquals(bare.map(({ id }) => id), []);
});

Deno.test("no reason stands beside a rule that has its proof", () => {
  const settled = states.filter(({ tests, gap }) =>
    gap?.state === "later" && tests.length > 0
  );
  assertEquals(settled.map(({ id }) => id), []);
  const known = new Set(states.map(({ id }) => id));
  assertEquals([...WIRE_GAPS.keys()].filter((id) => !known.has(id)), []);
});

Deno.test("no test names a rule that does not exist", () => {
  const known = new Set(states.map(({ id }) => id));
  const letters = new Set(WIRE_SECTIONS.map(({ letter }) => letter));
  for (const { file, rules, name } of tests) {
    for (const id of rules) {
      const isRule = known.has(id) || !letters.has(id.charAt(0));
      assert(isRule, `${id} of "${name}" in ${file}`);
    }
  }
  for (const [letter] of UNBUILT_SECTIONS) assert(!letters.has(letter));
});

Deno.test("docs/wire-rules.md is up to date", async () => {
  const page = await Deno.readTextFile(new URL("docs/wire-rules.md", ROOT));
  assert(page === rulesPage(tests), "Run 'deno task docs:rules'");
});

Deno.test("readRuleTests() finds names in all quotes and tells the catalogues apart", () => {
  const text = [
    'Deno.test("A9, L4: it\\"s so", () => {});',
    "Deno.test('K1: a \"b\"', () => {});",
    "Deno.test(`M13: an event ${name} ends`, () => {});",
    '["C11: a table\'s case", 1],',
    '"U6: another catalogue\'s",',
    "// A1: a comment",
    '"A: nothing", "AB1: nothing", "x A1: nothing"',
  ].join("\n");
  const read = (file: string) =>
    readRuleTests(file, text).map(({ rules, name }) =>
      `${rules.join()} ${name}`
    );
  assertEquals(read("core/dialects/anthropic/x_test.ts"), [
    'A9,L4 it\\"s so',
    'K1 a "b"',
    "M13 an event ${name} ends",
    "C11 a table's case",
    "U6 another catalogue's",
  ]);
  assertEquals(read("tests/overload_test.ts"), [
    'A9 it\\"s so',
    'K1 a "b"',
    "M13 an event ${name} ends",
    "U6 another catalogue's",
  ]);
});
