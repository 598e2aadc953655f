import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AnswerEvent } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { bytewise } from "./_test_client.ts";
import { MessagesStreamEncoder } from "./encode_stream.ts";

const START: AnswerEvent = { type: "start", id: "i", model: "m" };
const STOP: AnswerEvent = { type: "finish", finish: "stop" };
const text = (part: number): AnswerEvent => ({
  type: "part_start",
  part,
  kind: "text",
});
const call = (part: number): AnswerEvent => ({
  type: "part_start",
  part,
  kind: "tool_call",
  id: `c${part}`,
  name: "look",
});
const say = (part: number, text: string): AnswerEvent => ({
  type: "part_delta",
  part,
  text,
});
const end = (part: number): AnswerEvent => ({ type: "part_end", part });
const usage = (input: number, output: number): AnswerEvent => ({
  type: "usage",
  usage: {
    input,
    cached: 0,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output,
    reasoning: 0,
    total: input + output,
  },
});

/** Each event in short: its type's first letters, its index, what it says. */
function short(...events: readonly AnswerEvent[]): string[] {
  const encoder = new MessagesStreamEncoder();
  const wire = events.map((event) => encoder.push(event)).join("");
  return bytewise(wire).map(({ event, data }) => {
    const value = JSON.parse(data);
    assertEquals(value.type, event);
    const { index, delta, content_block: block } = value;
    switch (event) {
      case "content_block_start":
        return `${index} ${block.type}${block.data ? ` ${block.data}` : ""}`;
      case "content_block_delta":
        return `${index} ${
          delta.text ?? delta.partial_json ?? delta.thinking ??
            `signed ${delta.signature}`
        }`;
      case "content_block_stop":
        return `${index} .`;
    }
    return event;
  });
}

const HEAD = "message_start";
const TAIL = ["message_delta", "message_stop"];

Deno.test("C23: a stream is written to the letter", () => {
  const encoder = new MessagesStreamEncoder();
  const push = (event: AnswerEvent) => encoder.push(event);
  assertEquals(push(START) + push(usage(7, 1)) + push(text(0)), "");
  const zeros =
    `"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}`;
  const thoughts = `"output_tokens_details":{"thinking_tokens":0}`;
  assertEquals(
    push(say(0, "h\n")),
    `event: message_start\ndata: {"type":"message_start","message":{"id":"msg_i","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"stop_details":null,"usage":{"input_tokens":7,${zeros},"output_tokens":1,${thoughts}}}}\n\n` +
      `event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n` +
      `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h\\n"}}\n\n`,
  );
  assertEquals(
    push({ type: "ping" }),
    `event: ping\ndata: {"type":"ping"}\n\n`,
  );
  assertEquals(
    push(end(0)) + push(usage(7, 5)),
    `event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n`,
  );
  assertEquals(
    push({ ...STOP, stopSequence: "X" }),
    `event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"X","stop_details":null},"usage":{"input_tokens":7,${zeros},"output_tokens":5,${thoughts}}}\n\n` +
      `event: message_stop\ndata: {"type":"message_stop"}\n\n`,
  );
  assertEquals(push(say(0, "late")) + push(STOP), "");
});

Deno.test("C31: counts that come at the end only are told at the end", () => {
  const encoder = new MessagesStreamEncoder();
  const wire = [START, text(0), say(0, "a"), end(0), usage(7, 5), STOP]
    .map((event) => encoder.push(event)).join("");
  const counts = bytewise(wire).map(({ data }) => JSON.parse(data))
    .map(({ message, usage }) => (message?.usage ?? usage)?.input_tokens)
    .filter((count) => count !== undefined);
  assertEquals(counts, [0, 7]);
});

Deno.test("C23: a stream without content has its frame", () => {
  assertEquals(short(START, STOP), [HEAD, ...TAIL]);
  assertEquals(short(STOP), [HEAD, ...TAIL]);
  assertEquals(short(START, { type: "ping" }, text(0), end(0), STOP), [
    HEAD,
    ...TAIL,
  ]);
});

Deno.test("C25: thought opens block 0 and is closed with its signature", () => {
  const thought = { type: "part_start", kind: "reasoning" } as const;
  assertEquals(
    short(
      START,
      { ...thought, part: 0 },
      say(0, "hm"),
      { type: "part_end", part: 0, signature: "s" },
      { ...thought, part: 1, redacted: "r" },
      end(1),
      { ...thought, part: 2 },
      { type: "part_end", part: 2, signature: "t" },
      text(3),
      say(3, "a"),
      end(3),
      STOP,
    ),
    [
      HEAD,
      "0 thinking",
      "0 hm",
      "0 signed s",
      "0 .",
      "1 redacted_thinking r",
      "1 .",
      "2 thinking",
      "2 signed t",
      "2 .",
      "3 text",
      "3 a",
      "3 .",
      ...TAIL,
    ],
  );
});

