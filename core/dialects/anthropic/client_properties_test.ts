import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AnswerEvent } from "../../answer.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { bytewise } from "./_test_client.ts";
import { document } from "./_test_client_decode.ts";
import { checkMessagesRequest } from "./_pass_check.ts";
import { estimateInputTokens } from "../../estimate_tokens.ts";
import { decodeMessagesRequest } from "./decode_request.ts";
import { MessagesStreamEncoder } from "./encode_stream.ts";
import { passMessagesAnswer } from "./pass_answer.ts";
import { passMessagesRequest } from "./pass_request.ts";
import { MessagesPassStream } from "./pass_stream.ts";

/** A request with something of everything. */
const REQUEST = {
  model: "m",
  max_tokens: 5000,
  system: [{ type: "text", text: "s", cache_control: { type: "ephemeral" } }],
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "hi" },
        { type: "image", source: { type: "url", url: "https://x/a.png" } },
        {
          type: "document",
          title: "t",
          source: {
            type: "content",
            content: [{ type: "text", text: "piece" }],
          },
          citations: { enabled: true },
        },
        {
          type: "search_result",
          title: "t",
          source: "s",
          content: [{ type: "text", text: "r" }],
        },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "s" },
        { type: "redacted_thinking", data: "llm-proxy.call.g" },
        {
          type: "tool_use",
          id: "t1",
          name: "look",
          input: { a: [1] },
          caller: { type: "direct" },
        },
      ],
    },
    {
      role: "user",
      content: [{
        type: "tool_result",
        tool_use_id: "t1",
        is_error: false,
        content: [{
          type: "image",
          source: { type: "base64", media_type: "image/png", data: "aGk=" },
        }],
      }],
    },
  ],
  tools: [{ name: "look", input_schema: { type: "object" }, strict: true }],
  tool_choice: { type: "tool", name: "look", disable_parallel_tool_use: true },
  thinking: { type: "enabled", budget_tokens: 1024, display: "omitted" },
  output_config: {
    effort: "low",
    format: { type: "json_schema", schema: { type: "object" } },
  },
  stop_sequences: ["END"],
  temperature: 1,
  metadata: { user_id: "u" },
  stream: true,
};

const ODD = fc.constantFrom<unknown>(
  null,
  true,
  0,
  -1,
  1e30,
  123456789012345680000,
  "",
  "x",
  "\ud800",
  "tool_use",
  "__proto__",
  [],
  [null],
  [[]],
  ["x"],
  {},
  { type: "text" },
  { type: "tool_result" },
  { toString: 1, valueOf: 2 },
  JSON.parse('{"__proto__":{"type":"text"},"constructor":7}'),
);

/** Places in a JSON value. */
function places(value: unknown, at: readonly string[] = []): string[][] {
  if (typeof value !== "object" || value === null) return [[...at]];
  return [
    [...at],
    ...Object.entries(value).flatMap(([key, each]) =>
      places(each, [...at, key])
    ),
  ].filter(({ length }) => length > 0);
}

