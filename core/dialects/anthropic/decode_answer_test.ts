import { assertEquals, assertThrows } from "@std/assert";
import type { Answer } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { decodeAnswer } from "./decode_answer.ts";

const MESSAGE = {
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "claude",
  content: [] as unknown[],
  stop_reason: "end_turn",
  stop_sequence: null,
};

function decode(part: object, losses?: LossReport): Answer {
  return decodeText(JSON.stringify({ ...MESSAGE, ...part }), losses);
}

function decodeText(text: string, losses?: LossReport): Answer {
  return decodeAnswer(new TextEncoder().encode(text), losses);
}

function failure(text: string): [kind: string, code: string, status: number] {
  const error = assertThrows(() => decodeText(text), UpstreamError);
  return [error.kind, error.code, error.status];
}

const INVALID: [string, string, number] = [
  "upstream",
  "upstream_invalid_response",
  502,
];

Deno.test("decodeAnswer() reads text, thought and tool calls", () => {
  assertEquals(
    decode({
      content: [
        { type: "thinking", thinking: "Hm", signature: "sig" },
        { type: "thinking", thinking: "", signature: "sig2" },
        { type: "redacted_thinking", data: "r==" },
        { type: "text", text: "Hi" },
        { type: "tool_use", id: "t", name: "look", input: { b: 1, a: "x" } },
      ],
      stop_reason: "tool_use",
    }),
    {
      id: "msg_1",
      model: "claude",
      parts: [
        { type: "reasoning", text: "Hm", signature: "sig" },
        { type: "reasoning", text: "", signature: "sig2" },
        { type: "reasoning", text: "", redacted: "r==" },
        { type: "text", text: "Hi" },
        {
          type: "tool_call",
          id: "t",
          name: "look",
          arguments: '{"b":1,"a":"x"}',
        },
      ],
      finish: "tool",
    },
  );
});

Deno.test("decodeAnswer() keeps an answer that is empty", () => {
  const { parts, finish } = decode({});
  assertEquals([parts, finish], [[], "stop"]);
});

Deno.test("A13: a tool call without input has empty arguments", () => {
  for (const input of [undefined, null, {}]) {
    const { parts } = decode({
      content: [{ type: "tool_use", id: "t", name: "n", input }],
    });
    assertEquals(parts, [
      { type: "tool_call", id: "t", name: "n", arguments: "{}" },
    ]);
  }
});

Deno.test("M15: whole numbers beyond 2^53 in arguments keep their digits", () => {
  const body = JSON.stringify({
    ...MESSAGE,
    content: [{ type: "tool_use", id: "t", name: "n", input: "INPUT" }],
    usage: { input_tokens: 3, output_tokens: 4 },
  });
  const input = '{"id":12345678901234567890,"n":[-9007199254740993,1.5]}';
  const { parts, usage } = decodeText(body.replace('"INPUT"', input));
  assertEquals(parts, [
    { type: "tool_call", id: "t", name: "n", arguments: input },
  ]);
  assertEquals(usage?.total, 7);
});

Deno.test("C32: blocks of the provider's own tools and citations are left out and reported, text stays", () => {
  const losses = new LossReport();
  const { parts } = decode({
    content: [
      { type: "text", text: "I look" },
      { type: "server_tool_use", id: "s", name: "web_search", input: {} },
      { type: "web_search_tool_result", tool_use_id: "s", content: [] },
      { type: "text", text: "Found", citations: [{}] },
      { type: "text", text: ".", citations: [] },
      { type: "text", text: "", citations: null },
      { type: "brand_new" },
      null,
      "odd",
    ],
  }, losses);
  assertEquals(parts, [
    { type: "text", text: "I look" },
    { type: "text", text: "Found" },
    { type: "text", text: "." },
  ]);
  assertEquals(
    losses.toString(),
    "dropped: answer.server_tool_use (left out); " +
      "dropped: answer.web_search_tool_result (left out); " +
      "dropped: answer.citations (no address on the web); " +
      "dropped: answer.brand_new (left out)",
  );
});

Deno.test("O1, O3: finish class and matched stop sequence", () => {
  const finish = (reason: string) => decode({ stop_reason: reason }).finish;
  assertEquals(finish("max_tokens"), "length");
  assertEquals(finish("refusal"), "refusal");
  const { stopSequence } = decode({
    stop_reason: "stop_sequence",
    stop_sequence: "END",
  });
  assertEquals(stopSequence, "END");
});

Deno.test("C20, C21: a reason that is only nearly told is reported", () => {
  const losses = new LossReport();
  assertEquals(decode({ stop_reason: "pause_turn" }, losses).finish, "length");
  assertEquals(
    losses.toString(),
    "approximated: answer.stop_reason (pause_turn)",
  );
});

Deno.test("C35, N2, N6: input holds the cache's tokens once", () => {
  const { usage } = decode({
    usage: {
      input_tokens: 10,
      cache_read_input_tokens: 100,
      cache_creation_input_tokens: 1_000,
      output_tokens: 5,
    },
  });
  assertEquals(usage, {
    input: 1_110,
    cached: 100,
    cacheWrite: 1_000,
    cacheWrite1h: 0,
    output: 5,
    reasoning: 0,
    total: 1_115,
  });
});

Deno.test("U7: a body that is cut, no JSON or no message is refused", () => {
  const whole = JSON.stringify(MESSAGE);
  for (
    const text of [
      "",
      whole.slice(0, -1),
      whole + whole,
      whole + "x",
      "<html>",
      "data: {}",
    ]
  ) assertEquals(failure(text), INVALID, text);
});

Deno.test("U11: null, lists, numbers and messages without content or reason are refused", () => {
  for (
    const text of [
      "null",
      "[]",
      "7",
      '""',
      "{}",
      '{"content":null,"stop_reason":"end_turn"}',
      '{"content":"Hi","stop_reason":"end_turn"}',
      '{"content":[],"stop_reason":null}',
      '{"content":[]}',
      '{"choices":[],"usage":{}}',
    ]
  ) assertEquals(failure(text), INVALID, text);
});

Deno.test("U11: an error under status 200 has its own class", () => {
  assertEquals(
    failure('{"type":"error","error":{"type":"overloaded_error"}}'),
    ["overloaded", "overloaded_error", 503],
  );
  assertEquals(failure('{"error":{"message":"x"}}'), [
    "upstream",
    "upstream_error",
    502,
  ]);
  assertEquals(failure('{"type":"error"}'), [
    "upstream",
    "upstream_error",
    502,
  ]);
});

Deno.test("decodeAnswer() refuses tool calls without id, name or an object as input", () => {
  for (
    const tool of [
      { name: "n", input: {} },
      { id: "t", input: {} },
      { id: "t", name: "n", input: "{}" },
      { id: "t", name: "n", input: [1] },
    ]
  ) {
    const content = [{ type: "tool_use", ...tool }];
    assertEquals(failure(JSON.stringify({ ...MESSAGE, content })), INVALID);
  }
});

Deno.test("decodeAnswer() refuses an input that nests too deep to be written", () => {
  const input = '{"1":'.repeat(20_000) + "1" + "}".repeat(20_000);
  const tool = `{"type":"tool_use","id":"t","name":"n","input":${input}}`;
  const text = `{"content":[${tool}],"stop_reason":"tool_use"}`;
  assertEquals(failure(text), INVALID);
});

Deno.test("decodeAnswer() fills what an odd message leaves open", () => {
  assertEquals(
    decodeText('\ufeff{"content":[{"type":"text"}],"stop_reason":"x"}'),
    { id: "", model: "", parts: [], finish: "stop" },
  );
});
