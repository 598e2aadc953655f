import type { WireGap } from "./_wire_rule_gaps.ts";
import { WIRE_GAPS } from "./_wire_rule_gaps.ts";
import type { RuleTest } from "./_wire_rule_tests.ts";
import {
  UNBUILT_SECTIONS,
  WIRE_SECTIONS,
  type WireSection,
} from "./_wire_rule_titles.ts";

/** A rule with what proves it and what is missing. */
export interface RuleState {
  readonly id: string;
  readonly title: string;
  readonly tests: readonly RuleTest[];
  readonly gap: WireGap | undefined;
}

const INTRODUCTION = `# Wire rules

What a correct gateway keeps on the wire, rule by rule, and the tests that prove
it. A test that proves a rule has its id in front of its name; this page is made
from those names by \`deno task docs:rules\`.

Files are named without their folder \`core/dialects/\` and without \`_test.ts\`.
“Proven” rules have a test that fails where the rule is broken; “in part” says
what of the rule does not apply yet.
`;

/** What is known of every rule of a section. */
export function statesOf(
  { letter, rules }: WireSection,
  tests: readonly RuleTest[],
): RuleState[] {
  return rules.map((title, index) => {
    const id = `${letter}${index + 1}`;
    return {
      id,
      title,
      tests: tests.filter(({ rules }) => rules.includes(id)),
      gap: WIRE_GAPS.get(id),
    };
  });
}

/** Writes the page. */
export function rulesPage(tests: readonly RuleTest[]): string {
  const sections = WIRE_SECTIONS.map((section) =>
    `## ${section.letter}. ${section.title}\n\n${
      table(statesOf(section, tests).map(row))
    }`
  );
  const unbuilt = UNBUILT_SECTIONS.map(([letter, title]) =>
    `- ${letter}: ${title}`
  );
  return [
    INTRODUCTION,
    ...sections,
    `## Not built yet\n\n${unbuilt.join("\n")}\n`,
  ].join("\n");
}

function row({ id, title, tests, gap }: RuleState): string[] {
  const files = gap?.state === "other"
    ? []
    : [...new Set(tests.map(({ file }) => shortName(file)))];
  return [id, escapeCell(title), stateText(gap), files.join(", ")];
}

function stateText(gap: WireGap | undefined): string {
  switch (gap?.state) {
    case undefined:
      return "proven";
    case "part":
      return `in part: ${gap.why}`;
    case "later":
      return `later: ${gap.why}`;
    case "other":
      return gap.why;
  }
}

function shortName(file: string): string {
  return `\`${
    file.replace(/^core\/dialects\//, "").replace(/(_test)?\.ts$/, "")
  }\``;
}

function escapeCell(text: string): string {
  return text.replace(/[<>]/g, (sign) => sign === "<" ? "&lt;" : "&gt;");
}

/** A table as the formatter writes it: columns padded to their widest cell. */
function table(rows: readonly string[][]): string {
  const all = [["rule", "what it asks", "state", "tests"], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...all.map((row) => row[column]?.length ?? 0))
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |\n`;
  const rule = widths.map((width) => "-".repeat(width));
  const [head = [], ...body] = all;
  return line(head) + line(rule) + body.map(line).join("");
}
