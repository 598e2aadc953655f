import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Answer, AnswerEvent, AnswerPart } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import {
  readEvents as anthropicEvents,
  readRecordings as anthropicRecordings,
} from "../anthropic/_test_recordings.ts";
import { AnthropicStreamDecoder } from "../anthropic/decode_stream.ts";
import { checkStream } from "./_test_check_stream.ts";
import { encodeEvents } from "./_test_events.ts";
import {
  hasRecordings,
  readRecordings,
  sseEvents,
} from "./_test_recordings.ts";
import { readAnswer, readStream, type SdkStream } from "./_test_sdk.ts";
import { decodeResponsesAnswer } from "./decode_answer.ts";
import { decodeResponsesRequest } from "./decode_request.ts";
import { ResponsesStreamDecoder } from "./decode_stream.ts";
import { encodeResponsesAnswer } from "./encode_answer.ts";
import { encodeResponsesRequest } from "./encode_request.ts";

const ignore = !hasRecordings();
const all = readRecordings();
const streams = all.filter(({ stream }) => stream);
const answers = all.filter(({ stream }) => !stream);

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Puts the events of a stream together, as the vocabulary has them. */
function assemble(events: readonly AnswerEvent[]): Answer {
  const parts: Record<string, unknown>[] = [];
  const answer: Record<string, unknown> = { parts };
  for (const event of events) {
    switch (event.type) {
      case "start":
        answer.id = event.id;
        answer.model = event.model;
        break;
      case "part_start": {
        const { type: _, part, kind, ...rest } = event;
        parts[part] = kind === "tool_call"
          ? { type: kind, ...rest, arguments: "" }
          : { type: kind, text: "", ...rest };
        break;
      }
      case "part_delta": {
        const part = parts[event.part]!;
        const key = "arguments" in part ? "arguments" : "text";
        part[key] = `${part[key]}${event.text}`;
        break;
      }
      case "part_end":
        if (event.signature) parts[event.part]!.signature = event.signature;
        if (event.citations) parts[event.part]!.citations = event.citations;
        break;
      case "usage":
        answer.usage = event.usage;
        break;
      case "finish":
        answer.finish = event.finish;
    }
  }
  return answer as unknown as Answer;
}

function decodeStream(body: string): readonly AnswerEvent[] {
  const decoder = new ResponsesStreamDecoder();
  const events = sseEvents(body).flatMap((event) => decoder.push(event));
  assert(decoder.done && decoder.end().length === 0);
  return events;
}

/** What a client sees of an answer. */
function seen(
  { output, output_text: text, usage, status }: SdkStream["answer"],
) {
  return {
    text,
    status,
    calls: output.flatMap((item) =>
      item.type === "function_call"
        ? [[item.call_id, item.name, item.arguments]]
        : []
    ),
    thought: output.flatMap((item) =>
      item.type === "reasoning" ? item.summary.map(({ text }) => text) : []
    ).join("\n\n"),
    counts: [
      usage?.input_tokens,
      usage?.input_tokens_details.cached_tokens,
      usage?.output_tokens,
      usage?.output_tokens_details.reasoning_tokens,
      usage?.total_tokens,
    ],
  };
}

Deno.test({
  name: "recorded streams say the same as their last events",
  ignore,
  fn() {
    for (const { name, body } of streams) {
      const last = JSON.parse(sseEvents(body).at(-1)!.data).response;
      const whole = decodeResponsesAnswer(bytes(JSON.stringify(last)));
      // Thought is encrypted anew for each event that tells it.
      assertEquals(
        JSON.stringify(assemble(decodeStream(body))).replace(
          /"redacted":"[^}]*}"/g,
          "",
        ),
        JSON.stringify({
          parts: whole.parts,
          id: whole.id,
          model: whole.model,
          usage: whole.usage,
          finish: whole.finish,
        }).replace(/"redacted":"[^}]*}"/g, ""),
        name,
      );
    }
  },
});

