import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ClientDialect } from "./dialect.ts";
import { anthropicClient } from "./dialects/anthropic/client.ts";
import { geminiClient } from "./dialects/gemini/client.ts";
import { openAiChatClient } from "./dialects/openai_chat/client.ts";
import { openAiResponsesClient } from "./dialects/openai_responses/client.ts";
import { parseJsonDocument } from "./json_document.ts";
import { LossReport } from "./loss_report.ts";
import type { DialectName } from "./provider.ts";
import { ProviderFactory } from "./provider_factory.ts";
import { SseParser } from "./sse_parser.ts";
import { translateConversation, type Translation } from "./translation.ts";
import "./dialects/mod.ts";

const encoder = new TextEncoder();
const USER = { role: "user", content: "How are you?" };

/** The same request as each client asks it. */
const CLIENTS: readonly (readonly [ClientDialect, object])[] = [
  [openAiChatClient, { messages: [USER] }],
  [anthropicClient, { messages: [USER], max_tokens: 64 }],
  [openAiResponsesClient, { input: "How are you?" }],
  [geminiClient, { contents: [{ parts: [{ text: "How are you?" }] }] }],
];

/** One provider of each dialect, with the same answer as it gives it. */
const PROVIDERS: Readonly<
  Record<DialectName, {
    readonly type: string;
    readonly whole: object;
    readonly stream: readonly object[];
    /** The types of the stream's events, where its framing names them. */
    readonly names?: readonly string[];
    /** The model that is told where the answer names none. */
    readonly model?: string;
  }>
> = {
  openai_chat: {
    type: "groq",
    whole: {
      ...chat("chat.completion"),
      choices: [{
        index: 0,
        message: { role: "assistant", content: "Quite well" },
        finish_reason: "stop",
      }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    },
    stream: [
      { ...chat("chat.completion.chunk"), choices: [delta("Quite ")] },
      { ...chat("chat.completion.chunk"), choices: [delta("well", "stop")] },
      {
        ...chat("chat.completion.chunk"),
        choices: [],
        usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
      },
    ],
  },
  anthropic: {
    type: "anthropic",
    whole: message([{ type: "text", text: "Quite well" }], "end_turn"),
    stream: [
      { type: "message_start", message: message([], null) },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "text", text: "" },
      },
      ...["Quite ", "well"].map((text) => ({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text },
      })),
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 2 },
      },
      { type: "message_stop" },
    ],
  },
  gemini: {
    type: "gemini",
    whole: generated("Quite well", "STOP"),
    stream: [generated("Quite "), generated("well", "STOP")],
  },
  vertex: {
    type: "vertex",
    whole: generated("Quite well", "STOP"),
    stream: [generated("Quite "), generated("well", "STOP")],
  },
  cohere: {
    type: "cohere",
    model: "m",
    whole: {
      id: "c1",
      message: {
        role: "assistant",
        content: [{ type: "text", text: "Quite well" }],
      },
      finish_reason: "COMPLETE",
      usage: { tokens: { input_tokens: 3, output_tokens: 2 } },
    },
    stream: [
      { type: "message-start", id: "c1" },
      said("content-start", { type: "text", text: "" }),
      said("content-delta", { text: "Quite " }),
      said("content-delta", { text: "well" }),
      { type: "content-end", index: 0 },
      {
        type: "message-end",
        delta: {
          finish_reason: "COMPLETE",
          usage: { tokens: { input_tokens: 3, output_tokens: 2 } },
        },
      },
    ],
  },
  ollama: {
    type: "ollama",
    whole: line("Quite well", true),
    stream: [line("Quite "), line("well"), line("", true)],
  },
  bedrock: {
    type: "bedrock",
    model: "m",
    whole: {
      output: {
        message: { role: "assistant", content: [{ text: "Quite well" }] },
      },
      stopReason: "end_turn",
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
    },
    names: [
      "messageStart",
      "contentBlockDelta",
      "contentBlockDelta",
      "contentBlockStop",
      "messageStop",
      "metadata",
    ],
    stream: [
      { role: "assistant" },
      ...["Quite ", "well"].map((text) => ({
        contentBlockIndex: 0,
        delta: { text },
      })),
      { contentBlockIndex: 0 },
      { stopReason: "end_turn" },
      { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } },
    ],
  },
};

function said(type: string, content: object): object {
  return { type, index: 0, delta: { message: { content } } };
}

function line(content: string, done = false): object {
  return {
    model: "m-1",
    message: { role: "assistant", content },
    done,
    ...(done &&
      { done_reason: "stop", prompt_eval_count: 3, eval_count: 2 }),
  };
}

function chat(object: string): object {
  return { id: "chatcmpl-1", object, created: 1, model: "m-1" };
}

function delta(content: string, finish: string | null = null): object {
  return { index: 0, delta: { content }, finish_reason: finish };
}

function message(content: readonly object[], reason: string | null): object {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "m-1",
    content,
    stop_reason: reason,
    stop_sequence: null,
    usage: { input_tokens: 3, output_tokens: 2 },
  };
}

