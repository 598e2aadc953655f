/**
 * The recordings by the dialect of their providers, each with its provider's
 * own SDK as the measure of what it says.
 *
 * @module
 */

import type { ProviderDialect } from "@llm-proxy/core";
import {
  anthropicProvider,
  geminiProvider,
  openAiChatProvider,
  openAiResponsesProvider,
} from "@llm-proxy/core/dialects";
import { loadRecordings, type Recording } from "./_recordings.ts";
import { CLIENTS, type ReplayClient } from "./_replay_clients.ts";

/** Recordings of one dialect. */
export interface Family {
  readonly name: string;
  readonly recordings: readonly Recording[];
  /** The provider's entry in the config, without its `base_url`. */
  readonly entry: string;
  /** Its name there. */
  readonly provider: string;
  readonly dialect: ProviderDialect;
  /** Whose SDK reads a recording as it is. */
  readonly own: ReplayClient;
  /** What the stream's proper end starts with. */
  readonly terminator: string;
  /** A failure that the provider tells in a stream. */
  readonly failure: string;
}

function client(name: string): ReplayClient {
  const found = CLIENTS.find((client) => client.name === name);
  if (found === undefined) throw new Error(`no client ${name}`);
  return found;
}

async function load(wanted: (url: string) => boolean): Promise<Recording[]> {
  const recordings = await loadRecordings(wanted);
  return recordings.filter(({ status }) => status === 200);
}

/** OpenAI's own and every compatible provider's. */
const chat: Family = {
  name: "Chat",
  recordings: await load((url) => url.endsWith("/chat/completions")),
  entry: "name: chat, type: openai_compatible",
  provider: "chat",
  dialect: openAiChatProvider,
  own: client("Chat"),
  terminator: "data: [DONE]",
  failure: `data: {"error":{"message":"Overloaded","code":503}}\n\n`,
};

/** OpenAI's and Azure's. */
const responses: Family = {
  name: "Responses",
  recordings: await load((url) => url.endsWith("/responses")),
  entry:
    "name: oa, type: openai, api_key: replayed-key-0000, wire_api: responses",
  provider: "oa",
  dialect: openAiResponsesProvider,
  own: client("Responses"),
  terminator: "event: response.completed",
  failure:
    `event: error\ndata: {"type":"error","code":"server_error","message":"Overloaded","param":null}\n\n`,
};

/** Anthropic's, Vertex AI's form of it included. */
const anthropic: Family = {
  name: "Anthropic",
  recordings: await load((url) =>
    url.startsWith("https://api.anthropic.com/v1/messages") ||
    /:(?:streamR|r)awPredict$/.test(url)
  ),
  entry: "name: claude, type: anthropic, api_key: replayed-key-0000",
  provider: "claude",
  dialect: anthropicProvider,
  own: client("Messages"),
  terminator: "event: message_stop",
  failure:
    `event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`,
};

/** Google's, Vertex AI's form of it included. */
const gemini: Family = {
  name: "Gemini",
  recordings: await load((url) =>
    /googleapis\.com\/.*:(?:stream)?generateContent/i.test(url)
  ),
  entry: "name: gemini, type: gemini, api_key: replayed-key-0000",
  provider: "gemini",
  dialect: geminiProvider,
  own: client("Gemini"),
  terminator: '"finishReason"',
  failure:
    `data: {"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}\r\n\r\n`,
};

/** One for each dialect of providers. */
export const FAMILIES: readonly Family[] = [chat, responses, anthropic, gemini];