function put(value: unknown, at: readonly string[], odd: unknown): void {
  let target = value;
  for (const key of at.slice(0, -1)) {
    if (typeof target !== "object" || target === null) return;
    target = (target as Record<string, unknown>)[key];
  }
  if (typeof target !== "object" || target === null) return;
  Object.defineProperty(target, at.at(-1)!, {
    value: structuredClone(odd),
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

const PLACES = places(REQUEST);
const mutated = fc.array(
  fc.tuple(fc.constantFrom(...PLACES), ODD),
  { minLength: 1, maxLength: 3 },
).map((edits) => {
  const request = structuredClone(REQUEST);
  for (const [at, odd] of edits) put(request, at, odd);
  return request;
});

Deno.test("K17: whatever a client sends is a conversation, or a 400 that names a field", () => {
  let refused = 0;
  let read = 0;
  fc.assert(
    fc.property(mutated, (request) => {
      try {
        const conversation = decodeMessagesRequest(document(request));
        assert(estimateInputTokens(conversation) >= 0);
        read++;
      } catch (error) {
        assert(error instanceof GatewayError, String(error));
        assert(!(error instanceof UpstreamError));
        assertEquals([error.kind, error.status], ["invalid_request", 400]);
        assert(error.param !== undefined && error.param !== "");
        refused++;
      }
    }),
    { numRuns: 3_000 },
  );
  // Both happen, or the test would show nothing.
  assert(refused > 100 && read > 100);
});

Deno.test("K17: a request that passes is checked in the same way", () => {
  fc.assert(
    fc.property(mutated, (request) => {
      const losses = new LossReport();
      const target = { provider: "p", model: "x", quirks: {}, losses };
      try {
        checkMessagesRequest(document(request));
      } catch (error) {
        assert(error instanceof GatewayError && error.param !== undefined);
      }
      const { body } = passMessagesRequest(document(request), target);
      assertEquals(JSON.parse(body).model, "x");
    }),
    { numRuns: 1_000 },
  );
});

const STREAM = [
  { type: "message_start", message: { id: "m", model: "c", usage: {} } },
  { type: "ping" },
  {
    type: "content_block_start",
    index: 0,
    content_block: { type: "tool_use", id: "t", name: "look", input: {} },
  },
  {
    type: "content_block_delta",
    index: 0,
    delta: { type: "input_json_delta", partial_json: "{}" },
  },
  { type: "content_block_stop", index: 0 },
  { type: "message_delta", delta: { stop_reason: "tool_use" }, usage: {} },
  { type: "message_stop" },
];
const STREAM_PLACES = places(STREAM);

Deno.test("U7, M13: whatever a provider sends passes in form, or is its own kind of error", () => {
  const edits = fc.array(fc.tuple(fc.constantFrom(...STREAM_PLACES), ODD), {
    maxLength: 3,
  });
  fc.assert(
    fc.property(edits, (edits) => {
      const values = structuredClone(STREAM);
      for (const [at, odd] of edits) put(values, at, odd);
      const stream = new MessagesPassStream();
      let text = "";
      try {
        for (const value of values) {
          text += stream.push({ event: "", data: JSON.stringify(value) });
        }
        text += stream.end();
      } catch (error) {
        assert(error instanceof UpstreamError, String(error));
        assert(!text.includes("message_stop"));
      }
      for (const { event, data } of bytewise(text)) {
        assert(event !== "" && data !== "");
        const { type } = JSON.parse(data);
        assert(type === event || typeof type !== "string" || type === "");
      }
      for (const value of values) {
        try {
          const body = new TextEncoder().encode(JSON.stringify(value));
          passMessagesAnswer(body);
        } catch (error) {
          assert(error instanceof UpstreamError, String(error));
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

/** What happens to a part, in any order with what happens to others. */
const steps = fc.array(
  fc.record({
    part: fc.nat(4),
    text: fc.constantFrom("", "a", "bc", '{"x":', "\ud83d"),
    isEnd: fc.boolean(),
    signature: fc.constantFrom(undefined, "sig"),
  }),
  { maxLength: 40 },
);
const kinds = fc.array(
  fc.constantFrom("text", "reasoning", "tool_call"),
  { minLength: 5, maxLength: 5 },
);

Deno.test("C24: parts that overlap become blocks that do not, and lose nothing", () => {
  fc.assert(
    fc.property(kinds, steps, (kinds, steps) => {
      const events: AnswerEvent[] = [{ type: "start", id: "i", model: "m" }];
      const state = new Map<number, { said: string; ended: boolean }>();
      for (const { part, text, isEnd, signature } of steps) {
        const kind = kinds[part]!;
        let known = state.get(part);
        if (!known) {
          known = { said: "", ended: false };
          state.set(part, known);
          events.push(
            kind === "tool_call"
              ? { type: "part_start", part, kind, id: `c${part}`, name: "n" }
              : { type: "part_start", part, kind: kind as "text" },
          );
        }
        if (known.ended) continue;
        known.said += text;
        events.push({ type: "part_delta", part, text });
        if (!isEnd) continue;
        known.ended = true;
        events.push(
          signature === undefined || kind !== "reasoning"
            ? { type: "part_end", part }
            : { type: "part_end", part, signature },
        );
      }
      events.push({ type: "finish", finish: "length" });
      const encoder = new MessagesStreamEncoder();
      const wire = events.map((event) => encoder.push(event)).join("");
      const blocks = readBlocks(wire);
      const calls = new Map(
        blocks.filter(({ type }) => type === "tool_use")
          .map(({ id, said }) => [id, said]),
      );
      const letters = (text: string) => [...text].toSorted().join("");
      let words = "";
      for (const [part, { said, ended }] of state) {
        if (kinds[part] !== "tool_call") words += said;
        else assertEquals(calls.get(`c${part}`), said || (ended ? "{}" : ""));
      }
      const told = blocks.filter(({ type }) => type !== "tool_use")
        .map(({ said }) => said).join("");
      assertEquals(letters(told), letters(words));
    }),
    { numRuns: 2_000 },
  );
});

interface ReadBlock {
  readonly type: string;
  readonly id: string;
  said: string;
}

/** Reads a stream and asserts the order of its events. */
function readBlocks(wire: string): ReadBlock[] {
  const records = bytewise(wire).map(({ event, data }) => {
    const value = JSON.parse(data);
    assertEquals(value.type, event);
    return value;
  });
  assertEquals(records[0].type, "message_start");
  assertEquals(
    records.slice(-2).map(({ type }) => type),
    ["message_delta", "message_stop"],
  );
  const blocks: ReadBlock[] = [];
  let open: ReadBlock | undefined;
  for (
    const { type, index, delta, content_block: block } of records.slice(1, -2)
  ) {
    if (type === "content_block_start") {
      assert(open === undefined && index === blocks.length);
      open = { type: block.type, id: block.id, said: "" };
      blocks.push(open);
      continue;
    }
    assert(open !== undefined && index === blocks.length - 1);
    if (type === "content_block_stop") open = undefined;
    else {
      const said = {
        text: delta.text,
        thinking: delta.thinking ?? (delta.signature && ""),
        tool_use: delta.partial_json,
      }[open.type];
      assert(typeof said === "string");
      open.said += said;
    }
  }
  assert(open === undefined);
  return blocks;
}
