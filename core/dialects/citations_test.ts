import { assert, assertEquals } from "@std/assert";
import { AnswerCollector } from "../answer_collector.ts";
import { answerEvents } from "../answer_events.ts";
import type { Citation } from "../citation.ts";
import type { ClientDialect, ProviderDialect } from "../dialect.ts";
import { LossReport } from "../loss_report.ts";
import { SseParser } from "../sse_parser.ts";
import { anthropicClient } from "./anthropic/client.ts";
import { anthropicProvider } from "./anthropic/dialect.ts";
import { bedrockProvider } from "./bedrock/provider.ts";
import { cohereProvider } from "./cohere/dialect.ts";
import { geminiClient } from "./gemini/client.ts";
import { geminiProvider } from "./gemini/dialect.ts";
import { openAiChatClient } from "./openai_chat/client.ts";
import { openAiChatProvider } from "./openai_chat/provider.ts";
import { openAiResponsesClient } from "./openai_responses/client.ts";
import { openAiResponsesProvider } from "./openai_responses/provider.ts";

type Json = Record<string, unknown>;

/** Three bytes in UTF-8 and one unit in UTF-16, so that ranges show their unit. */
const TEXT = "日本 is in Asia";
const SOURCE = { url: "https://a.example/japan", title: "Japan" };
const RANGE = { start: 6, end: 13 };
const QUOTE = "An island country";

const NESTED = {
  type: "url_citation",
  url_citation: { ...SOURCE, start_index: 6, end_index: 13 },
};
const FLAT = {
  type: "url_citation",
  ...SOURCE,
  start_index: 6,
  end_index: 13,
};
const GROUNDING = {
  groundingChunks: [{ web: { uri: SOURCE.url, title: SOURCE.title } }],
  groundingSupports: [{
    segment: { startIndex: 10, endIndex: 17, text: "in Asia" },
    groundingChunkIndices: [0],
  }],
};
const FOUND = {
  type: "web_search_result_location",
  ...SOURCE,
  cited_text: QUOTE,
  encrypted_index: "e",
};
const LOCATED = {
  title: SOURCE.title,
  location: { web: { url: SOURCE.url, domain: "a.example" } },
  sourceContent: [{ text: QUOTE }],
};
const COHERE = {
  ...RANGE,
  text: "in Asia",
  sources: [{ type: "document", id: "1", document: SOURCE }],
};

const response = (output: unknown[], status = "completed"): Json => ({
  id: "resp_1",
  object: "response",
  model: "m",
  status,
  output,
});
const outputText = (annotations: unknown[]): Json => ({
  type: "message",
  id: "msg_1",
  content: [{ type: "output_text", text: TEXT, annotations }],
});
const place = { item_id: "msg_1", output_index: 0, content_index: 0 };

/** What each provider says, whole and streamed, and what of the source it tells. */
const PROVIDERS: readonly (readonly [
  ProviderDialect,
  { whole: Json; stream: readonly Json[]; told: Citation },
])[] = [
  [openAiChatProvider, {
    whole: {
      id: "1",
      model: "m",
      choices: [{
        message: { content: TEXT, annotations: [NESTED] },
        finish_reason: "stop",
      }],
    },
    stream: [
      { id: "1", model: "m", choices: [{ delta: { content: TEXT } }] },
      { id: "1", choices: [{ delta: { annotations: [NESTED] } }] },
      { id: "1", choices: [{ delta: {}, finish_reason: "stop" }] },
    ],
    told: { ...SOURCE, ...RANGE },
  }],
  [openAiResponsesProvider, {
    whole: response([outputText([FLAT])]),
    stream: [
      { type: "response.created", response: response([], "in_progress") },
      { type: "response.output_text.delta", ...place, delta: TEXT },
      {
        type: "response.output_text.annotation.added",
        ...place,
        annotation_index: 0,
        annotation: FLAT,
      },
      { type: "response.output_text.done", ...place, text: TEXT },
      {
        type: "response.completed",
        response: response([outputText([FLAT])]),
      },
    ],
    told: { ...SOURCE, ...RANGE },
  }],
  [anthropicProvider, {
    whole: {
      id: "msg_1",
      type: "message",
      model: "m",
      content: [{ type: "text", text: TEXT, citations: [FOUND] }],
      stop_reason: "end_turn",
    },
    stream: [
      { type: "message_start", message: { id: "msg_1", model: "m" } },
      {
        type: "content_block_start",
        index: 0,
        content_block: { type: "text", text: "", citations: [] },
      },
      {
        type: "content_block_delta",
        index: 0,
        delta: { type: "citations_delta", citation: FOUND },
      },
      {
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text: TEXT },
      },
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn" } },
      { type: "message_stop" },
    ],
    told: { ...SOURCE, quote: QUOTE },
  }],
  [geminiProvider, {
    whole: {
      candidates: [{
        content: { parts: [{ text: TEXT }] },
        finishReason: "STOP",
        groundingMetadata: GROUNDING,
      }],
    },
    stream: [
      { candidates: [{ content: { parts: [{ text: TEXT.slice(0, 4) }] } }] },
      {
        candidates: [{
          content: { parts: [{ text: TEXT.slice(4) }] },
          finishReason: "STOP",
          groundingMetadata: GROUNDING,
        }],
      },
    ],
    told: { ...SOURCE, ...RANGE },
  }],
  [bedrockProvider, {
    whole: {
      output: {
        message: {
          content: [{
            citationsContent: {
              content: [{ text: TEXT }],
              citations: [LOCATED],
            },
          }],
        },
      },
      stopReason: "end_turn",
    },
    stream: [
      { messageStart: { role: "assistant" } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: TEXT } } },
      {
        contentBlockDelta: {
          contentBlockIndex: 0,
          delta: { citation: LOCATED },
        },
      },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: "end_turn" } },
      { metadata: { usage: { inputTokens: 1, outputTokens: 1 } } },
    ],
    told: { ...SOURCE, quote: QUOTE },
  }],
  [cohereProvider, {
    whole: {
      id: "1",
      message: {
        content: [{ type: "text", text: TEXT }],
        citations: [COHERE],
      },
      finish_reason: "COMPLETE",
    },
    stream: [
      { type: "message-start", id: "1" },
      {
        type: "content-start",
        delta: { message: { content: { type: "text", text: "" } } },
      },
      {
        type: "content-delta",
        delta: { message: { content: { text: TEXT } } },
      },
      { type: "content-end" },
      { type: "citation-start", delta: { message: { citations: COHERE } } },
      { type: "citation-end" },
      { type: "message-end", delta: { finish_reason: "COMPLETE" } },
    ],
    told: { ...SOURCE, ...RANGE },
  }],
];

