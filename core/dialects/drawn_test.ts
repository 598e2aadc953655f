import { assert, assertEquals } from "@std/assert";
import { AnswerCollector } from "../answer_collector.ts";
import { answerEvents } from "../answer_events.ts";
import type { Answer } from "../answer.ts";
import type { ClientDialect, ProviderDialect } from "../dialect.ts";
import { LossReport } from "../loss_report.ts";
import { SseParser } from "../sse_parser.ts";
import { anthropicClient } from "./anthropic/client.ts";
import { bedrockProvider } from "./bedrock/provider.ts";
import { geminiClient } from "./gemini/client.ts";
import { geminiProvider } from "./gemini/dialect.ts";
import { openAiChatClient } from "./openai_chat/client.ts";
import { openAiChatProvider } from "./openai_chat/provider.ts";
import { openAiResponsesClient } from "./openai_responses/client.ts";
import { openAiResponsesProvider } from "./openai_responses/provider.ts";

type Json = Record<string, unknown>;

const DATA = "iVBORw0KGgo=";
const PICTURE = { type: "image", data: DATA, mediaType: "image/png" } as const;
const HERE = { type: "text", text: "Here: " } as const;
const ANSWER: Answer = {
  id: "1",
  model: "m",
  parts: [HERE, PICTURE],
  finish: "stop",
};
const encoder = new TextEncoder();

/** What each provider tells of words and a picture, whole, and as the events of a stream. */
const PROVIDERS:
  readonly (readonly [ProviderDialect, Json, readonly Json[]])[] = [
    [
      geminiProvider,
      gemini([{ text: "Here: " }, {
        inlineData: { mimeType: "image/png", data: DATA },
      }], "STOP"),
      [
        gemini([{ text: "Here: " }]),
        gemini([{ inlineData: { mimeType: "image/png", data: DATA } }]),
        gemini([{ text: "" }], "STOP"),
      ],
    ],
    [
      openAiChatProvider,
      {
        id: "1",
        model: "m",
        choices: [{
          message: { content: "Here: ", images: [shown(DATA)] },
          finish_reason: "stop",
        }],
      },
      [
        chunk({ content: "Here: " }),
        chunk({ images: [shown(DATA)] }),
        chunk({}, "stop"),
      ],
    ],
    [
      openAiResponsesProvider,
      response([message(), drawn()]),
      [
        { type: "response.created", response: response([], "in_progress") },
        {
          type: "response.output_text.delta",
          output_index: 0,
          content_index: 0,
          delta: "Here: ",
        },
        {
          type: "response.output_item.done",
          output_index: 0,
          item: message(),
        },
        {
          type: "response.output_item.added",
          output_index: 1,
          item: { ...drawn(), status: "in_progress", result: null },
        },
        {
          type: "response.image_generation_call.partial_image",
          output_index: 1,
          partial_image_b64: "AA",
        },
        { type: "response.output_item.done", output_index: 1, item: drawn() },
        { type: "response.completed", response: response([]) },
      ],
    ],
  ];

for (const [provider, whole, stream] of PROVIDERS) {
  Deno.test(`D30: pictures that ${provider.name} models draw are pictures, whole and streamed`, () => {
    const losses = new LossReport();
    const told = provider.decodeAnswer(encode(whole), losses);
    assertEquals(told.parts, ANSWER.parts);
    const decoder = provider.streamDecoder(losses, { streamEnd: "finish" });
    const collector = new AnswerCollector();
    for (const event of stream) {
      decoder.push({
        event: `${event.type ?? ""}`,
        data: JSON.stringify(event),
      })
        .forEach((event) => collector.push(event));
    }
    if (!decoder.done) decoder.end().forEach((event) => collector.push(event));
    assertEquals(collector.answer?.parts, ANSWER.parts);
    assert(losses.empty, losses.toString());
  });
}

Deno.test("D30: a picture of Bedrock's is one, too", () => {
  const content = [{ text: "Here: " }, {
    image: { format: "png", source: { bytes: DATA } },
  }];
  const body = { output: { message: { content } }, stopReason: "end_turn" };
  assertEquals(bedrockProvider.decodeAnswer(encode(body)).parts, ANSWER.parts);
});

const CLIENTS: readonly (readonly [ClientDialect, Json])[] = [
  [openAiChatClient, shown(DATA)],
  [openAiResponsesClient, {
    type: "image_generation_call",
    status: "completed",
    result: DATA,
  }],
  [geminiClient, { mimeType: "image/png", data: DATA }],
];

for (const [client, expected] of CLIENTS) {
  Deno.test(`D30: ${client.name} clients are shown pictures, whole and streamed, and never as text`, () => {
    const losses = new LossReport();
    const whole = JSON.parse(client.encodeAnswer(ANSWER, losses));
    assert(holds(whole, expected), JSON.stringify(whole));
    const stream = client.streamEncoder({ includeUsage: false }, losses);
    const text = [...answerEvents(ANSWER)].map((event) => stream.push(event))
      .join("");
    const events = [...new SseParser().push(encoder.encode(text))]
      .filter(({ data }) => data !== "[DONE]")
      .map(({ data }) => JSON.parse(data));
    assert(holds(events, expected), text);
    assert(losses.empty, losses.toString());
  });
}

Deno.test("D30: Messages clients, whose dialect has no place for one, are told of the loss", () => {
  const losses = new LossReport();
  const { content } = JSON.parse(anthropicClient.encodeAnswer(ANSWER, losses));
  assertEquals(content, [HERE]);
  assertEquals(losses.toString(), "dropped: answer.image (anthropic)");
  const streamed = new LossReport();
  const stream = anthropicClient.streamEncoder(
    { includeUsage: false },
    streamed,
  );
  const text = [...answerEvents(ANSWER)].map((event) => stream.push(event))
    .join("");
  assert(!text.includes(DATA));
  assertEquals(streamed.toString(), losses.toString());
});

function gemini(parts: unknown[], finishReason?: string): Json {
  return { candidates: [{ content: { role: "model", parts }, finishReason }] };
}

function shown(data: string): Json {
  const url = `data:image/png;base64,${data}`;
  return { type: "image_url", image_url: { url }, index: 0 };
}

function chunk(delta: Json, finish: string | null = null): Json {
  return { id: "1", model: "m", choices: [{ delta, finish_reason: finish }] };
}

function response(output: unknown[], status = "completed"): Json {
  return { id: "resp_1", object: "response", model: "m", status, output };
}

function message(): Json {
  const content = [{ type: "output_text", text: "Here: ", annotations: [] }];
  return { type: "message", id: "msg_1", content };
}

function drawn(): Json {
  return {
    type: "image_generation_call",
    id: "ig_1",
    status: "completed",
    result: DATA,
  };
}

function encode(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** Whether a value holds an object with at least these members, at any depth. */
function holds(value: unknown, wanted: Json): boolean {
  if (typeof value !== "object" || value === null) return false;
  const fits = Object.entries(wanted).every(([key, member]) =>
    JSON.stringify((value as Json)[key]) === JSON.stringify(member)
  );
  return fits || Object.values(value).some((member) => holds(member, wanted));
}
