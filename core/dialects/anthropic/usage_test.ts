import { assertEquals } from "@std/assert";
import { encodeUsage, UsageTally } from "./usage.ts";

function tally(...usages: readonly unknown[]): UsageTally {
  const tally = new UsageTally();
  for (const usage of usages) tally.add(usage);
  return tally;
}

const WIRE = {
  input_tokens: 10,
  cache_creation_input_tokens: 30,
  cache_read_input_tokens: 20,
  cache_creation: {
    ephemeral_5m_input_tokens: 25,
    ephemeral_1h_input_tokens: 5,
  },
  output_tokens: 40,
  output_tokens_details: { thinking_tokens: 15 },
};

Deno.test("C35, C36, N2: the provider's counts in our terms and back", () => {
  const { usage } = tally(WIRE);
  assertEquals(usage, {
    input: 60,
    cached: 20,
    cacheWrite: 30,
    cacheWrite1h: 5,
    output: 40,
    reasoning: 15,
    total: 100,
  });
  assertEquals(encodeUsage(usage!), WIRE);
});

Deno.test("C30, N7: later counts replace earlier ones, zero and null do not", () => {
  const { usage } = tally(
    WIRE,
    { input_tokens: 0, cache_read_input_tokens: null, output_tokens: 50 },
    null,
    {},
  );
  assertEquals([usage?.input, usage?.cached, usage?.output], [60, 20, 50]);
});

Deno.test("N8: nothing told is nothing, not zero", () => {
  assertEquals(tally(undefined, null, [], 7, "x").usage, undefined);
  assertEquals(tally({}).usage?.total, 0);
});

Deno.test("UsageTally ignores counts that are none and keeps parts within the whole", () => {
  const { usage } = tally({
    input_tokens: "9",
    cache_read_input_tokens: -1,
    cache_creation_input_tokens: 2,
    cache_creation: { ephemeral_1h_input_tokens: 9 },
    output_tokens: 1.5,
    output_tokens_details: { thinking_tokens: 7 },
  });
  assertEquals(usage, {
    input: 2,
    cached: 0,
    cacheWrite: 2,
    cacheWrite1h: 2,
    output: 0,
    reasoning: 0,
    total: 2,
  });
});

Deno.test("C35, N10, N15: searches of the provider and its service tier are told apart", () => {
  const { usage } = tally(
    { input_tokens: 1, server_tool_use: { web_search_requests: 3 } },
    { output_tokens: 2, service_tier: "batch" },
  );
  assertEquals(usage?.details, { webSearches: 3, serviceTier: "batch" });
  assertEquals(
    tally({ input_tokens: 1, service_tier: "standard" }).usage?.details,
    undefined,
  );
});
