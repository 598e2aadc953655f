import { assertEquals } from "@std/assert";
import type { Conversation, Effort, Tool } from "../../conversation.ts";
import { assistant, call, encode, result, user } from "./_test_encode.ts";

const BUDGET = "claude-sonnet-4-5";
const BOTH = "claude-opus-4-6";
const ADAPTIVE = "claude-opus-5";
const LOOK: Tool = { name: "look", parameters: { type: "object" } };

function thinking(
  part: Partial<Conversation>,
  model: string,
): { thinking: unknown; effort: unknown; losses: readonly string[] } {
  const { body, losses } = encode(part, model);
  const config = body.output_config as { effort?: unknown } | undefined;
  return { thinking: body.thinking, effort: config?.effort, losses };
}

function withEffort(effort: Effort, model: string) {
  return thinking({ reasoning: { effort } }, model);
}

Deno.test("O6: nothing asked, nothing sent", () => {
  for (const model of [BUDGET, BOTH, ADAPTIVE, "claude-opus-5-5", "glm-5"]) {
    assertEquals(thinking({}, model), {
      thinking: undefined,
      effort: undefined,
      losses: [],
    });
  }
});

Deno.test("C16, O6: effort goes to adaptive models as output_config.effort", () => {
  for (const effort of ["low", "medium", "high", "xhigh", "max"] as const) {
    assertEquals(withEffort(effort, ADAPTIVE), {
      thinking: { type: "adaptive", display: "summarized" },
      effort,
      losses: [],
    });
  }
  assertEquals(withEffort("high", BOTH), {
    thinking: { type: "adaptive" },
    effort: "high",
    losses: [],
  });
});

Deno.test("O6: efforts that a model does not know become its nearest", () => {
  assertEquals(withEffort("minimal", ADAPTIVE), {
    thinking: { type: "adaptive", display: "summarized" },
    effort: "low",
    losses: ["approximated: reasoning_effort (low)"],
  });
  assertEquals(withEffort("xhigh", BOTH).effort, "high");
});

Deno.test("C15, O6: effort is a budget where a model takes budgets only", () => {
  const budgets: [Effort, number][] = [
    ["minimal", 1_024],
    ["low", 2_048],
    ["medium", 8_192],
    ["high", 16_384],
    ["xhigh", 32_768],
    ["max", 32_768],
  ];
  for (const [effort, budget] of budgets) {
    assertEquals(withEffort(effort, BUDGET), {
      thinking: { type: "enabled", budget_tokens: budget },
      effort: undefined,
      losses: [`approximated: reasoning_effort (${budget} tokens)`],
    });
  }
});

Deno.test("C15: a budget made from an effort leaves room for the answer", () => {
  const { thinking: sent } = thinking(
    { reasoning: { effort: "high" }, maxOutputTokens: 4_000 },
    BUDGET,
  );
  assertEquals(sent, { type: "enabled", budget_tokens: 3_200 });
});

Deno.test("C15: a budget is at least 1,024 and below max_tokens", () => {
  const of = (budgetTokens: number) =>
    thinking({ reasoning: { budgetTokens }, maxOutputTokens: 5_000 }, BUDGET);
  assertEquals(of(2_000), {
    thinking: { type: "enabled", budget_tokens: 2_000 },
    effort: undefined,
    losses: [],
  });
  assertEquals(of(9_000).thinking, { type: "enabled", budget_tokens: 4_999 });
  assertEquals(of(9_000).losses, ["changed: reasoning.max_tokens (4999)"]);
  assertEquals(of(1).thinking, { type: "enabled", budget_tokens: 1_024 });
});

Deno.test("O6: where a budget counts, an effort beside it is dropped", () => {
  const reasoning = { effort: "low", budgetTokens: 2_000 } as const;
  assertEquals(thinking({ reasoning, maxOutputTokens: 5_000 }, BUDGET), {
    thinking: { type: "enabled", budget_tokens: 2_000 },
    effort: undefined,
    losses: ["dropped: reasoning_effort (the budget counts)"],
  });
});

Deno.test("C15: without room for the least budget thinking is dropped", () => {
  assertEquals(
    thinking(
      { reasoning: { effort: "low" }, maxOutputTokens: 1_024 },
      BUDGET,
    ),
    {
      thinking: undefined,
      effort: undefined,
      losses: ["dropped: reasoning_effort (max_tokens is not over 1024)"],
    },
  );
});

Deno.test("O6: a budget is kept by models that know both, and is an effort to adaptive ones", () => {
  const reasoning = { budgetTokens: 8_000 };
  assertEquals(thinking({ reasoning }, BOTH).thinking, {
    type: "enabled",
    budget_tokens: 8_000,
  });
  assertEquals(thinking({ reasoning }, ADAPTIVE), {
    thinking: { type: "adaptive", display: "summarized" },
    effort: "medium",
    losses: ["approximated: reasoning.max_tokens (effort, no budget)"],
  });
});

Deno.test("A35: none switches thinking off in each model's own way", () => {
  assertEquals(withEffort("none", BUDGET).thinking, undefined);
  assertEquals(withEffort("none", "claude-opus-4-8").thinking, undefined);
  assertEquals(withEffort("none", ADAPTIVE).thinking, { type: "disabled" });
  assertEquals(withEffort("none", "glm-5").thinking, { type: "disabled" });
  assertEquals(withEffort("none", "claude-sonnet-5-5"), {
    thinking: { type: "between_tools" },
    effort: undefined,
    losses: ["approximated: reasoning_effort (between_tools)"],
  });
  assertEquals(withEffort("none", "claude-opus-5-5"), {
    thinking: undefined,
    effort: "low",
    losses: ["approximated: reasoning_effort (always thinks: low)"],
  });
});

Deno.test("O6: a model without thinking drops the effort, but for none", () => {
  assertEquals(withEffort("high", "claude-3-5-haiku-latest").losses, [
    "dropped: reasoning_effort (this model has no thinking)",
  ]);
  assertEquals(withEffort("none", "claude-3-5-haiku-latest").losses, []);
});

Deno.test("C14: a required tool call wins over manual thinking, which is reported", () => {
  const part: Partial<Conversation> = {
    reasoning: { effort: "high" },
    tools: [LOOK],
    toolChoice: { type: "required" },
  };
  assertEquals(thinking(part, BUDGET), {
    thinking: undefined,
    effort: undefined,
    losses: ["dropped: reasoning_effort (excluded by a required tool call)"],
  });
  assertEquals(thinking(part, ADAPTIVE).effort, "high");
});

Deno.test("C12: manual thinking is dropped in a tool loop whose thought was not sent back", () => {
  const loop = (signature?: string): Partial<Conversation> => ({
    reasoning: { effort: "low" },
    tools: [LOOK],
    messages: [
      user("Go"),
      assistant([
        { type: "reasoning", text: "Hm", ...(signature && { signature }) },
        call("a"),
      ]),
      result("a"),
    ],
  });
  const { thinking: sent, losses } = thinking(loop(), BUDGET);
  assertEquals(sent, undefined);
  assertEquals(
    losses.at(-1),
    "dropped: reasoning_effort (the tool loop has no signed thought)",
  );
  const sure = { type: "enabled", budget_tokens: 2_048 };
  assertEquals(thinking(loop("sig"), BUDGET).thinking, sure);
  // Outside of a loop earlier turns need no thought.
  const messages = [user("Go"), assistant("Hm"), user("And?")];
  assertEquals(thinking({ ...loop(), messages }, BUDGET).thinking, sure);
  assertEquals(thinking(loop(), ADAPTIVE).effort, "low");
});
