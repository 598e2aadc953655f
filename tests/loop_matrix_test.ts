/**
 * Each SDK goes a tool loop with thought at each provider: two calls at once,
 * their results, and the answer.
 *
 * @module
 */

import "./_no_hostname.ts";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  type GenerateContentResponse,
  GoogleGenAI,
  type Part,
} from "@google/genai";
import { assert, assertEquals } from "@std/assert";
import { generateText, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import * as z from "@zod/zod";
import { BEDROCK, LOOP_SPEAKERS } from "./_cloud_speakers.ts";
import { messagesLoop, textOf } from "./_messages_loop.ts";
import { type Said, says } from "./_speakers.ts";
import { withGateway } from "./_with_gateway.ts";

const QUESTION = "How warm is it in Rome and Oslo?";
const ANSWER = "Rome: 21, Oslo: 4";
const TEMPERATURES: Readonly<Record<string, number>> = { Rome: 21, Oslo: 4 };
const PARAMETERS = {
  type: "object" as const,
  properties: { city: { type: "string" } },
  required: ["city"],
};
const TURNS: readonly Said[] = [
  {
    thought: "I ask about both",
    calls: [
      { id: "call_1", name: "weather", input: { city: "Rome" } },
      { id: "call_2", name: "weather", input: { city: "Oslo" } },
    ],
  },
  { text: ANSWER },
];
const KEY = "key-of-the-caller-0000";

/** The warnings of the SDK are no output of the tests. */
Reflect.set(globalThis, "AI_SDK_LOG_WARNINGS", false);

/** A loop: the cities that were asked for, and the last words. */
interface Loop {
  readonly url: string;
  readonly model: string;
  readonly stream: boolean;
  /** What the tool says. */
  look(city: string): string;
}

/** The clients, by their SDK. */
const CLIENTS: Readonly<
  Record<string, (loop: Loop) => Promise<string | null>>
> = {
  openai: async ({ url, model, stream, look }) => {
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: KEY,
      maxRetries: 0,
    });
    const ask = {
      model,
      messages: [{ role: "user" as const, content: QUESTION }],
      reasoning_effort: "medium" as const,
      max_completion_tokens: 16_000,
      tools: [{
        type: "function" as const,
        function: {
          name: "weather",
          description: "Tells how warm it is",
          parameters: PARAMETERS,
          parse: JSON.parse,
          function: ({ city }: { city: string }) => look(city),
        },
      }],
    };
    const { completions } = client.chat;
    const runner = stream
      ? completions.runTools({ ...ask, stream })
      : completions.runTools(ask);
    return await runner.finalContent();
  },
  anthropic: async (loop) =>
    textOf(await messagesLoop({ ...loop, question: QUESTION })),
  google: async ({ url, model, stream, look }) => {
    const { chats } = new GoogleGenAI({
      apiKey: KEY,
      httpOptions: { baseUrl: url },
    });
    const chat = chats.create({
      model,
      config: {
        maxOutputTokens: 16_000,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 2_000 },
        tools: [{
          functionDeclarations: [{
            name: "weather",
            parametersJsonSchema: PARAMETERS,
          }],
        }],
      },
    });
    let message: string | Part[] = QUESTION;
    for (let turn = 0; turn < 3; turn++) {
      const pieces: GenerateContentResponse[] = stream
        ? await Array.fromAsync(await chat.sendMessageStream({ message }))
        : [await chat.sendMessage({ message })];
      const calls = pieces.flatMap(({ functionCalls = [] }) => functionCalls);
      if (calls.length === 0) {
        return pieces.map(({ text = "" }) => text).join("");
      }
      message = calls.map(({ id, name = "", args }) => ({
        functionResponse: {
          ...(id !== undefined && { id }),
          name,
          response: { output: look(String(args?.city)) },
        },
      }));
    }
    return null;
  },
  ai: async ({ url, model, stream, look }) => {
    const gateway = createOpenAICompatible({
      name: "gateway",
      baseURL: `${url}/v1`,
      apiKey: KEY,
    });
    const ask = {
      model: gateway(model),
      prompt: QUESTION,
      maxRetries: 0,
      stopWhen: stepCountIs(3),
      providerOptions: { gateway: { reasoningEffort: "medium" } },
      tools: {
        weather: tool({
          inputSchema: z.object({ city: z.string() }),
          execute: ({ city }) => look(city),
        }),
      },
    };
    return stream ? await streamText(ask).text : (await generateText(ask)).text;
  },
};

for (const speaker of LOOP_SPEAKERS) {
  for (const [name, run] of Object.entries(CLIENTS)) {
    // There bytes pass by InvokeModel, whose loop is in bedrock_loop_test.ts.
    if (name === "anthropic" && speaker === BEDROCK) continue;
    Deno.test(`C5, C12, D8, E12, J6: ${name}'s SDK goes a tool loop with thought at ${speaker.name}, whole and streamed`, async () => {
      for (const stream of [false, true]) {
        await withGateway({
          answer: says(speaker as Parameters<typeof says>[0], ...TURNS),
          provider: `name: p, ${speaker.entry}`,
        }, async ({ url, upstream }) => {
          const asked: string[] = [];
          const answer = await run({
            url,
            model: `p/${speaker.model}`,
            stream,
            look(city): string {
              asked.push(city);
              return String(TEMPERATURES[city]);
            },
          });
          assertEquals([answer, asked.sort()], [ANSWER, ["Oslo", "Rome"]]);
          const sent = upstream.asked.map(({ text }) => text);
          assertEquals(sent.length, 2);
          // The calls and their results went to the provider.
          for (const told of ["Rome", "21", "Oslo", "4"]) {
            assert(sent[1]?.includes(told));
          }
        });
      }
    });
  }
}
