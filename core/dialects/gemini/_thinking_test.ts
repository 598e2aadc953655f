import { assertEquals } from "@std/assert";
import type { Conversation } from "../../conversation.ts";
import { encode } from "./_test_encode.ts";

type Reasoning = NonNullable<Conversation["reasoning"]>;

function thinking(
  reasoning: Reasoning,
  model: string,
  maxOutputTokens?: number,
): [config: unknown, losses: readonly string[]] {
  const { body, losses } = encode({
    reasoning,
    ...(maxOutputTokens && { maxOutputTokens }),
  }, model);
  const config = body.generationConfig as { thinkingConfig?: unknown };
  return [config?.thinkingConfig, losses];
}

Deno.test("D23: no wish for thought says nothing", () => {
  assertEquals(encode().body.generationConfig, undefined as unknown);
});

Deno.test("D23, O6: since Gemini 3 an effort is a level, and thought is shown", () => {
  const level = (effort: Reasoning["effort"], model: string) =>
    thinking({ effort: effort! }, model);
  const at = (thinkingLevel: string) => ({
    thinkingLevel,
    includeThoughts: true,
  });
  assertEquals(level("low", "gemini-3-pro-preview"), [at("LOW"), []]);
  assertEquals(level("minimal", "gemini-3-flash-preview"), [
    at("MINIMAL"),
    [],
  ]);
  assertEquals(level("medium", "gemini-3.1-pro-preview"), [
    at("MEDIUM"),
    [],
  ]);
  assertEquals(level("medium", "models/gemini-3-pro-preview"), [
    at("HIGH"),
    ["approximated: reasoning_effort (HIGH)"],
  ]);
  assertEquals(level("minimal", "gemini-3.8-flash"), [
    at("LOW"),
    ["approximated: reasoning_effort (LOW)"],
  ]);
  assertEquals(level("max", "gemini-flash-latest"), [
    at("HIGH"),
    ["approximated: reasoning_effort (HIGH)"],
  ]);
});

Deno.test("D23: since Gemini 3 a budget becomes a level", () => {
  assertEquals(thinking({ budgetTokens: 8_000 }, "gemini-3-flash"), [
    { thinkingLevel: "MEDIUM", includeThoughts: true },
    ["approximated: reasoning.max_tokens (MEDIUM)"],
  ]);
});

Deno.test("D23, O6: before Gemini 3 an effort is a budget, within the model's and the answer's limit", () => {
  const budget = (thinkingBudget: number) => [
    { thinkingBudget, includeThoughts: true },
    [`approximated: reasoning_effort (${thinkingBudget} tokens)`],
  ];
  const of = (effort: Reasoning["effort"], model: string, max?: number) =>
    thinking({ effort: effort! }, model, max) as unknown[];
  assertEquals(of("low", "gemini-2.5-flash"), budget(1_024));
  assertEquals(of("medium", "gemini-2.5-pro"), budget(8_192));
  assertEquals(of("max", "gemini-2.5-pro"), budget(32_768));
  assertEquals(of("max", "gemini-2.5-flash-lite"), budget(24_576));
  assertEquals(of("high", "gemini-2.5-flash", 1_000), budget(800));
  assertEquals(of("high", "gemini-2.5-pro", 100), budget(128));
});

Deno.test("D23: a budget stays as it is within the model's limits", () => {
  const of = (budgetTokens: number, model: string) =>
    thinking({ budgetTokens }, model) as unknown[];
  assertEquals(of(128, "gemini-2.5-flash"), [
    { thinkingBudget: 128, includeThoughts: true },
    [],
  ]);
  assertEquals(of(1, "gemini-2.5-pro"), [
    { thinkingBudget: 128, includeThoughts: true },
    ["approximated: reasoning.max_tokens (128 tokens)"],
  ]);
});

Deno.test("D23, A35: none switches thinking off where that is possible, else to the least", () => {
  const off = (model: string) => thinking({ effort: "none" }, model);
  assertEquals(off("gemini-2.5-flash"), [{ thinkingBudget: 0 }, []]);
  assertEquals(off("gemini-2.5-flash-lite"), [{ thinkingBudget: 0 }, []]);
  assertEquals(off("gemini-2.5-pro"), [
    { thinkingBudget: 128 },
    ["approximated: reasoning_effort (always thinks: 128 tokens)"],
  ]);
  assertEquals(off("gemini-3-pro-preview"), [
    { thinkingLevel: "LOW" },
    ["approximated: reasoning_effort (always thinks: LOW)"],
  ]);
  assertEquals(off("gemini-2.0-flash"), [undefined, []]);
});

Deno.test("D23: models without thinking are not asked for it", () => {
  for (const model of ["gemini-2.0-flash", "gemma-3-27b-it", "x"]) {
    assertEquals(thinking({ effort: "high" }, model), [
      undefined,
      ["dropped: reasoning_effort (this model has no thinking)"],
    ]);
  }
});
