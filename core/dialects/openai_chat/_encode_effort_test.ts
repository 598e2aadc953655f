import { assertEquals } from "@std/assert";
import type { Conversation } from "../../conversation.ts";
import { encode, type EncodeOptions } from "./_test_provider.ts";

const OPENAI = { reasoningModels: ["o1", "o3", "o4", "gpt-5"] };

/** The members that tell how hard to think, and the losses. */
function told(
  reasoning: NonNullable<Conversation["reasoning"]>,
  options: EncodeOptions = {},
): readonly unknown[] {
  const { body, losses } = encode({ reasoning }, options);
  const { model: _, messages: _messages, ...members } = body;
  return [members, ...losses];
}

Deno.test("A35, O6: effort is reasoning_effort, in the levels that every model knows", () => {
  assertEquals(told({ effort: "high" }), [{ reasoning_effort: "high" }]);
  assertEquals(told({ effort: "none" }), [{ reasoning_effort: "none" }]);
  assertEquals(told({ effort: "max" }), [
    { reasoning_effort: "high" },
    "approximated: reasoning_effort (high)",
  ]);
  assertEquals(told({ effort: "minimal" }), [
    { reasoning_effort: "low" },
    "approximated: reasoning_effort (low)",
  ]);
});

Deno.test("A35: OpenAI's models get the levels that each of them knows", () => {
  const level = (model: string, effort: "none" | "minimal" | "xhigh") => {
    const [members] = told({ effort }, { model, quirks: OPENAI });
    return (members as { reasoning_effort?: string }).reasoning_effort;
  };
  assertEquals(level("o3-mini", "none"), "low");
  assertEquals(level("gpt-5", "none"), "minimal");
  assertEquals(level("gpt-5", "xhigh"), "high");
  assertEquals(level("gpt-5.1", "minimal"), "low");
  assertEquals(level("gpt-5.1", "none"), "none");
  assertEquals(level("gpt-5.4", "xhigh"), "xhigh");
  assertEquals(level("gpt-4o", "none"), undefined);
  assertEquals(level("gpt-5.2", "minimal"), "low");
  assertEquals(level("gpt-5-pro", "none"), "high");
  assertEquals(level("gpt-5.4-pro", "none"), "medium");
  assertEquals(level("gpt-5-codex", "minimal"), "low");
  assertEquals(level("gpt-5.1-codex-mini", "xhigh"), "high");
  assertEquals(level("gpt-5.1-codex-max", "none"), "low");
  assertEquals(level("gpt-5.1-codex-max", "xhigh"), "xhigh");
  assertEquals(level("gpt-5.3-codex", "xhigh"), "xhigh");
  assertEquals(level("o3-deep-research", "none"), "medium");
});

Deno.test("A35: a model that is known not to think is not told how", () => {
  assertEquals(told({ effort: "low" }, { model: "gpt-4o", quirks: OPENAI }), [
    {},
    "dropped: reasoning_effort (this model has no thinking)",
  ]);
});

Deno.test("O6: a budget becomes a level, besides for OpenRouter", () => {
  assertEquals(told({ budgetTokens: 4_000 }), [
    { reasoning_effort: "medium" },
    "approximated: reasoning.max_tokens (effort, no budget)",
  ]);
  assertEquals(told({ budgetTokens: 4_000, effort: "low" }), [
    { reasoning_effort: "low" },
    "dropped: reasoning.max_tokens (the effort counts)",
  ]);
  const router = { quirks: { effort: "reasoning" } } as const;
  assertEquals(told({ budgetTokens: 4_000, effort: "low" }, router), [
    { reasoning: { max_tokens: 4_000 } },
    "dropped: reasoning_effort (the budget counts)",
  ]);
  assertEquals(told({ effort: "minimal" }, router), [
    { reasoning: { effort: "minimal" } },
  ]);
  assertEquals(told({ effort: "max" }, router), [
    { reasoning: { effort: "xhigh" } },
    "approximated: reasoning_effort (xhigh)",
  ]);
});

Deno.test("O6: a switch goes beside the effort where the provider has one", () => {
  const quirks = { effort: "thinking" } as const;
  assertEquals(told({ effort: "none" }, { quirks }), [
    { thinking: { type: "disabled" } },
  ]);
  assertEquals(told({ effort: "max" }, { quirks }), [
    { thinking: { type: "enabled" }, reasoning_effort: "max" },
  ]);
});
