import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Usage } from "../../answer.ts";
import { decodeChatUsage, encodeChatUsage, laterUsage } from "./usage.ts";

function usage(counts: Partial<Usage>): Usage {
  return {
    input: 0,
    cached: 0,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output: 0,
    reasoning: 0,
    total: (counts.input ?? 0) + (counts.output ?? 0),
    ...counts,
  };
}

Deno.test("N1: cached and reasoning tokens are parts of the sums", () => {
  assertEquals(
    decodeChatUsage({
      prompt_tokens: 100,
      completion_tokens: 40,
      total_tokens: 140,
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 30 },
    }),
    usage({ input: 100, cached: 60, output: 40, reasoning: 30 }),
  );
});

Deno.test("J13, N4: thought counted apart is added, as the total says", () => {
  // Recorded from xAI: 165 + 2 + 125 = 292.
  assertEquals(
    decodeChatUsage({
      prompt_tokens: 165,
      completion_tokens: 2,
      total_tokens: 292,
      prompt_tokens_details: { text_tokens: 165, cached_tokens: 156 },
      completion_tokens_details: { reasoning_tokens: 125 },
    }),
    usage({ input: 165, cached: 156, output: 127, reasoning: 125 }),
  );
  // Less thought than output, and still apart: 10 + 50 + 20 = 80.
  assertEquals(
    decodeChatUsage({
      prompt_tokens: 10,
      completion_tokens: 50,
      total_tokens: 80,
      completion_tokens_details: { reasoning_tokens: 20 },
    })?.output,
    70,
  );
});

Deno.test("J13: thought above the output can't be part of it, whatever the total", () => {
  // Recorded from a gateway before Gemini: 28 + 9 = 37, with 61 of thought.
  assertEquals(
    decodeChatUsage({
      prompt_tokens: 28,
      completion_tokens: 9,
      total_tokens: 37,
      completion_tokens_details: { reasoning_tokens: 61 },
    }),
    usage({ input: 28, output: 70, reasoning: 61 }),
  );
});

Deno.test("J25: null details and counts are zeros", () => {
  assertEquals(
    decodeChatUsage({
      prompt_tokens: 5,
      completion_tokens: null,
      total_tokens: null,
      prompt_tokens_details: null,
      completion_tokens_details: null,
    }),
    usage({ input: 5 }),
  );
});

Deno.test("J8: other names of cached and written tokens", () => {
  assertEquals(
    decodeChatUsage({
      prompt_tokens: 10,
      completion_tokens: 1,
      prompt_cache_hit_tokens: 4,
      prompt_cache_miss_tokens: 6,
    })?.cached,
    4,
  );
  const written = decodeChatUsage({
    prompt_tokens: 10,
    completion_tokens: 1,
    prompt_tokens_details: { cached_tokens: 3, cache_write_tokens: 5 },
  });
  assertEquals([written?.cached, written?.cacheWrite], [3, 5]);
});

Deno.test("N6: parts of the input never exceed it", () => {
  assertEquals(
    decodeChatUsage({
      prompt_tokens: 10,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 99, cache_write_tokens: 99 },
    }),
    usage({ input: 10, cached: 10, output: 1 }),
  );
});

Deno.test("decodeChatUsage() gives nothing where there are no counts", () => {
  for (const value of [null, undefined, {}, [], "5", { prompt_tokens: "5" }]) {
    assertEquals(decodeChatUsage(value), undefined);
  }
});

Deno.test("decodeChatUsage() keeps its sums true whatever the JSON", () => {
  const names = [
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "prompt_tokens_details",
    "completion_tokens_details",
    "cached_tokens",
    "reasoning_tokens",
  ];
  const count = fc.oneof(fc.nat(1000), fc.jsonValue({ maxDepth: 1 }));
  const part = fc.dictionary(fc.constantFrom(...names), count);
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...names), fc.oneof(count, part)),
      (value) => {
        const found = decodeChatUsage(value);
        if (!found) return;
        assert(Object.values(found).every((count) => count >= 0));
        assertEquals(found.total, found.input + found.output);
        assert(found.cached + found.cacheWrite <= found.input);
        assert(found.reasoning <= found.output);
      },
    ),
  );
});

Deno.test("encodeChatUsage() is read back as it was", () => {
  const counts = usage({
    input: 100,
    cached: 60,
    cacheWrite: 20,
    output: 40,
    reasoning: 30,
  });
  assertEquals(decodeChatUsage(encodeChatUsage(counts)), counts);
  assertEquals(encodeChatUsage(counts), {
    prompt_tokens: 100,
    completion_tokens: 40,
    total_tokens: 140,
    prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 20 },
    completion_tokens_details: { reasoning_tokens: 30 },
  });
});

Deno.test("N7: a later usage counts, its zeros erase nothing", () => {
  const first = usage({ input: 10, cached: 4, output: 1 });
  const last = usage({ output: 7, reasoning: 2 });
  assertEquals(
    laterUsage(first, last),
    usage({ input: 10, cached: 4, output: 7, reasoning: 2 }),
  );
  assertEquals(laterUsage(first, undefined), first);
  assertEquals(laterUsage(undefined, last), last);
  assertEquals(laterUsage(undefined, undefined), undefined);
});

Deno.test("N1, N12, N15: what is priced on its own is told apart, there and back", () => {
  const wire = {
    prompt_tokens: 100,
    completion_tokens: 40,
    total_tokens: 140,
    prompt_tokens_details: { cached_tokens: 60, audio_tokens: 12 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 9 },
    server_tool_use: { web_search_requests: 2 },
    cost: 0.000847,
  };
  const read = decodeChatUsage(wire);
  assertEquals(read?.details, {
    audioInput: 12,
    audioOutput: 9,
    webSearches: 2,
    cost: 0.000847,
  });
  const told = JSON.parse(JSON.stringify(encodeChatUsage(read!)));
  assertEquals(decodeChatUsage(told), read);
  assertEquals(
    decodeChatUsage({ prompt_tokens: 1, cost: { total_cost: 0.5 } })?.details,
    { cost: 0.5 },
  );
  assertEquals(
    decodeChatUsage({ prompt_tokens: 1, cost: "much" })?.details,
    undefined,
  );
});

Deno.test("N10: the tier that was served counts where it is not the usual one", () => {
  const wire = { prompt_tokens: 1, completion_tokens: 2 };
  assertEquals(decodeChatUsage(wire, "flex")?.details, { serviceTier: "flex" });
  for (const tier of ["default", "auto", "on_demand", "", null, 7]) {
    assertEquals(decodeChatUsage(wire, tier)?.details, undefined);
  }
});
