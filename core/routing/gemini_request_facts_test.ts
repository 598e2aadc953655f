import { assertEquals } from "@std/assert";
import { chatRequestFacts } from "./chat_request_facts.ts";
import { geminiRequestFacts } from "./gemini_request_facts.ts";

function facts(value: Record<string, unknown>, stream = false) {
  return geminiRequestFacts({ value }, { model: "m", stream });
}

Deno.test("geminiRequestFacts() reads what a request needs, in either spelling", () => {
  const media = (mimeType: string) => ({ inline_data: { mimeType } });
  const { needs, outputTokens, inputTokens, model } = facts({
    system_instruction: { parts: { text: "x".repeat(60) } },
    contents: [{
      parts: [
        { text: "x".repeat(60) },
        media("image/png"),
        media("audio/wav"),
        { fileData: { mimeType: "application/pdf" } },
        null,
      ],
    }, 5],
    tools: { functionDeclarations: [] },
    generation_config: { max_output_tokens: 9, response_schema: {} },
  }, true);
  assertEquals(needs, [
    "tools",
    "streaming",
    "json_schema",
    "vision",
    "audio",
    "file",
  ]);
  assertEquals([model, outputTokens, inputTokens], ["m", 9, 20]);
});

Deno.test("geminiRequestFacts() passes odd values over", () => {
  for (const odd of [null, 5, "x", [], {}, [null], [[]]]) {
    const { needs = [], prefix } = facts({
      contents: odd,
      systemInstruction: odd,
      generationConfig: odd,
      tools: odd,
    });
    assertEquals(needs.length <= 1, true);
    assertEquals(prefix === undefined || prefix >= 0, true);
  }
  assertEquals(
    facts({ generationConfig: { maxOutputTokens: -1 } }).outputTokens,
    undefined,
  );
});

Deno.test("geminiRequestFacts() tells the same prefix as a chat of the same words", () => {
  const { prefix } = facts({
    systemInstruction: { parts: [{ text: "s" }] },
    contents: [
      { role: "user", parts: [{ text: "u" }] },
      { role: "model", parts: [{ text: "other" }] },
    ],
  });
  const chat = chatRequestFacts({
    value: {
      messages: [
        { role: "system", content: "s" },
        { role: "user", content: "u" },
      ],
    },
  });
  assertEquals(prefix, chat.prefix);
  assertEquals(facts({}).prefix, undefined);
});