const encoder = new TextEncoder();
const BEDROCK = (event: Json) => Object.entries(event)[0]!;

for (const [provider, { whole, stream, told }] of PROVIDERS) {
  Deno.test(`D32, G12: ${provider.name} answers keep the sources of their text, whole and streamed`, () => {
    const losses = new LossReport();
    const parts = [{ type: "text" as const, text: TEXT, citations: [told] }];
    const body = encoder.encode(JSON.stringify(whole));
    assertEquals(provider.decodeAnswer(body, losses).parts, parts);
    const decoder = provider.streamDecoder(losses, { streamEnd: "finish" });
    const collector = new AnswerCollector();
    for (const event of stream) {
      const [name, value] = provider === bedrockProvider
        ? BEDROCK(event)
        : [`${event.type ?? ""}`, event];
      decoder.push({ event: name, data: JSON.stringify(value) })
        .forEach((event) => collector.push(event));
    }
    if (!decoder.done) decoder.end().forEach((event) => collector.push(event));
    assertEquals(collector.answer?.parts, parts);
    assert(losses.empty, losses.toString());
  });
}

const CITED = {
  id: "1",
  model: "m",
  parts: [
    { type: "text", text: "Well: " },
    { type: "text", text: TEXT, citations: [{ ...SOURCE, ...RANGE }] },
  ],
  finish: "stop",
} as const;

/** What clients find of the source in what they are sent. */
const CLIENTS: readonly (readonly [ClientDialect, expected: Json])[] = [
  // Chat counts in the whole content.
  [openAiChatClient, { ...SOURCE, start_index: 12, end_index: 19 }],
  [openAiResponsesClient, { ...SOURCE, start_index: 6, end_index: 13 }],
  [anthropicClient, SOURCE],
  [geminiClient, { startIndex: 16, endIndex: 23, text: "in Asia" }],
];

for (const [client, expected] of CLIENTS) {
  Deno.test(`D32: ${client.name} clients are told of the sources of a text, whole and streamed`, () => {
    const losses = new LossReport();
    const whole: Json = JSON.parse(client.encodeAnswer(CITED, losses));
    assert(has(whole, expected), JSON.stringify(whole));
    const encoder = client.streamEncoder({ includeUsage: false }, losses);
    const text = [...answerEvents(CITED)].map((event) => encoder.push(event))
      .join("");
    const told = [...new SseParser().push(new TextEncoder().encode(text))]
      .filter(({ data }) => data !== "[DONE]")
      .map(({ data }) => JSON.parse(data));
    assert(has(told, expected), text);
    assert(losses.empty, losses.toString());
  });
}

/** Whether a value holds an object with at least these members, at any depth. */
function has(value: unknown, wanted: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fits = Object.entries(wanted).every(([key, member]) =>
    (value as Json)[key] === member
  );
  return fits || Object.values(value).some((member) => has(member, wanted));
}

Deno.test("D32: ranges that lie outside of the text, or within a character, are left out, however many", () => {
  const support = (startIndex: number, endIndex: number) => ({
    segment: { startIndex, endIndex },
    groundingChunkIndices: [0],
  });
  const groundingSupports = [
    support(0, 6),
    support(1, 6),
    support(-4, 2),
    support(0, 1e9),
    ...Array.from({ length: 10_000 }, (_, at) => support(at, at)),
  ];
  const body = encoder.encode(JSON.stringify({
    candidates: [{
      content: { parts: [{ text: TEXT }] },
      finishReason: "STOP",
      groundingMetadata: { ...GROUNDING, groundingSupports },
    }],
  }));
  const [part] = geminiProvider.decodeAnswer(body).parts;
  const { citations = [] } = part?.type === "text" ? part : {};
  assertEquals(citations.slice(0, 2), [
    { ...SOURCE, start: 0, end: 2 },
    SOURCE,
  ]);
  assert(citations.length < 256);
});
