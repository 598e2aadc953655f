import Anthropic from "@anthropic-ai/sdk";
import { assert, assertEquals } from "@std/assert";
import { frames, type Step } from "../core/dialects/bedrock/_test_frames.ts";
import { type Asked, startAnsweringUpstream } from "./_answering_upstream.ts";
import { BEDROCK } from "./_cloud_speakers.ts";
import { startGateway } from "./_gateway.ts";
import { ANTHROPIC, PROOF, type Said } from "./_speakers.ts";

const CLAUDE = BEDROCK.model;
const PROFILE =
  "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2";
const SCHEMA = {
  type: "object" as const,
  properties: { city: { type: "string" } },
};

function said(number: number): Said {
  return number > 1 ? { text: "Both are warm" } : {
    thought: "I ask",
    calls: [{
      id: `tooluse_${number}`,
      name: "weather",
      input: { city: "Rome" },
    }],
  };
}

/** InvokeModel's answer, or Converse's, by what is asked. */
async function answer(asked: Asked, number: number): Promise<Response> {
  const isStream = asked.path.endsWith("-stream");
  if (asked.path.includes("/converse")) {
    return isStream
      ? BEDROCK.stream(said(number))
      : BEDROCK.whole(said(number));
  }
  if (!isStream) return ANTHROPIC.whole(said(number));
  const text = await ANTHROPIC.stream(said(number)).text();
  const events = text.split("\n\n").flatMap((event) => {
    const [, data] = /^data: (.*)$/m.exec(event) ?? [];
    return data === undefined ? [] : [data];
  });
  const steps = events.map((data): Step => [
    "chunk",
    { bytes: new TextEncoder().encode(data).toBase64() },
  ]);
  return new Response(frames(steps));
}

/** Goes a loop of two calls as Anthropic's SDK does, and tells what the last request was. */
async function loop(model: string, stream: boolean): Promise<Asked> {
  const upstream = startAnsweringUpstream(answer);
  const gateway = await startGateway(
    `providers: [{type: bedrock, api_key: bdr-Vb6Nm5Zx, aws: {region: eu-west-1}, base_url: "${upstream.origin}"}]`,
  );
  try {
    const client = new Anthropic({
      baseURL: gateway.url,
      apiKey: "unused",
      maxRetries: 0,
    });
    const messages: Anthropic.MessageParam[] = [
      { role: "user", content: "How warm is it?" },
    ];
    for (let turn = 0; turn < 3; turn++) {
      const ask = {
        model: `bedrock/${model}`,
        messages,
        max_tokens: 16_000,
        thinking: { type: "enabled" as const, budget_tokens: 4_000 },
        tools: [{ name: "weather", input_schema: SCHEMA }],
      };
      const { content } = stream
        ? await client.messages.stream(ask).finalMessage()
        : await client.messages.create(ask);
      messages.push({ role: "assistant", content });
      const results = content.flatMap((block) =>
        block.type === "tool_use"
          ? [{
            type: "tool_result" as const,
            tool_use_id: block.id,
            content: "21",
          }]
          : []
      );
      if (turn < 2) messages.push({ role: "user", content: results });
    }
    const [block] = messages.at(-1)?.content ?? [];
    assert(typeof block === "object" && block.type === "text");
    assertEquals(block.text, "Both are warm");
    return upstream.asked.at(-1)!;
  } finally {
    await gateway.close();
    await upstream.close();
  }
}

for (const stream of [false, true]) {
  const how = stream ? "streamed" : "whole";
  Deno.test(`E23, C12: a Messages client goes a tool loop with thought at a Claude by InvokeModel, ${how}`, async () => {
    const { path, body, text } = await loop(CLAUDE, stream);
    assert(path.includes("/invoke"), path);
    assertEquals(text.split(PROOF).length - 1, 2);
    assertEquals(body.messages[1].content[0], {
      type: "thinking",
      thinking: "I ask",
      signature: PROOF,
    });
  });

  Deno.test(`E17: a Messages client goes a tool loop at an inference profile by Converse, ${how}`, async () => {
    const { path, body } = await loop(PROFILE, stream);
    assert(path.startsWith(`/model/${encodeURIComponent(PROFILE)}/converse`));
    assertEquals(
      body.messages.map(({ content }: { content: object[] }) =>
        content.map((block) => Object.keys(block)[0])
      ),
      [
        ["text"],
        ["reasoningContent", "toolUse"],
        ["toolResult"],
        ["reasoningContent", "toolUse"],
        ["toolResult"],
      ],
    );
  });
}