Deno.test("A13, C26: a call starts with an empty input and has valid arguments", () => {
  assertEquals(
    short(
      START,
      call(0),
      end(0),
      call(1),
      say(1, '{"a"'),
      say(1, ":1}"),
      end(1),
      STOP,
    ),
    [
      HEAD,
      "0 tool_use",
      "0 {}",
      "0 .",
      "1 tool_use",
      '1 {"a"',
      "1 :1}",
      "1 .",
      ...TAIL,
    ],
  );
  const encoder = new MessagesStreamEncoder();
  const wire = encoder.push(START) + encoder.push(call(0));
  assert(wire.includes(
    `"content_block":{"type":"tool_use","id":"c0","name":"look","input":{}}`,
  ));
});

Deno.test("L7: a call that is cut keeps the arguments that it has", () => {
  const cut: AnswerEvent = { type: "finish", finish: "length" };
  assertEquals(short(START, call(0), cut), [
    HEAD,
    "0 tool_use",
    "0 .",
    ...TAIL,
  ]);
  assertEquals(short(START, call(0), say(0, '{"a'), cut), [
    HEAD,
    "0 tool_use",
    '0 {"a',
    "0 .",
    ...TAIL,
  ]);
});

Deno.test("A11, C24: calls that are told by turns come one after the other", () => {
  assertEquals(
    short(
      START,
      text(0),
      say(0, "a"),
      call(1),
      call(2),
      say(1, "{"),
      say(2, "{"),
      say(0, "b"),
      say(1, "}"),
      say(2, "}"),
      end(2),
      end(1),
      end(0),
      STOP,
    ),
    [
      HEAD,
      "0 text",
      "0 a",
      "0 .",
      "1 tool_use",
      "1 {",
      "1 }",
      "1 .",
      "2 text",
      "2 b",
      "2 .",
      "3 tool_use",
      "3 {}",
      "3 .",
      ...TAIL,
    ],
  );
});

Deno.test("C24: text gives way to what goes on, and goes on itself", () => {
  assertEquals(
    short(START, text(0), text(1), say(0, "a"), say(1, "b"), say(0, "c"), STOP),
    [
      HEAD,
      "0 text",
      "0 a",
      "0 .",
      "1 text",
      "1 b",
      "1 .",
      "2 text",
      "2 c",
      "2 .",
      ...TAIL,
    ],
  );
});

Deno.test("C24: what waits for a call is bounded", () => {
  const encoder = new MessagesStreamEncoder();
  for (const event of [START, call(0), call(1)]) encoder.push(event);
  const piece = say(1, "x".repeat(1024 * 1024));
  for (let i = 0; i < 4; i++) encoder.push(piece);
  assertThrows(() => encoder.push(piece), UpstreamError);
  const many = new MessagesStreamEncoder();
  assertThrows(() => {
    for (let part = 0; part < 300; part++) many.push(call(part));
  }, UpstreamError);
});

Deno.test("A26, O1: a stream that ends in a refusal, or in an error", () => {
  const losses = new LossReport();
  const encoder = new MessagesStreamEncoder(losses);
  const wire = [
    START,
    { type: "part_start", part: 0, kind: "refusal" } as const,
    say(0, "no"),
    end(0),
    STOP,
  ].map((event) => encoder.push(event)).join("");
  assert(
    wire.includes(
      `"stop_reason":"refusal","stop_sequence":null,"stop_details":{"type":"refusal","category":null,"explanation":"no"}`,
    ),
  );
  assert(!wire.includes("content_block"));
  assertEquals(losses.toString(), "");
  const failed = new MessagesStreamEncoder();
  failed.push(START);
  assertThrows(
    () => failed.push({ type: "finish", finish: "error" }),
    UpstreamError,
  );
});

Deno.test("A26: words of a refusal that is not why a stream ended are text", () => {
  for (
    const [finish, parts] of [
      ["length", []],
      ["tool", [call(1), say(1, "{}"), end(1)]],
    ] as const
  ) {
    const losses = new LossReport();
    const encoder = new MessagesStreamEncoder(losses);
    const wire = [
      START,
      { type: "part_start", part: 0, kind: "refusal" } as const,
      say(0, "I can"),
      say(0, "not"),
      end(0),
      ...parts,
      { type: "finish", finish } as const,
    ].map((event) => encoder.push(event)).join("");
    assert(wire.includes(`"delta":{"type":"text_delta","text":"I cannot"}`));
    assert(wire.includes(`"stop_details":null`));
    assertEquals(losses.toString(), "changed: answer.refusal (sent as text)");
  }
});

Deno.test("A26: the words of a refusal that wait for its reason are bounded", () => {
  const encoder = new MessagesStreamEncoder();
  encoder.push({ type: "part_start", part: 0, kind: "refusal" });
  const piece = say(0, "x".repeat(1024 * 1024));
  encoder.push(piece);
  assertThrows(() => encoder.push(piece), UpstreamError);
});