Deno.test({
  name: "recorded streams that are recoded are read by the SDK as before",
  ignore,
  async fn() {
    for (const { name, body } of streams) {
      const recoded = encodeEvents(decodeStream(body));
      checkStream(recoded);
      const [before, after] = [
        await readStream(body),
        await readStream(recoded),
      ];
      assertEquals(seen(after.answer), seen(before.answer), name);
    }
  },
});

Deno.test({
  name: "recorded answers that are recoded are read by the SDK as before",
  ignore,
  async fn() {
    for (const { name, body } of answers) {
      const recoded = encodeResponsesAnswer(decodeResponsesAnswer(bytes(body)));
      const [before, after] = [
        await readAnswer(body),
        await readAnswer(recoded),
      ];
      assertEquals(seen(after), seen(before), name);
    }
  },
});

Deno.test({
  name: "U6, L4: recorded streams that are cut at any event are errors",
  ignore,
  fn() {
    for (const { name, body } of streams) {
      const decoder = new ResponsesStreamDecoder();
      for (const event of sseEvents(body)) {
        const { code } = assertThrows(() => decoder.end(), UpstreamError);
        assertEquals(code, "upstream_stream_truncated", name);
        decoder.push(event);
      }
      assertEquals(decoder.end(), []);
    }
  },
});

/** What the parts of an answer say, as a client of this dialect sees it. */
function said(parts: readonly AnswerPart[]): ReturnType<typeof seen> {
  const texts = (kind: AnswerPart["type"]) =>
    parts.flatMap((part) =>
      part.type === kind && "text" in part && part.text !== ""
        ? [part.text]
        : []
    );
  return {
    text: texts("text").join(""),
    status: "completed",
    calls: parts.flatMap((part) =>
      part.type === "tool_call"
        ? [[part.id, part.name, part.arguments || "{}"]]
        : []
    ),
    thought: texts("reasoning").join("\n\n"),
    counts: [],
  };
}

Deno.test({
  name: "B29, N2: the SDK reads Anthropic's recorded streams as they are",
  ignore,
  async fn() {
    let count = 0;
    for (const { name, body } of anthropicRecordings()) {
      if (!body.startsWith("event:")) continue;
      const decoder = new AnthropicStreamDecoder();
      const events = anthropicEvents(body).flatMap((event) =>
        decoder.push(event)
      );
      const { parts, usage, finish } = assemble(events);
      const recoded = encodeEvents(events);
      checkStream(recoded);
      const { answer } = await readStream(recoded, { bytes: 100 });
      assertEquals(seen(answer), {
        ...said(parts),
        status: finish === "length" ? "incomplete" : "completed",
        counts: [
          usage?.input,
          usage?.cached,
          usage?.output,
          usage?.reasoning,
          usage?.total,
        ],
      }, name);
      count++;
    }
    assert(count > 20);
  },
});

/** A request in one way of several to write the same. */
function plain(request: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(request, (key, value) => {
    const isText = key === "content" && Array.isArray(value) &&
      value.length === 1 && value[0].type?.endsWith("put_text");
    if (isText) return value[0].text;
    // The caller's dialect has a type for every message.
    if (key === "type" && value === "message") return undefined;
    return key === "detail" && value === "auto" ? undefined : value;
  }));
}

Deno.test({
  name: "B14, B19, B20, B21, B24: recorded requests are encoded as they were",
  ignore,
  fn() {
    let count = 0;
    for (const { name, request } of all) {
      if (name.includes("WebSearch")) continue;
      const text = JSON.stringify(request);
      const conversation = decodeResponsesRequest(
        parseJsonDocument(bytes(text)),
      );
      const losses = new LossReport();
      const { body } = encodeResponsesRequest(conversation, {
        provider: "openai",
        model: conversation.model,
        quirks: { reasoningModels: ["o1", "o3", "o4", "gpt-5"] },
        losses,
      });
      const { include: _, ...expected } = request;
      const { include, ...encoded } = JSON.parse(body);
      assertEquals(plain(encoded), plain(expected), name);
      const thinks = /^(?:o\d|gpt-5)/.test(conversation.model);
      assertEquals(
        include,
        thinks ? ["reasoning.encrypted_content"] : undefined,
      );
      assertEquals(losses.toString(), "", name);
      count++;
    }
    assert(count > 50);
  },
});
