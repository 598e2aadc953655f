/**
 * Clients of every dialect that read an answer with their own SDK, for replays.
 *
 * @module
 */

import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import type { ClientDialect } from "@llm-proxy/core";
import {
  anthropicClient,
  geminiClient,
  openAiChatClient,
  openAiResponsesClient,
} from "@llm-proxy/core/dialects";
import OpenAI from "openai";
import {
  ofChatStream,
  ofCompletion,
  ofGenerated,
  ofMessage,
  ofResponse,
  type Summary,
} from "./_summary.ts";

/** Where and what is asked. */
export interface Asking {
  /** Where the SDK's own paths begin. */
  readonly url: string;
  readonly model: string;
  readonly stream: boolean;
}

/** A client of one dialect. */
export interface ReplayClient {
  readonly name: string;
  readonly dialect: ClientDialect;
  /** Asks and reads with the dialect's SDK. */
  read(asking: Asking): Promise<Summary>;
  /** The same question without an SDK. */
  request(asking: Asking): Request;
  /** What only a stream has that has come to its proper end. */
  readonly ending: RegExp;
}

const QUESTION = { role: "user" as const, content: "What's the weather?" };
const UNUSED = { apiKey: "unused", maxRetries: 0 } as const;

function post(url: string, body: object): Request {
  return new Request(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const chat: ReplayClient = {
  name: "Chat",
  dialect: openAiChatClient,
  async read({ url, model, stream }) {
    const { chat } = new OpenAI({ baseURL: `${url}/v1`, ...UNUSED });
    const ask = { model, messages: [QUESTION] };
    if (!stream) return ofCompletion(await chat.completions.create(ask));
    return await ofChatStream(
      await chat.completions.create({
        ...ask,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
  },
  request: ({ url, model, stream }) =>
    post(`${url}/v1/chat/completions`, { model, stream, messages: [QUESTION] }),
  ending: /\[DONE\]|"finish_reason":\s*"/,
};

const responses: ReplayClient = {
  name: "Responses",
  dialect: openAiResponsesClient,
  async read({ url, model, stream }) {
    const { responses } = new OpenAI({ baseURL: `${url}/v1`, ...UNUSED });
    const ask = { model, input: QUESTION.content, store: false };
    if (!stream) return ofResponse(await responses.create(ask));
    const events = await Array.fromAsync(
      await responses.create({ ...ask, stream: true }),
    );
    const last = events.at(-1);
    if (last === undefined || !("response" in last)) {
      throw new Error(`no last response: ${JSON.stringify(last)}`);
    }
    return ofResponse(last.response);
  },
  request: ({ url, model, stream }) =>
    post(`${url}/v1/responses`, { model, stream, input: QUESTION.content }),
  ending: /"response\.(?:completed|incomplete)"/,
};

const messages: ReplayClient = {
  name: "Messages",
  dialect: anthropicClient,
  async read({ url, model, stream }) {
    const { messages } = new Anthropic({
      baseURL: url,
      authToken: null,
      ...UNUSED,
    });
    const ask = { model, max_tokens: 16, messages: [QUESTION] };
    return ofMessage(
      stream
        ? await messages.stream(ask).finalMessage()
        : await messages.create(ask),
    );
  },
  request: ({ url, model, stream }) =>
    post(`${url}/v1/messages`, {
      model,
      stream,
      max_tokens: 16,
      messages: [QUESTION],
    }),
  ending: /"message_stop"|"stop_reason":\s*"/,
};

const gemini: ReplayClient = {
  name: "Gemini",
  dialect: geminiClient,
  async read({ url, model, stream }) {
    const { models } = new GoogleGenAI({
      apiKey: "unused",
      httpOptions: { baseUrl: url, apiVersion: "v1beta" },
    });
    const ask = { model, contents: QUESTION.content };
    return ofGenerated(
      stream
        ? await Array.fromAsync(await models.generateContentStream(ask))
        : [await models.generateContent(ask)],
    );
  },
  request: ({ url, model, stream }) =>
    post(
      `${url}/v1beta/models/${model}:${
        stream ? "streamGenerateContent?alt=sse" : "generateContent"
      }`,
      { contents: [{ parts: [{ text: QUESTION.content }] }] },
    ),
  ending: /"finishReason":\s*"/,
};

/** One client of each dialect. */
export const CLIENTS: readonly ReplayClient[] = [
  chat,
  responses,
  messages,
  gemini,
];
