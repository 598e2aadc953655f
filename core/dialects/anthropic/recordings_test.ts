import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AnswerEvent, AnswerPart, Usage } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import type { SseEvent } from "../../sse_parser.ts";
import {
  hasRecordings,
  readEvents,
  readRecordings,
} from "./_test_recordings.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { AnthropicStreamDecoder } from "./decode_stream.ts";

const ignore = !hasRecordings();
const note = ignore ? " (skipped: no recordings here)" : "";
const recordings = ignore ? [] : readRecordings();
const isStream = (body: string) => body.startsWith("event:");

/** A block as the raw events put it together, with its text in `said`. */
interface RawBlock {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly data: string;
  readonly input: object;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  said: string;
  signed: string;
  citations?: Record<string, string>[];
}

interface RawMessage {
  readonly blocks: RawBlock[];
  readonly usage: Record<string, number>;
  reason: string;
}

/** Puts a stream together in the plainest way. */
function assembleRaw(events: readonly SseEvent[]): RawMessage {
  const raw: RawMessage = { blocks: [], usage: {}, reason: "" };
  for (const { data } of events) {
    const event = JSON.parse(data);
    const { delta = {}, content_block: block } = event;
    if (event.type === "message_start") {
      Object.assign(raw.usage, event.message.usage);
    } else if (event.type === "content_block_start") {
      raw.blocks[event.index] = {
        ...block,
        said: block.text ?? block.thinking ?? "",
        signed: block.signature ?? "",
      };
    } else if (event.type === "content_block_delta") {
      const open = raw.blocks[event.index]!;
      open.said += delta.text ?? delta.thinking ?? delta.partial_json ?? "";
      open.signed += delta.signature ?? "";
      if (delta.citation) (open.citations ??= []).push(delta.citation);
    } else if (event.type === "message_delta") {
      raw.reason = delta.stop_reason;
      Object.assign(raw.usage, event.usage);
    }
  }
  return raw;
}

/** What the raw blocks mean in our terms. */
function expectedParts(blocks: readonly RawBlock[]): AnswerPart[] {
  return blocks.flatMap((block): AnswerPart[] => {
    const { said, signed } = block;
    switch (block.type) {
      case "text":
        return [{ type: "text", text: said, ...sourcesOf(block) }];
      case "thinking":
        return [{ type: "reasoning", text: said, signature: signed }];
      case "tool_use": {
        const { id, name } = block;
        const args = said || JSON.stringify(block.input);
        return [{ type: "tool_call", id, name, arguments: args }];
      }
      default:
        return [];
    }
  });
}

/** The sources of a block of text, as its web search found them. */
function sourcesOf({ citations }: RawBlock): object {
  if (!citations?.length) return {};
  return {
    citations: citations.map(({ url, title, cited_text: quote }) => ({
      url,
      ...title && { title },
      ...quote && { quote },
    })),
  };
}

function assemble(events: readonly AnswerEvent[]): AnswerPart[] {
  const parts: AnswerPart[] = [];
  for (const event of events) {
    if (event.type === "part_start") {
      assertEquals(event.part, parts.length);
      assert(event.kind !== "image");
      parts.push(
        event.kind === "tool_call"
          ? { type: "tool_call", id: event.id, name: event.name, arguments: "" }
          : { type: event.kind, text: "" },
      );
    } else if (event.type === "part_delta") {
      const part = parts[event.part]!;
      assert(part.type !== "image");
      parts[event.part] = part.type === "tool_call"
        ? { ...part, arguments: part.arguments + event.text }
        : { ...part, text: part.text + event.text };
    } else if (event.type === "part_end" && event.signature !== undefined) {
      const { signature } = event;
      const part = parts[event.part]!;
      assert(part.type === "reasoning");
      parts[event.part] = { ...part, signature };
    } else if (event.type === "part_end" && event.citations !== undefined) {
      const part = parts[event.part]!;
      assert(part.type === "text");
      parts[event.part] = { ...part, citations: event.citations };
    }
  }
  return parts;
}

function checkUsage(usage: Usage | undefined, raw: Record<string, number>) {
  const input = raw.input_tokens! + (raw.cache_read_input_tokens ?? 0) +
    (raw.cache_creation_input_tokens ?? 0);
  assertEquals(
    [usage?.input, usage?.cached, usage?.output, usage?.total],
    [
      input,
      raw.cache_read_input_tokens ?? 0,
      raw.output_tokens,
      input + raw.output_tokens!,
    ],
  );
}

const FINISH: Readonly<Record<string, string>> = {
  end_turn: "stop",
  tool_use: "tool",
};

Deno.test({
  name:
    `C27, C28, C30: recorded streams decode to what their raw events say${note}`,
  ignore,
  fn() {
    const streams = recordings.filter(({ body }) => isStream(body));
    assert(streams.length >= 20);
    for (const { name, body } of streams) {
      const records = readEvents(body);
      const decoder = new AnthropicStreamDecoder();
      const events = records.flatMap((record) => decoder.push(record));
      assert(decoder.done, name);
      assertEquals(decoder.end(), [], name);
      const raw = assembleRaw(records);
      assertEquals(assemble(events), expectedParts(raw.blocks), name);
      const usages = events.filter((event) => event.type === "usage");
      checkUsage(usages.at(-1)?.usage, raw.usage);
      const [first] = events;
      assert(first?.type === "start" && first.id !== "" && first.model !== "");
      assertEquals(events.at(-1), {
        type: "finish",
        finish: FINISH[raw.reason],
      } as AnswerEvent);
    }
  },
});

Deno.test({
  name:
    `A3, L4, U6: recorded streams cut at any event never look complete${note}`,
  ignore,
  fn() {
    for (const { name, body } of recordings) {
      if (!isStream(body)) continue;
      const records = readEvents(body);
      for (let cut = 0; cut < records.length; cut++) {
        const decoder = new AnthropicStreamDecoder();
        const events = records.slice(0, cut).flatMap((record) =>
          decoder.push(record)
        );
        assert(!events.some(({ type }) => type === "finish"), name);
        const error = assertThrows(() => decoder.end(), UpstreamError);
        assertEquals(error.code, "upstream_stream_truncated");
      }
    }
  },
});

Deno.test({
  name: `U7, C32: recorded answers decode to what their raw JSON says${note}`,
  ignore,
  fn() {
    const answers = recordings.filter(({ body }) => !isStream(body));
    assert(answers.length >= 30);
    for (const { name, body } of answers) {
      const raw = JSON.parse(body);
      const answer = decodeAnswer(new TextEncoder().encode(body));
      const blocks = raw.content.map((block: RawBlock) => ({
        ...block,
        said: block.text ?? block.thinking ?? "",
        signed: block.signature,
      }));
      assertEquals(answer.parts, expectedParts(blocks), name);
      assertEquals([answer.id, answer.model], [raw.id, raw.model]);
      assertEquals(answer.finish as string, FINISH[raw.stop_reason]);
      checkUsage(answer.usage, raw.usage);
      for (const cut of [1, body.length >> 1, body.trimEnd().length - 1]) {
        const bytes = new TextEncoder().encode(body.slice(0, cut));
        assertThrows(() => decodeAnswer(bytes), UpstreamError);
      }
    }
  },
});
