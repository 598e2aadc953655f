import { assertEquals } from "@std/assert";
import { UsageTally } from "./usage.ts";

Deno.test("D19, N3: thought is output, tool prompts are input, the cache is a part of it", () => {
  const tally = new UsageTally();
  tally.add({
    promptTokenCount: 100,
    toolUsePromptTokenCount: 20,
    cachedContentTokenCount: 60,
    candidatesTokenCount: 30,
    thoughtsTokenCount: 40,
    totalTokenCount: 190,
  });
  assertEquals(tally.usage, {
    input: 120,
    cached: 60,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output: 70,
    reasoning: 40,
    total: 190,
  });
});

Deno.test("D18, N7: later counts replace earlier ones, zeros and gaps replace none", () => {
  const tally = new UsageTally();
  tally.add({ promptTokenCount: 10, thoughtsTokenCount: 5 });
  tally.add({ promptTokenCount: 12, candidatesTokenCount: 3 });
  tally.add({ promptTokenCount: 0, candidatesTokenCount: null });
  const { usage } = tally;
  assertEquals([usage?.input, usage?.output, usage?.reasoning], [12, 8, 5]);
});

Deno.test("N8: no counts are no usage, explicit zeros are", () => {
  const tally = new UsageTally();
  for (const value of [undefined, null, [], {}, { trafficType: "X" }]) {
    assertEquals(tally.add(value), false);
  }
  assertEquals(tally.usage, undefined);
  assertEquals(tally.add({ promptTokenCount: 0 }), true);
  assertEquals(tally.usage?.total, 0);
});

Deno.test("D19: audio and images are told apart", () => {
  const tally = new UsageTally();
  tally.add({
    promptTokenCount: 100,
    candidatesTokenCount: 30,
    cachedContentTokenCount: 20,
    promptTokensDetails: [
      { modality: "TEXT", tokenCount: 40 },
      { modality: "AUDIO", tokenCount: 35 },
      { modality: "IMAGE", tokenCount: 25 },
      null,
      { modality: "AUDIO", tokenCount: -5 },
    ],
    cacheTokensDetails: [{ modality: "AUDIO", tokenCount: 15 }],
    candidatesTokensDetails: "none",
  });
  tally.add({ promptTokenCount: 100, candidatesTokenCount: 31 });
  assertEquals(tally.usage?.details, {
    audioInput: 35,
    cachedAudio: 15,
    imageInput: 25,
  });
});
