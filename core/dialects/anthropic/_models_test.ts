import { assertEquals } from "@std/assert";
import { defaultMaxTokens, modelTraits } from "./_models.ts";

Deno.test("modelTraits() finds the family under vendor prefixes, dots, dates and versions", () => {
  const names: [string, string][] = [
    ["claude-opus-4-6", "claude-opus-4-6"],
    ["us.anthropic.claude-opus-4-6-v1:0", "claude-opus-4-6"],
    ["anthropic/claude-opus-4.6", "claude-opus-4-6"],
    ["claude-sonnet-4@20250514", "claude-sonnet-4-20250514"],
    ["claude-fable-5-20260601", "claude-fable-5"],
    ["claude-3-7-sonnet-20250219", "claude-3-7"],
  ];
  for (const [name, family] of names) {
    assertEquals(modelTraits(name), modelTraits(family), name);
  }
});

Deno.test("modelTraits() tells neighbours in a family apart", () => {
  assertEquals(modelTraits("claude-opus-4-20250514").sampling, "all");
  assertEquals(modelTraits("claude-opus-4-1-20250805").sampling, "one");
  assertEquals(modelTraits("claude-opus-4-5").thinking, "budget");
  assertEquals(modelTraits("claude-opus-4-6").thinking, "both");
  assertEquals(modelTraits("claude-opus-4-7").thinking, "adaptive");
  assertEquals(modelTraits("claude-fable-5").forcedTools, true);
  assertEquals(modelTraits("claude-fable-5-1").forcedTools, false);
  assertEquals(modelTraits("claude-sonnet-5").off, "disabled");
  assertEquals(modelTraits("claude-sonnet-5-5").off, "between_tools");
  assertEquals(modelTraits("claude-opus-5-5").off, "never");
});

Deno.test("modelTraits() takes an unknown Claude for a new one and others for simple ones", () => {
  assertEquals(modelTraits("claude-opus-9").thinking, "adaptive");
  assertEquals(modelTraits("kimi-k3").thinking, "budget");
  assertEquals(modelTraits("").schemas, false);
});

Deno.test("C1: the default of max_tokens goes by family and by streaming", () => {
  const defaults: [string, number, number][] = [
    ["claude-3-haiku-20240307", 4_096, 4_096],
    ["claude-3-5-haiku-latest", 8_192, 8_192],
    ["claude-sonnet-4-20250514", 32_000, 21_333],
    ["claude-haiku-4-5", 64_000, 21_333],
    ["claude-opus-5-5", 64_000, 21_333],
    ["glm-5", 8_192, 8_192],
  ];
  for (const [model, streamed, whole] of defaults) {
    const traits = modelTraits(model);
    assertEquals(defaultMaxTokens(traits, true), streamed, model);
    assertEquals(defaultMaxTokens(traits, false), whole, model);
  }
});
