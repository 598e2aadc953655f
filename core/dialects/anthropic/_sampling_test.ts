import { assertEquals } from "@std/assert";
import type { Conversation, Sampling } from "../../conversation.ts";
import { encode } from "./_test_encode.ts";

function sampling(
  sampling: Sampling,
  model = "claude-sonnet-4",
  part: Partial<Conversation> = {},
) {
  const { body, losses } = encode({ sampling, ...part }, model);
  const names = ["temperature", "top_p", "top_k", "stop_sequences"];
  const sent: Record<string, unknown> = Object.fromEntries(
    Object.entries(body).filter(([name]) => names.includes(name)),
  );
  return { sent, losses };
}

Deno.test("O9: temperature is clamped to 1, which is reported", () => {
  assertEquals(sampling({ temperature: 0.7 }), {
    sent: { temperature: 0.7 },
    losses: [],
  });
  assertEquals(sampling({ temperature: 1.4 }), {
    sent: { temperature: 1 },
    losses: ["changed: temperature (1 is the highest)"],
  });
});

Deno.test("O9: models that take one of temperature and top_p get temperature", () => {
  const both = { temperature: 0.2, topP: 0.5, topK: 4 };
  assertEquals(sampling(both).sent, { temperature: 0.2, top_p: 0.5, top_k: 4 });
  assertEquals(sampling(both, "claude-sonnet-4-5"), {
    sent: { temperature: 0.2, top_k: 4 },
    losses: ["dropped: top_p (excluded by temperature)"],
  });
  assertEquals(sampling({ topP: 0.5 }, "claude-sonnet-4-5").sent, {
    top_p: 0.5,
  });
});

Deno.test("O9: models without sampling get none; their default is no loss", () => {
  assertEquals(
    sampling({ temperature: 0.2, topP: 0.5, topK: 4 }, "claude-opus-5"),
    {
      sent: {},
      losses: [
        "dropped: temperature (anthropic)",
        "dropped: top_p (anthropic)",
        "dropped: top_k (anthropic)",
      ],
    },
  );
  assertEquals(sampling({ temperature: 1, topP: 1 }, "claude-opus-5"), {
    sent: {},
    losses: [],
  });
});

Deno.test("C15, O9: thinking excludes temperature, top_k and a low top_p", () => {
  const reasoning = { effort: "none" as const };
  const on = { reasoning: { budgetTokens: 2_000 } };
  assertEquals(
    sampling({ temperature: 0.2, topP: 0.5, topK: 4 }, "claude-sonnet-4", on),
    {
      sent: {},
      losses: [
        "dropped: temperature (excluded by thinking)",
        "dropped: top_p (excluded by thinking)",
        "dropped: top_k (excluded by thinking)",
      ],
    },
  );
  assertEquals(sampling({ topP: 0.95 }, "claude-sonnet-4-5", on).sent, {
    top_p: 0.95,
  });
  assertEquals(
    sampling({ temperature: 0.2 }, "claude-sonnet-4", { reasoning }).sent,
    { temperature: 0.2 },
  );
});

Deno.test("A30: stop is a list, without sequences of white space", () => {
  assertEquals(sampling({ stop: ["END", "\n", ""] }), {
    sent: { stop_sequences: ["END"] },
    losses: ["dropped: stop (nothing but white space)"],
  });
  assertEquals(sampling({ stop: ["\n\n"] }).sent, {});
  assertEquals(sampling({ stop: [] }), { sent: {}, losses: [] });
});

Deno.test("encodeRequest() reports seed and penalties, but not penalties of 0", () => {
  assertEquals(
    sampling({ seed: 0, presencePenalty: 1, frequencyPenalty: -1 }).losses,
    [
      "dropped: seed (anthropic)",
      "dropped: presence_penalty (anthropic)",
      "dropped: frequency_penalty (anthropic)",
    ],
  );
  assertEquals(
    sampling({ presencePenalty: 0, frequencyPenalty: 0 }).losses,
    [],
  );
});
