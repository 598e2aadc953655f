import { assert, assertEquals } from "@std/assert";
import { interpolate, readVariable } from "./_config_env.ts";

function env(name: string): string | undefined {
  return new Map([["A", "alpha"], ["B", "${A}"], ["EMPTY", ""]]).get(name);
}

Deno.test("interpolate() leaves a text without '${' alone", () => {
  assertEquals(interpolate("a $A $$ } {", env), undefined);
});

Deno.test("interpolate() replaces variables, defaults and escapes", () => {
  const cases: [string, string, boolean][] = [
    ["${A}", "alpha", true],
    ["<${A}-${A}>", "<alpha-alpha>", false],
    ["${NONE:-beta}", "beta", true],
    ["${EMPTY:-beta}", "beta", true],
    ["${A:-beta}", "alpha", true],
    ["${NONE:-a:-b}", "a:-b", true],
    ["$${A}", "${A}", false],
    ["$$${A}", "$${A}", false],
    ["$${A}${A}", "${A}alpha", false],
    // What a variable holds is not looked at again.
    ["${B}", "${A}", true],
  ];
  for (const [text, value, whole] of cases) {
    assertEquals(interpolate(text, env), { value, whole, problems: [] }, text);
  }
});

Deno.test("F3: interpolate() names every variable that is missing or empty", () => {
  const problems = interpolate("${X} ${EMPTY} ${A} ${Y:-}", env)?.problems;
  assertEquals(problems, [
    { source: "${X}", message: "Environment variable 'X' is not set" },
    { source: "${EMPTY}", message: "Environment variable 'EMPTY' is empty" },
    {
      source: "${Y:-}",
      message: "Environment variable 'Y' is not set, and its default is empty",
    },
  ]);
});

Deno.test("interpolate() refuses what is no variable", () => {
  for (
    const text of [
      "${",
      "${A",
      "${}",
      "${1}",
      "${A B}",
      "${A:+x}",
      "${A-x}",
      "${ä}",
    ]
  ) {
    assertEquals(interpolate(text, env)?.problems.length, 1, text);
    assertEquals(interpolate(text, env)?.value, text);
  }
});

Deno.test("F6: interpolate() stops at 256 KiB", () => {
  const large = "x".repeat(100_000);
  const found = interpolate("${A}".repeat(16_000), () => large);
  assertEquals(found?.problems.length, 1);
  assertEquals(found?.value.length, 64_000);
});

Deno.test("readVariable() survives a reader that throws or answers oddly", () => {
  const throwing = readVariable("A", () => {
    throw new Error("secret");
  });
  assertEquals(throwing, {
    message: "Environment variable 'A' may not be read",
  });
  const odd = readVariable(
    "toString",
    (name) => ({} as Record<string, string>)[name],
  );
  assert("message" in odd);
});
