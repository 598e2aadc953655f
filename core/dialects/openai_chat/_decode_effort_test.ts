import { assertEquals } from "@std/assert";
import { assertRefused, decode } from "./_test_decode.ts";

function reasoning(fields: Record<string, unknown>): unknown {
  return decode(fields).reasoning;
}

Deno.test("A35, O6: reasoning_effort in all its words", () => {
  for (
    const effort of ["none", "minimal", "low", "medium", "high", "xhigh", "max"]
  ) {
    assertEquals(reasoning({ reasoning_effort: effort }), { effort });
  }
  assertRefused({ reasoning_effort: "extreme" }, {
    param: "reasoning_effort",
    code: "invalid_value",
  });
  assertEquals(reasoning({ reasoning_effort: null }), undefined);
});

Deno.test("O6: OpenRouter's reasoning", () => {
  const cases: [unknown, unknown][] = [
    [{ effort: "low" }, { effort: "low" }],
    [{ max_tokens: 2000 }, { budgetTokens: 2000 }],
    [{ enabled: true }, { effort: "medium" }],
    [{ enabled: false }, { effort: "none" }],
    [{ max_tokens: 0 }, { effort: "none" }],
    [{}, undefined],
  ];
  for (const [option, expected] of cases) {
    assertEquals(reasoning({ reasoning: option }), expected);
  }
  assertEquals(
    decode({ reasoning: { effort: "low", exclude: true } }).unmapped,
    [
      "reasoning.exclude",
    ],
  );
  assertRefused({ reasoning: { max_tokens: "many" } }, {
    param: "reasoning.max_tokens",
    code: "invalid_type",
  });
});

Deno.test("O6: Anthropic's and DeepSeek's thinking", () => {
  const cases: [unknown, unknown][] = [
    [{ type: "enabled", budget_tokens: 2048 }, { budgetTokens: 2048 }],
    [{ type: "enabled" }, { effort: "medium" }],
    [{ type: "adaptive" }, { effort: "high" }],
    [{ type: "disabled" }, { effort: "none" }],
  ];
  for (const [option, expected] of cases) {
    assertEquals(reasoning({ thinking: option }), expected);
  }
  assertRefused({ thinking: { type: "maybe" } }, {
    param: "thinking.type",
    code: "invalid_value",
  });
});

Deno.test("O6: of several ways to say it OpenAI's own counts first", () => {
  assertEquals(
    reasoning({
      reasoning_effort: "low",
      reasoning: { effort: "high" },
      thinking: { type: "adaptive" },
    }),
    { effort: "low" },
  );
  assertEquals(
    reasoning({ reasoning_effort: "none", reasoning: { max_tokens: 2000 } }),
    { effort: "none" },
  );
  assertEquals(
    reasoning({
      reasoning_effort: "low",
      thinking: { type: "enabled", budget_tokens: 2048 },
    }),
    { effort: "low", budgetTokens: 2048 },
  );
});

Deno.test("O6: what says otherwise than the one that counts is named", () => {
  const lost = (fields: Record<string, unknown>) => decode(fields).unmapped;
  const low = { reasoning_effort: "low" };
  assertEquals(lost({ ...low, reasoning: { effort: "high" } }), [
    "reasoning.effort",
  ]);
  assertEquals(lost({ ...low, thinking: { type: "disabled" } }), ["thinking"]);
  assertEquals(
    lost({ reasoning_effort: "none", reasoning: { max_tokens: 2000 } }),
    ["reasoning.max_tokens"],
  );
  for (
    const fields of [
      { ...low, reasoning: { effort: "low" } },
      { ...low, thinking: { type: "adaptive" } },
      { reasoning_effort: "none", thinking: { type: "disabled" } },
      { ...low, reasoning: { max_tokens: 2000 } },
    ]
  ) assertEquals(lost(fields), []);
});
