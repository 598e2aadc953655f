import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Answer, AnswerEvent, AnswerPart } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { SseParser } from "../../sse_parser.ts";
import { collectParts } from "../_collect_parts.ts";
import { hasRecordings, readRecordings } from "./_test_recordings.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";
const recordings = ignore ? [] : readRecordings();
const streams = recordings.filter(({ body }) => body.startsWith("data:"));
const answers = recordings.filter(({ body }) => !body.startsWith("data:"));
const encoder = new TextEncoder();

interface RawPart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: {
    readonly id?: string;
    readonly name: string;
    readonly args: object;
  };
}

interface RawResponse {
  readonly responseId: string;
  readonly modelVersion: string;
  readonly candidates: readonly [{
    readonly content: { readonly parts: readonly RawPart[] };
    readonly finishReason?: string;
  }];
  readonly usageMetadata: Readonly<Record<string, number>>;
}

/** The text of each event, with the blank line behind it. */
function readRecords(body: string): string[] {
  return body.match(/data: .*?\r\n\r\n/gs) ?? [];
}

function readJson(record: string): RawResponse {
  return JSON.parse(record.slice("data: ".length));
}

/** What the raw parts mean in our terms, in the plainest way. */
function expectedParts(raw: readonly RawPart[]): AnswerPart[] {
  const parts: AnswerPart[] = [];
  for (const { text, thought, thoughtSignature, functionCall } of raw) {
    const signature = thoughtSignature;
    if (functionCall) {
      const { id = "made", name, args } = functionCall;
      parts.push({
        type: "tool_call",
        id,
        name,
        arguments: JSON.stringify(args),
        ...(signature && { signature }),
      });
    } else if (signature) {
      parts.push({ type: "text", text: text!, signature });
    } else if (text) {
      const type = thought ? "reasoning" : "text";
      const last = parts.at(-1);
      if (last?.type === type && !("signature" in last)) {
        parts[parts.length - 1] = { ...last, text: last.text + text };
      } else parts.push({ type, text });
    }
  }
  return parts;
}

/** Ids that the provider has not given are another each time. */
function withoutMadeIds(parts: readonly AnswerPart[]): AnswerPart[] {
  return parts.map((part) =>
    part.type === "tool_call" && part.id.startsWith("call_")
      ? { ...part, id: "made" }
      : part
  );
}

function check(
  answer: Omit<Answer, "id" | "model">,
  responses: readonly RawResponse[],
  name: string,
): void {
  const raw = responses.flatMap(({ candidates: [{ content }] }) =>
    content.parts ?? []
  );
  assertEquals(withoutMadeIds(answer.parts), expectedParts(raw), name);
  const hasCall = raw.some(({ functionCall }) => functionCall);
  assertEquals(answer.finish, hasCall ? "tool" : "stop", name);
  const { usageMetadata: last } = responses.at(-1)!;
  const { usage } = answer;
  assertEquals(
    [usage?.input, usage?.reasoning, usage?.output],
    [
      last.promptTokenCount,
      last.thoughtsTokenCount ?? 0,
      (last.candidatesTokenCount ?? 0) + (last.thoughtsTokenCount ?? 0),
    ],
    name,
  );
  assertEquals(usage?.total, last.totalTokenCount, name);
}

/** Decodes a stream that comes in these chunks. */
function decodeStream(chunks: Iterable<Uint8Array>): AnswerEvent[] {
  const parser = new SseParser();
  const decoder = new GeminiStreamDecoder();
  const events: AnswerEvent[] = [];
  for (const chunk of chunks) {
    for (const event of parser.push(chunk)) events.push(...decoder.push(event));
  }
  for (const event of parser.end()) events.push(...decoder.push(event));
  events.push(...decoder.end());
  assert(decoder.done);
  return events;
}

function* bytesOf(text: string): Generator<Uint8Array> {
  const bytes = encoder.encode(text);
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1);
}

function summary(events: readonly AnswerEvent[]): Omit<Answer, "id" | "model"> {
  const last = events.at(-1);
  assert(last?.type === "finish");
  const usages = events.filter((event) => event.type === "usage");
  return {
    parts: collectParts(events),
    finish: last.finish,
    usage: usages.at(-1)!.usage,
  };
}

Deno.test({
  name:
    `D2, D9, D12, D13, D18, D19: recorded streams decode to what their raw events say, in one piece, byte by byte, with CRLF and LF${note}`,
  ignore,
  fn() {
    assert(streams.length >= 30);
    for (const { name, body } of streams) {
      const responses = readRecords(body).map(readJson);
      assertEquals(readRecords(body).join(""), body, name);
      const lines = body.replaceAll("\r\n", "\n");
      for (
        const chunks of [[encoder.encode(body)], bytesOf(body), bytesOf(lines)]
      ) {
        const events = decodeStream(chunks);
        check(summary(events), responses, name);
        const [first] = events;
        const { responseId: id, modelVersion: model } = responses[0]!;
        assertEquals(first, { type: "start", id, model });
      }
    }
  },
});

Deno.test({
  name:
    `A3, L4, U6: recorded streams cut at any event never look complete${note}`,
  ignore,
  fn() {
    for (const { name, body } of streams) {
      const records = readRecords(body);
      for (let cut = 0; cut < records.length; cut++) {
        const text = records.slice(0, cut).join("");
        const error = assertThrows(
          () => decodeStream([encoder.encode(text)]),
          UpstreamError,
        );
        assertEquals(error.code, "upstream_stream_truncated", name);
        // Within an event it is the JSON that is cut.
        const within = encoder.encode(text + records[cut]!.slice(0, -30));
        assertThrows(() => decodeStream([within]), UpstreamError);
      }
    }
  },
});

Deno.test({
  name:
    `D4, D19, U7: recorded answers decode to what their raw JSON says, cut ones are none${note}`,
  ignore,
  fn() {
    assert(answers.length >= 30);
    for (const { name, body } of answers) {
      const raw: RawResponse = JSON.parse(body);
      const answer = decodeAnswer(encoder.encode(body));
      check(answer, [raw], name);
      assertEquals([answer.id, answer.model], [
        raw.responseId,
        raw.modelVersion,
      ]);
      for (const cut of [0, 1, body.length >> 1, body.trimEnd().length - 1]) {
        const bytes = encoder.encode(body.slice(0, cut));
        assertThrows(() => decodeAnswer(bytes), UpstreamError);
      }
    }
  },
});
