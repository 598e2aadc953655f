import { assertEquals } from "@std/assert";
import type { Usage } from "./answer.ts";
import { UsageScan } from "./usage_scan.ts";

/** What is found in an answer that comes in pieces of this size. */
function scanned(answer: string, size: number): UsageScan {
  const scan = new UsageScan();
  const bytes = new TextEncoder().encode(answer);
  for (let from = 0; from < bytes.length; from += size) {
    scan.add(bytes.subarray(from, from + size));
  }
  return scan;
}

function counts(usage: Usage | undefined): unknown {
  if (usage === undefined) return undefined;
  const { input, cached, cacheWrite, output, reasoning } = usage;
  return { input, cached, cacheWrite, output, reasoning };
}

const LONG = "x".repeat(40_000);
const COUNTS = { input: 11, cached: 4, cacheWrite: 0, output: 7, reasoning: 2 };
const PLAIN = { ...COUNTS, cached: 0, reasoning: 0 };

const CASES: readonly (readonly [
  name: string,
  answer: string,
  model: string | undefined,
  wanted: typeof COUNTS,
])[] = [
  [
    "chat",
    `{"id":"c","model":"m-1","choices":[{"message":{"content":"${LONG}"}}],"usage":{"prompt_tokens":11,"prompt_tokens_details":{"cached_tokens":4},"completion_tokens":7,"completion_tokens_details":{"reasoning_tokens":2},"total_tokens":18}}`,
    "m-1",
    COUNTS,
  ],
  [
    "a stream of chat",
    `data: {"model":"m-1","choices":[],"usage":null}\n\n`.repeat(900) +
    `data: {"model":"m-1","choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}\n\ndata: [DONE]\n\n`,
    "m-1",
    PLAIN,
  ],
  [
    "a response",
    `{"id":"r","model":"m-1","output":[{"text":"${LONG}"}],"usage":{"input_tokens":11,"input_tokens_details":{"cached_tokens":4},"output_tokens":7,"output_tokens_details":{"reasoning_tokens":2},"total_tokens":18},"metadata":{}}`,
    "m-1",
    COUNTS,
  ],
  [
    "a message",
    `{"model":"claude","content":[{"text":"${LONG}"}],"usage":{"input_tokens":7,"cache_read_input_tokens":4,"output_tokens":7}}`,
    "claude",
    { ...COUNTS, reasoning: 0 },
  ],
  [
    "a stream of messages, whose input is told first",
    `event: message_start\ndata: {"type":"message_start","message":{"model":"claude","usage":{"input_tokens":7,"cache_read_input_tokens":4,"output_tokens":1}}}\n\n` +
    `data: {"delta":{"text":"${LONG}"}}\n\n` +
    `data: {"type":"message_delta","delta":{},"usage":{"output_tokens":7}}\n\n`,
    "claude",
    { ...COUNTS, reasoning: 0 },
  ],
  [
    "Gemini",
    `[{"candidates":[{"content":{"parts":[{"text":"${LONG}"}]}}]},{"usageMetadata":{"promptTokenCount":11,"cachedContentTokenCount":4,"candidatesTokenCount":5,"thoughtsTokenCount":2,"totalTokenCount":18},"modelVersion":"gemini-x"}]`,
    "gemini-x",
    COUNTS,
  ],
  [
    "Converse",
    `{"output":{"text":"${LONG}"},"usage":{"inputTokens":11,"outputTokens":7,"totalTokens":18}}`,
    undefined,
    PLAIN,
  ],
  [
    "Cohere",
    `{"message":{"content":"${LONG}"},"usage":{"billed_units":{"input_tokens":3},"tokens":{"input_tokens":11,"output_tokens":7}}}`,
    undefined,
    PLAIN,
  ],
];

for (const [name, answer, model, wanted] of CASES) {
  Deno.test(`A7: UsageScan reads the counts of ${name}, however it is cut`, () => {
    for (const size of [1, 1_000, 8_192, 9_000, 1_000_000]) {
      const scan = scanned(answer, size);
      assertEquals(counts(scan.usage()), wanted, `${size}`);
      assertEquals(scan.model(), model);
    }
  });
}

Deno.test("A7: UsageScan takes nothing for counts that a model has written, or that is cut", () => {
  const said = JSON.stringify({
    choices: [{ text: `{"model":"x","usage":{"prompt_tokens":9}}` }],
  });
  const scan = scanned(said, 50);
  assertEquals([scan.usage(), scan.model()], [undefined, undefined]);
  const cut = `${" ".repeat(8_180)}"usage":{${LONG}"prompt_tokens":9}`;
  assertEquals(scanned(cut, 100).usage(), undefined);
  assertEquals(scanned("", 1).usage(), undefined);
  const endless = `"usage":{`.repeat(2_000);
  assertEquals(scanned(endless, 1_000).usage(), undefined);
});
