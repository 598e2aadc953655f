/**
 * What the `ai` SDK, which checks each chunk against schemas of its own, reads
 * of every answer that a gateway passes or translates. The suite takes samples;
 * `deno task test:replay` takes all.
 *
 * @module
 */

import "./_no_hostname.ts";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { assertEquals } from "@std/assert";
import { generateText, jsonSchema, streamText, tool } from "ai";
import { startGateway } from "./_gateway.ts";
import type { Asking } from "./_replay_clients.ts";
import { FAMILIES, type Family } from "./_replay_families.ts";
import { comparable } from "./_replay_matrix.ts";
import { startReplayUpstream } from "./_replay_upstream.ts";
import { seeded } from "./_respell.ts";
import type { Summary } from "./_summary.ts";
import { UNRECORDED } from "./_unrecorded_families.ts";
import { varyRecording } from "./_vary_recording.ts";

const SHARE = Deno.env.get("REPLAY") === "full" ? 1 : 13;
const FINISH = new Map([
  ["tool-calls", "tool_calls"],
  ["content-filter", "content_filter"],
]);
/** Tools of these names are called; what they take is no matter. */
const TOOLS = Object.fromEntries(
  ["weather", "add", "multiply", "now", "computer"].map((name) => [
    name,
    tool({
      inputSchema: jsonSchema<object>({ type: "object" }),
      execute: () => "",
    }),
  ]),
);

/** The warnings of the SDK are no output of the tests. */
Reflect.set(globalThis, "AI_SDK_LOG_WARNINGS", false);

async function read({ url, model, stream }: Asking): Promise<Summary> {
  const gateway = createOpenAICompatible({
    name: "gateway",
    baseURL: `${url}/v1`,
    apiKey: "key-of-the-caller-0000",
    includeUsage: true,
  });
  const ask = {
    model: gateway(model),
    prompt: "What's the weather?",
    maxRetries: 0,
    tools: TOOLS,
  };
  const told = stream
    ? streamText({ ...ask, onError: () => {} })
    : await generateText(ask);
  const finish = await told.finishReason;
  const usage = await told.usage;
  return {
    text: await told.text,
    reasoning: await told.reasoningText ?? "",
    toolCalls: (await told.toolCalls).map(({ toolName: name, input }) => ({
      name,
      arguments: input,
    })),
    finish: FINISH.get(finish) ?? finish,
    usage: {
      input: usage.inputTokens ?? 0,
      cached: usage.inputTokenDetails.cacheReadTokens ?? 0,
      output: usage.outputTokens ?? 0,
    },
  };
}

/** What must be the same: the SDK takes the output as it is told, with the thought or without (J13). */
function told(summary: Summary, reference: Summary, family: Family): object {
  const { usage } = summary;
  const output = family.name === "Chat"
    ? reference.usage?.output
    : usage?.output;
  return comparable(
    usage ? { ...summary, usage: { ...usage, output: output ?? 0 } } : summary,
    reference,
  );
}

for (const family of [...FAMILIES, ...UNRECORDED]) {
  const { name, recordings, entry, provider, own } = family;
  const isRecorded = FAMILIES.includes(family);
  Deno.test({
    name: `A33, J23: the ai SDK reads ${
      isRecorded ? `${name} recordings` : `what ${name} providers may say`
    }, also in other forms`,
    ignore: recordings.length === 0,
    async fn() {
      const upstream = await startReplayUpstream();
      const origin = `${upstream.origin}/now`;
      const gateway = await startGateway(
        `providers: [{${entry}, max_retries: 0, base_url: "${origin}"}]\n`,
      );
      try {
        for (const [index, recording] of recordings.entries()) {
          if (index % SHARE !== 0) continue;
          const { stream, truth } = recording;
          upstream.serve("now", recording);
          const expected = truth ??
            await own.read({ url: origin, model: "m", stream });
          const random = seeded(index * 7919);
          const varied = varyRecording(recording, { family: name, random });
          for (const served of [recording, varied]) {
            upstream.serve("now", served);
            const model = `${provider}/m`;
            const actual = await read({ url: gateway.url, model, stream });
            assertEquals(
              told(actual, expected, family),
              told(expected, expected, family),
              recording.name,
            );
          }
        }
      } finally {
        await gateway.close();
        await upstream.close();
      }
    },
  });
}
