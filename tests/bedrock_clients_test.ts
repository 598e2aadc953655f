/**
 * What models on Bedrock say, before clients of every dialect: recorded answers
 * in a Claude's own words, and Converse's for turns that nobody has recorded.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type Anthropic from "@anthropic-ai/sdk";
import { invoked, invokedEvents } from "./_bedrock_sdk.ts";
import { BedrockUpstream, loadBedrockRecordings } from "./_bedrock_upstream.ts";
import { cellsOf } from "./_cell.ts";
import {
  BEDROCK_MANNERS,
  converseStream,
  converseWhole,
} from "./_cells_bedrock.ts";
import { startGateway } from "./_gateway.ts";
import { CLIENTS, type ReplayClient } from "./_replay_clients.ts";
import { comparable } from "./_replay_matrix.ts";
import { ofMessage } from "./_summary.ts";

const recordings = await loadBedrockRecordings();
const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const NOVA = "amazon.nova-lite-v1:0";
const encoder = new TextEncoder();

async function withBedrock(
  run: (upstream: BedrockUpstream, url: string) => Promise<void>,
): Promise<void> {
  await using upstream = await BedrockUpstream.start();
  const gateway = await startGateway(
    `providers: [{type: bedrock, name: bedrock, base_url: "${upstream.origin}", max_retries: 0, api_key: bedrock-key-0000, aws: {region: eu-west-1}}]`,
  );
  try {
    await run(upstream, gateway.url);
  } finally {
    await gateway.close();
  }
}

/** The message that the events of a stream make, put together by hand. */
function messageOf(events: readonly Record<string, unknown>[]): unknown {
  // deno-lint-ignore no-explicit-any -- looked at freely
  let message: any;
  for (const event of structuredClone(events) as typeof message[]) {
    const block = message?.content[event.index];
    if (event.type === "message_start") message = event.message;
    if (event.type === "content_block_start") {
      message.content[event.index] = { ...event.content_block, json: "" };
    }
    if (event.type === "message_delta") {
      Object.assign(message, event.delta);
      Object.assign(message.usage, event.usage);
    }
    if (event.type !== "content_block_delta") continue;
    const { text = "", partial_json: json = "" } = event.delta;
    if (text) block.text += text;
    block.json += json;
  }
  for (const block of message.content) {
    if (block.type === "tool_use") block.input = JSON.parse(block.json || "{}");
  }
  return message;
}

for (const client of CLIENTS) {
  Deno.test({
    name:
      `E23, M20: ${client.name} clients read what is recorded of Claudes on Bedrock`,
    ignore: recordings.length === 0,
    fn: () =>
      withBedrock(async (upstream, url) => {
        const model = `bedrock/${CLAUDE}`;
        for (const { name, body, stream } of recordings) {
          upstream.answer = { body, stream };
          const theirs = stream
            ? messageOf(await invokedEvents(upstream.origin))
            : await invoked(upstream.origin);
          const expected = ofMessage(theirs as Anthropic.Message);
          const told = await client.read({ url, model, stream });
          assertEquals(comparable(told), comparable(expected), name);
          if (!stream) continue;
          const cut = body.subarray(0, body.length - 400);
          upstream.answer = { body: cut, stream };
          await assertCut(client, url, model);
        }
      }),
  });

  Deno.test(`E7, E8, E9, E11, E19: ${client.name} clients read every turn of Converse`, () =>
    withBedrock(async (upstream, url) => {
      for (const manner of BEDROCK_MANNERS) {
        const cells = cellsOf(manner.name, {
          whole: (turn) => converseWhole(manner, turn),
          stream: () => "",
        });
        for (const { name, truth, stream, turn } of cells) {
          const body = stream
            ? converseStream(manner, turn)
            : encoder.encode(JSON.stringify(converseWhole(manner, turn)));
          upstream.answer = { body, stream };
          const model = `bedrock/${NOVA}`;
          const told = await client.read({ url, model, stream });
          assertEquals(comparable(told), comparable(truth), name);
        }
      }
    }));
}

async function assertCut(
  client: ReplayClient,
  url: string,
  model: string,
): Promise<void> {
  const answer = await fetch(client.request({ url, model, stream: true }));
  const text = await answer.text();
  assert(!client.ending.test(text), text.slice(-300));
  assert(/"error":\s*\{|"type":\s*"error"/.test(text), text.slice(-300));
}
