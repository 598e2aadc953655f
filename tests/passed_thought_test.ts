import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import OpenAI from "openai";
import { withGateway } from "./_with_gateway.ts";
import { RESPONSES } from "./_responses_speaker.ts";
import { ANTHROPIC, GEMINI, PROOF, says, type Speaker } from "./_speakers.ts";

const CALL = { id: "call_1", name: "weather", input: { city: "Rome" } };
const SCHEMA = {
  type: "object" as const,
  properties: { city: { type: "string" } },
};

/** Asks, and goes on with the call's result, all proofs lost. */
type Loop = (url: string, model: string, stream: boolean) => Promise<void>;

const messagesLoop: Loop = async (baseURL, model, stream) => {
  const client = new Anthropic({ baseURL, apiKey: "unused", maxRetries: 0 });
  const ask = {
    model,
    max_tokens: 16_000,
    thinking: { type: "enabled" as const, budget_tokens: 4_000 },
    tools: [{ name: "weather", input_schema: SCHEMA }],
    messages: [{ role: "user" as const, content: "Is it warm?" }],
  };
  const { content } = stream
    ? await client.messages.stream(ask).finalMessage()
    : await client.messages.create(ask);
  const calls = content.filter(({ type }) => type === "tool_use");
  assertEquals(calls.length, 1);
  await client.messages.create({
    ...ask,
    messages: [
      ...ask.messages,
      { role: "assistant", content: calls },
      {
        role: "user",
        content: [{
          type: "tool_result",
          tool_use_id: CALL.id,
          content: "21",
        }],
      },
    ],
  });
};

const geminiLoop: Loop = async (baseUrl, model, stream) => {
  const client = new GoogleGenAI({
    apiKey: "unused",
    httpOptions: { baseUrl },
  });
  const question = { role: "user", parts: [{ text: "Is it warm?" }] };
  const config = {
    tools: [{
      functionDeclarations: [{
        name: "weather",
        parametersJsonSchema: SCHEMA,
      }],
    }],
  };
  const ask = { model, contents: [question], config };
  const { models } = client;
  const answers = stream
    ? await Array.fromAsync(await models.generateContentStream(ask))
    : [await models.generateContent(ask)];
  const calls = answers.flatMap((it) => it.functionCalls ?? []);
  assertEquals(calls.length, 1);
  await models.generateContent({
    ...ask,
    contents: [
      question,
      { role: "model", parts: calls.map((functionCall) => ({ functionCall })) },
      {
        role: "user",
        parts: [{
          functionResponse: {
            id: CALL.id,
            name: CALL.name,
            response: { output: 21 },
          },
        }],
      },
    ],
  });
};

const responsesLoop: Loop = async (url, model, stream) => {
  const client = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: "unused",
    maxRetries: 0,
  });
  const ask = {
    model,
    store: false,
    tools: [{
      type: "function" as const,
      name: "weather",
      parameters: SCHEMA,
      strict: false,
    }],
    input: [{ role: "user" as const, content: "Is it warm?" }],
  };
  const { output } = stream
    ? await client.responses.stream(ask).finalResponse()
    : await client.responses.create(ask);
  const calls = output.flatMap((item) =>
    item.type === "function_call" ? [item] : []
  );
  assertEquals(calls.length, 1);
  await client.responses.create({
    ...ask,
    input: [
      ...ask.input,
      ...calls,
      { type: "function_call_output", call_id: CALL.id, output: "21" },
    ],
  });
};

const CASES: readonly (readonly [string, Speaker, Loop])[] = [
  ["C12: a Messages client", ANTHROPIC, messagesLoop],
  ["D9: a Gemini client", GEMINI, geminiLoop],
  ["B18, B19: a Responses client", RESPONSES, responsesLoop],
];

for (const [who, speaker, loop] of CASES) {
  for (const stream of [false, true]) {
    const how = stream ? "streamed" : "whole";
    Deno.test(`${who} whose bytes pass gets back the proof that it has lost, ${how}`, () =>
      withGateway({
        provider: speaker.entry,
        answer: says(
          speaker,
          { thought: "I ask", calls: [CALL] },
          { text: "Yes" },
        ),
      }, async ({ url, upstream }) => {
        await loop(url, speaker.model, stream);
        const [, asked] = upstream.asked;
        assert(asked !== undefined);
        const at = asked.text.indexOf(PROOF);
        assertEquals(asked.text.split(PROOF).length, 2, asked.text);
        // Gemini's stands on the call, all others' in front of it.
        if (speaker !== GEMINI) assert(at < asked.text.indexOf(CALL.id));
        assertStringIncludes(asked.text, CALL.id);
      }));
  }
}

Deno.test("C12: nobody's bytes get another caller's thought", () =>
  withGateway({
    provider: ANTHROPIC.entry,
    answer: says(ANTHROPIC, { thought: "I ask", calls: [CALL] }, {
      text: "Yes",
    }),
    config: `auth: {api_keys: [key-of-alice-00000001, key-of-bob-0000000002]}
`,
  }, async ({ url, upstream }) => {
    const messages = [
      { role: "user" as const, content: "Is it warm?" },
      {
        role: "assistant" as const,
        content: [{ type: "tool_use" as const, ...CALL }],
      },
      {
        role: "user" as const,
        content: [{ type: "tool_result" as const, tool_use_id: CALL.id }],
      },
    ];
    for (
      const [apiKey, count] of [
        ["key-of-alice-00000001", 1],
        ["key-of-bob-0000000002", 3],
        ["key-of-alice-00000001", 3],
      ] as const
    ) {
      const client = new Anthropic({ baseURL: url, apiKey, maxRetries: 0 });
      await client.messages.create({
        model: ANTHROPIC.model,
        max_tokens: 100,
        messages: messages.slice(0, count),
      });
    }
    const proofs = upstream.asked.map(({ text }) => text.includes(PROOF));
    // Bob was answered with a call of the same name, which is his own.
    assertEquals(proofs, [false, false, true]);
  }));
