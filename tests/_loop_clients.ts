/**
 * Tool loops as programs go them with the SDK that each was written with.
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
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { type Loop, messagesLoop, runTool, textOf } from "./_messages_loop.ts";

const KEY = "key-of-the-caller-0000";

/** The warnings of the SDK are no output of the tests. */
Reflect.set(globalThis, "AI_SDK_LOG_WARNINGS", false);

type Arguments = Readonly<Record<string, unknown>>;

/** Each goes a loop and resolves with the last words, by the name of its SDK. */
export const LOOP_CLIENTS: Readonly<
  Record<string, (loop: Loop) => Promise<string | null>>
> = {
  openai: async ({ url, model, stream, question, tools }) => {
    const client = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: KEY,
      maxRetries: 0,
    });
    const ask = {
      model,
      messages: [{ role: "user" as const, content: question }],
      reasoning_effort: "medium" as const,
      max_completion_tokens: 16_000,
      tools: tools.map(({ name, parameters, run }) => ({
        type: "function" as const,
        function: {
          name,
          description: `Answers as ${name}`,
          parameters,
          parse: JSON.parse,
          function: (args: Arguments) => run(args),
        },
      })),
    };
    const { completions } = client.chat;
    const runner = stream
      ? completions.runTools({ ...ask, stream })
      : completions.runTools(ask);
    return await runner.finalContent();
  },
  responses: async ({ url, model, stream, question, tools }) => {
    const { responses } = new OpenAI({
      baseURL: `${url}/v1`,
      apiKey: KEY,
      maxRetries: 0,
    });
    const input: OpenAI.Responses.ResponseInputItem[] = [
      { role: "user", content: question },
    ];
    for (let turn = 0; turn < 3; turn++) {
      const ask = {
        model,
        input,
        store: false,
        max_output_tokens: 16_000,
        reasoning: { effort: "medium" as const },
        tools: tools.map(({ name, parameters }) => ({
          type: "function" as const,
          name,
          parameters,
          strict: false,
        })),
      };
      const { output, output_text: text } = stream
        ? await responses.stream(ask).finalResponse()
        : await responses.create(ask);
      const calls = output.flatMap((item) =>
        item.type === "function_call" ? [item] : []
      );
      if (calls.length === 0) return text;
      input.push(
        ...output as OpenAI.Responses.ResponseInputItem[],
        ...calls.map(({ call_id: id, name, arguments: args }) => ({
          type: "function_call_output" as const,
          call_id: id,
          output: runTool(tools, { name, args: JSON.parse(args) }),
        })),
      );
    }
    return null;
  },
  anthropic: async (loop) => textOf(await messagesLoop(loop)),
  google: async ({ url, model, stream, question, tools }) => {
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
          functionDeclarations: tools.map(({ name, parameters }) => ({
            name,
            parametersJsonSchema: parameters,
          })),
        }],
      },
    });
    let message: string | Part[] = question;
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
          response: { output: runTool(tools, { name, args }) },
        },
      }));
    }
    return null;
  },
  ai: async ({ url, model, stream, question, tools }) => {
    const gateway = createOpenAICompatible({
      name: "gateway",
      baseURL: `${url}/v1`,
      apiKey: KEY,
    });
    const ask = {
      model: gateway(model),
      prompt: question,
      maxRetries: 0,
      stopWhen: stepCountIs(3),
      providerOptions: { gateway: { reasoningEffort: "medium" } },
      tools: Object.fromEntries(
        tools.map(({ name, parameters, run }) => [
          name,
          tool({
            inputSchema: jsonSchema<Arguments>(parameters),
            execute: (args) => run(args),
          }),
        ]),
      ),
    };
    return stream ? await streamText(ask).text : (await generateText(ask)).text;
  },
};
