import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { chatRequestFacts } from "./chat_request_facts.ts";

function factsOf(value: Record<string, unknown>) {
  return chatRequestFacts({ value });
}

Deno.test("chatRequestFacts() finds what a model must be able to do", () => {
  const parts = (...types: readonly string[]) => [{
    role: "user",
    content: types.map((type) => ({ type })),
  }];
  for (
    const [value, needs] of [
      [{}, []],
      [{ tools: [{}] }, ["tools"]],
      [{ tools: [] }, []],
      [{ stream: true }, ["streaming"]],
      [{ stream: false }, []],
      [{ response_format: { type: "json_schema" } }, ["json_schema"]],
      [{ response_format: { type: "json_object" } }, []],
      [{ messages: parts("text", "image_url", "image_url") }, ["vision"]],
      [{ messages: parts("input_audio", "file") }, ["audio", "file"]],
      [{ modalities: ["text", "audio"] }, ["audio"]],
    ] as const
  ) {
    assertEquals(factsOf(value).needs, [...needs]);
  }
});

Deno.test("chatRequestFacts() reads the newer name of the output limit first", () => {
  assertEquals(factsOf({ max_tokens: 5 }).outputTokens, 5);
  assertEquals(
    factsOf({ max_tokens: 5, max_completion_tokens: 7 }).outputTokens,
    7,
  );
  for (const odd of [0, -1, 0.5, "5", null, Infinity, {}]) {
    assertEquals(factsOf({ max_tokens: odd }).outputTokens, undefined);
  }
});

Deno.test("chatRequestFacts() gives a conversation that grows the same prefix", () => {
  const start = [
    { role: "system", content: "You are a pirate." },
    { role: "user", content: [{ type: "text", text: "Hello!" }] },
  ];
  const later = [
    ...start,
    { role: "assistant", content: "Ahoy!" },
    { role: "user", content: "Bye!" },
  ];
  const prefix = (messages: unknown) => factsOf({ messages }).prefix;
  assert(prefix(start) !== undefined);
  assertEquals(prefix(later), prefix(start));
  assert(prefix(later.slice(0, 1)) === undefined);
  assert(prefix([start[0], later[3]]) !== prefix(start));
});

Deno.test("C11: chatRequestFacts() throws at no JSON", () => {
  fc.assert(fc.property(
    fc.dictionary(
      fc.constantFrom(
        "model",
        "messages",
        "tools",
        "stream",
        "response_format",
        "max_tokens",
        "modalities",
      ),
      fc.jsonValue(),
    ),
    (value) => {
      const { model, prefix } = factsOf(value);
      assertEquals(typeof model, "string");
      assert(prefix === undefined || Number.isInteger(prefix));
    },
  ));
  const odd = { role: { toString: 1, valueOf: 1 }, content: [null, [], 1] };
  assertEquals(factsOf({ messages: [odd, null] }).prefix, undefined);
});

Deno.test("chatRequestFacts() reads Messages and Responses too", () => {
  const messages = chatRequestFacts({
    value: {
      model: "m",
      max_tokens: 9,
      system: "x".repeat(60),
      messages: [{
        role: "user",
        content: [{ type: "image" }, { type: "document" }],
      }],
      output_config: { format: { type: "json_schema" } },
    },
  });
  assertEquals(messages.needs, ["json_schema", "vision", "file"]);
  assertEquals([messages.inputTokens, messages.outputTokens], [10, 9]);
  const responses = chatRequestFacts({
    value: {
      model: "m",
      max_output_tokens: 7,
      instructions: "x".repeat(12),
      input: [{ role: "user", content: [{ type: "input_image" }] }],
      text: { format: { type: "json_schema" } },
    },
  });
  assertEquals(responses.needs, ["json_schema", "vision"]);
  assertEquals([responses.inputTokens, responses.outputTokens], [2, 7]);
  const plain = chatRequestFacts({
    value: { model: "m", input: "y".repeat(6) },
  });
  assertEquals(plain.inputTokens, 1);
});
