import { assert, assertEquals } from "@std/assert";
import { faultsOf } from "./_config_fixture_test.ts";

const MIB = 1024 * 1024;

function laughs(levels: number, width: number): string {
  let text = "a0: &a0 [x]\n";
  for (let i = 1; i <= levels; i++) {
    const list = Array(width).fill(`*a${i - 1}`).join(", ");
    text += `a${i}: &a${i} [${list}]\n`;
  }
  return text;
}

const BOMBS: readonly [string, string, string][] = [
  ["a bomb of anchors", laughs(9, 9), "More than 100 aliases"],
  [
    "an anchor around its own alias",
    "a: &a [*a]",
    "An alias without a finished anchor before it",
  ],
  [
    "anchors in a ring",
    "a: &a [*b]\nb: &b [*a]",
    "An alias without a finished anchor before it",
  ],
  [
    "few aliases to much",
    `a: &a [${"1, ".repeat(5_000)}1]\n${
      Array.from({ length: 60 }, (_, i) => `b${i}: *a\n`).join("")
    }`,
    "Too many entries",
  ],
  ["brackets", "[".repeat(50_000), "Nested too deeply"],
  ["braces", "{a: ".repeat(20_000), "Nested too deeply"],
  ["dashes", "- ".repeat(50_000), "Nested too deeply"],
  ["forty levels", "[".repeat(40) + "]".repeat(40), "Nested too deeply"],
  [
    "a million entries",
    "- a\n".repeat(MIB),
    "The file holds too many entries for a config",
  ],
  [
    "a row of commas",
    "[".padEnd(49_000, ","),
    "Unexpected text: check indentation, quotes and brackets",
  ],
  [
    "escapes",
    `- "${"\\x".repeat(20_000)}"\n`.repeat(100),
    "Too many escapes for a config",
  ],
  [
    "a long text",
    `app: {name: "${"x".repeat(100_000)}"}`,
    "A text of more than 64 KiB",
  ],
  ["more than 4 MiB", "#".repeat(4 * MIB + 1), "The file is larger than 4 MiB"],
];

for (const [name, text, message] of BOMBS) {
  Deno.test(`F6: ${name} is refused in bounded time and memory`, () => {
    const before = Deno.memoryUsage();
    const start = performance.now();
    const faults = faultsOf(text);
    assert(performance.now() - start < 20_000);
    const after = Deno.memoryUsage();
    assert(faults.some((it) => it.message === message), faults[0]?.message);
    assert(after.rss - before.rss < 192 * MIB, "the memory");
  });
}

Deno.test("parseConfig() takes long lists of every style for what they are", () => {
  for (
    const item of [
      "- a",
      "- 'a\n  b'",
      "- |\n  a",
      "- >-\n  a",
      "- a # x",
      "- [[a]]",
      "- {a: b}",
      "-\n  a",
      "# -\n- a",
      "- - a",
    ]
  ) {
    const list = `${item}\n`.repeat(60).replaceAll(/^(?=.)/gm, "    ");
    const text = `condensation:\n  error_patterns:\n${list}`;
    const messages = faultsOf(`${text}  unknown: 1\n`).map((it) => it.message);
    assertEquals(messages.includes("Nested too deeply"), false, item);
    assertEquals(messages.at(-1)?.startsWith("Unknown key"), true, item);
  }
});

Deno.test("F6: variables that expand without end are refused", () => {
  const variables = { BIG: "x".repeat(100_000) };
  const one = `app: {name: "${"${BIG}".repeat(10_000)}"}`;
  assert(
    faultsOf(one, variables).some((it) =>
      it.message === "The variables make a text of more than 256 KiB"
    ),
  );
  const many = "- ${BIG}\n".repeat(1_000);
  assert(
    faultsOf(many, variables).some((it) =>
      it.message === "The variables expand to more than 4 MiB"
    ),
  );
});

Deno.test("F6: zero and negative numbers, and numbers that are none, are refused", () => {
  const keys: readonly [string, readonly string[]][] = [
    ["server", [
      "max_body_mb",
      "max_connections",
      "header_timeout",
      "body_timeout",
      "keep_alive_timeout",
      "max_header_kb",
      "shutdown_timeout",
    ]],
    ["http_client", [
      "connect_timeout",
      "header_timeout",
      "first_token_timeout",
      "idle_timeout",
      "total_timeout",
      "max_response_mb",
      "max_connections",
      "keepalive_expiry",
    ]],
    ["circuit_breaker", [
      "failure_threshold",
      "failure_ratio",
      "window",
      "min_samples",
      "slow_first_byte",
      "slow_ratio",
      "recovery_timeout",
      "half_open_max_calls",
    ]],
    ["retry", ["max_attempts"]],
    ["health_check", ["interval", "timeout"]],
    ["memory", [
      "max_usage_percent",
      "gc_threshold_percent",
      "monitoring_interval",
    ]],
  ];
  for (const [section, names] of keys) {
    for (const name of names) {
      for (const value of ["0", "-1", "-0.5", ".nan", ".inf", "1e300", "'5'"]) {
        const faults = faultsOf(`${section}: {${name}: ${value}}`);
        assertEquals(
          faults.map((it) => it.path),
          [`${section}.${name}`],
          value,
        );
      }
    }
  }
});

Deno.test("F6: a file with thousands of problems tells the first 200 in bounded time", () => {
  const text = Array.from({ length: 5_000 }, (_, i) => `unknwon_${i}: 1\n`)
    .join("");
  const start = performance.now();
  const faults = faultsOf(text);
  assert(performance.now() - start < 20_000);
  assertEquals(faults.length, 201);
  assertEquals(faults.at(-1)?.message, "Only the first 200 problems are shown");
});
