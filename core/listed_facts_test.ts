import { assertEquals } from "@std/assert";
import { listedFacts } from "./listed_facts.ts";

Deno.test("listedFacts() reads what providers tell of their models, each in its own words", () => {
  assertEquals(
    listedFacts({
      context_length: 400_000,
      top_provider: { max_completion_tokens: 128_000 },
      architecture: { input_modalities: ["text", "image"] },
      supported_parameters: ["tools", "max_tokens"],
    }),
    {
      contextWindow: 400_000,
      maxOutput: 128_000,
      capabilities: {
        tools: true,
        json_schema: false,
        vision: true,
        audio: false,
        file: false,
      },
    },
  );
  assertEquals(
    listedFacts({ context_window: 131_072, max_completion_tokens: 8_192 }),
    { contextWindow: 131_072, maxOutput: 8_192 },
  );
  assertEquals(
    listedFacts({
      max_context_length: 32_768,
      capabilities: { vision: false, function_calling: true },
    }),
    { contextWindow: 32_768, capabilities: { tools: true, vision: false } },
  );
  assertEquals(
    listedFacts({ inputTokenLimit: 1_048_576, outputTokenLimit: 65_536 }),
    { contextWindow: 1_048_576, maxOutput: 65_536 },
  );
});

Deno.test("listedFacts() passes over odd values", () => {
  for (
    const row of [null, 5, "x", [], {
      context_length: -1,
      max_tokens: "9",
      capabilities: "all",
      architecture: [],
      top_provider: null,
    }]
  ) assertEquals(listedFacts(row), {});
});
