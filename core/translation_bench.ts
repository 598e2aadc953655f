import type { ClientDialect } from "./dialect.ts";
import { anthropicClient } from "./dialects/anthropic/client.ts";
import { geminiClient } from "./dialects/gemini/client.ts";
import { openAiChatClient } from "./dialects/openai_chat/client.ts";
import { openAiResponsesClient } from "./dialects/openai_responses/client.ts";
import { parseJsonDocument } from "./json_document.ts";
import { LossReport } from "./loss_report.ts";
import { ProviderFactory } from "./provider_factory.ts";
import { translateConversation, type Translation } from "./translation.ts";
import "./dialects/mod.ts";

const EVENTS = 100;
const TEXT = "How warm is it in Rome, and how warm will it be tomorrow?";
const SYSTEM = "You are brief and friendly.";
const encoder = new TextEncoder();

/** A small question with one tool, as each client asks it. */
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string", description: "Where" } },
  required: ["city"],
};
const TOOL = { name: "weather", description: "Tells the weather" };
const CLIENTS: readonly (readonly [ClientDialect, object])[] = [
  [openAiChatClient, {
    model: "m",
    messages: [
      { role: "system", content: SYSTEM },
      { role: "user", content: TEXT },
    ],
    tools: [{ type: "function", function: { ...TOOL, parameters: SCHEMA } }],
    max_completion_tokens: 1000,
    temperature: 0.5,
  }],
  [anthropicClient, {
    model: "m",
    system: SYSTEM,
    messages: [{ role: "user", content: TEXT }],
    tools: [{ ...TOOL, input_schema: SCHEMA }],
    max_tokens: 1000,
    temperature: 0.5,
  }],
  [openAiResponsesClient, {
    model: "m",
    instructions: SYSTEM,
    input: TEXT,
    tools: [{ type: "function", ...TOOL, parameters: SCHEMA }],
    max_output_tokens: 1000,
    temperature: 0.5,
  }],
  [geminiClient, {
    systemInstruction: { parts: [{ text: SYSTEM }] },
    contents: [{ role: "user", parts: [{ text: TEXT }] }],
    tools: [{ functionDeclarations: [{ ...TOOL, parameters: SCHEMA }] }],
    generationConfig: { maxOutputTokens: 1000, temperature: 0.5 },
  }],
];

/** The events of a text, as each provider streams it. */
const STREAMS: Readonly<
  Record<string, { readonly start: string[]; readonly piece: string }>
> = {
  groq: {
    start: [],
    piece:
      `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m","choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}]}`,
  },
  anthropic: {
    start: [
      `{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":3,"output_tokens":1}}}`,
      `{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
    ],
    piece:
      `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" hello"}}`,
  },
  gemini: {
    start: [],
    piece:
      `{"candidates":[{"content":{"parts":[{"text":" hello"}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5},"modelVersion":"m","responseId":"r1"}`,
  },
};

const factory = new ProviderFactory();
for (const [client, request] of CLIENTS) {
  const document = parseJsonDocument(encoder.encode(JSON.stringify(request)));
  for (const [type, { start, piece }] of Object.entries(STREAMS)) {
    const provider = factory.create({
      name: `${client.name}-${type}`,
      type: type as "groq",
    });
    const translate = (stream: boolean): Translation =>
      translateConversation(document, {
        client,
        deployment: { provider, model: "m" },
        stream,
        includeUsage: true,
        losses: new LossReport(),
      });
    Deno.bench(
      `a request of ${client.name} for ${type}`,
      { group: "small requests" },
      () => void translate(false),
    );
    const translation = translate(true);
    const events = [...start, ...Array(EVENTS).fill(piece)]
      .map((data: string) => ({ event: "", data }));
    Deno.bench(
      `${EVENTS} events of ${type} for ${client.name}`,
      { group: "streamed events" },
      () => {
        const stream = translation.stream();
        for (const event of events) stream.push(event);
      },
    );
  }
}
factory.close();