function generated(text: string, finishReason?: string): object {
  return {
    candidates: [{
      content: { role: "model", parts: [{ text }] },
      ...(finishReason && { finishReason }),
    }],
    usageMetadata: {
      promptTokenCount: 3,
      candidatesTokenCount: 2,
      totalTokenCount: 5,
    },
    modelVersion: "m-1",
    responseId: "r1",
  };
}

/** The texts in an answer, wherever they stand in it. */
function textsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string"
      ? key === "text" || key === "content" ? [inner] : []
      : textsOf(inner)
  );
}

/** What the deltas of a stream say. */
function streamedText(body: string): string {
  let text = "";
  for (const { data } of new SseParser().push(encoder.encode(body))) {
    if (data === "[DONE]") continue;
    const event = JSON.parse(data);
    const told = event.delta ?? event.choices?.[0]?.delta ??
      event.candidates?.[0].content?.parts[0] ?? {};
    text += typeof told === "string" ? told : told.content ?? told.text ?? "";
  }
  return text;
}

function readStream(
  translation: Translation,
  { stream: events, names, model = "m-1" }: typeof PROVIDERS[DialectName],
): { readonly text: string; readonly usage: unknown } {
  const stream = translation.stream();
  let text = "";
  for (const [index, event] of events.entries()) {
    const name = names?.[index] ?? "";
    text += stream.push({ event: name, data: JSON.stringify(event) });
  }
  if ("choices" in (events[0] ?? {})) {
    text += stream.push({ event: "", data: "[DONE]" });
  }
  text += stream.end();
  assert(stream.done);
  assertEquals([stream.finish, stream.model], ["stop", model]);
  return { text, usage: stream.usage };
}

for (const [client, request] of CLIENTS) {
  for (const [dialect, fixture] of Object.entries(PROVIDERS)) {
    const { type, whole, model = "m-1" } = fixture;
    Deno.test(`translateConversation() carries ${client.name} to ${dialect} and back`, () => {
      const factory = new ProviderFactory();
      const provider = factory.create({
        name: "p",
        type,
        aws: { region: "us-east-1" },
        google: { project: "p" },
      });
      factory.close();
      const go = (isStream: boolean, includeUsage = false) =>
        translateConversation(
          parseJsonDocument(encoder.encode(
            JSON.stringify({ model: "p/m", stream: isStream, ...request }),
          )),
          {
            client,
            deployment: { provider, model: "m" },
            stream: isStream,
            includeUsage,
            losses: new LossReport(),
          },
        );
      const translation = go(false);
      assertStringIncludes(translation.request.body, "How are you?");
      assert(!translation.request.body.includes("p/m"));
      if (dialect === "gemini") {
        assertEquals(translation.request.path, "/models/m:generateContent");
      }
      const answer = translation.answer(encoder.encode(JSON.stringify(whole)));
      assertEquals(textsOf(JSON.parse(answer.body)), ["Quite well"]);
      assertEquals([answer.finish, answer.model], ["stop", model]);
      assertEquals(answer.usage?.total, 5);

      const streaming = go(true);
      const { body, path } = streaming.request;
      assert(/"stream":true/.test(body) || path.includes("stream"));
      const read = readStream(streaming, fixture);
      assertEquals(streamedText(read.text), "Quite well");
      assertEquals(read.usage, answer.usage);
    });
  }
}

Deno.test("translateConversation() passes the bytes of a client to a provider of its dialect", () => {
  const factory = new ProviderFactory();
  for (
    const [client, type, members] of [
      [openAiChatClient, "groq", ""],
      [anthropicClient, "anthropic", `,"max_tokens":64`],
      [geminiClient, "gemini", `,"contents":[{"parts":[{"text":"x"}]}]`],
    ] as const
  ) {
    const provider = factory.create({ name: "p", type });
    const text = `{ "model":"p/m","odd" : 1.50${members},` +
      `"messages":[${JSON.stringify(USER)}]}`;
    const losses = new LossReport();
    const { request } = translateConversation(
      parseJsonDocument(encoder.encode(text)),
      {
        client,
        deployment: { provider, model: "m" },
        stream: false,
        includeUsage: false,
        losses,
      },
    );
    // Google's models stand in a collection.
    const model = type === "gemini" ? "models/m" : "m";
    assertEquals(request.body, text.replace("p/m", model));
    assert(losses.empty);
  }
  factory.close();
});

Deno.test("C40: the caller's beta features go with what passes", () => {
  const factory = new ProviderFactory();
  const provider = factory.create({ name: "p", type: "anthropic" });
  factory.close();
  const { request } = translateConversation(
    parseJsonDocument(encoder.encode(
      JSON.stringify({ model: "p/m", max_tokens: 9, messages: [USER] }),
    )),
    {
      client: anthropicClient,
      deployment: { provider, model: "m" },
      stream: false,
      includeUsage: false,
      losses: new LossReport(),
      header: (name) => name === "anthropic-beta" ? "files-1" : undefined,
    },
  );
  assertEquals(request.headers["anthropic-beta"], "files-1");
});
