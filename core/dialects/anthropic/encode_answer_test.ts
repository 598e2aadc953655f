import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { Answer } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { encodeMessagesAnswer } from "./encode_answer.ts";

function encode(answer: Partial<Answer>, losses?: LossReport) {
  const text = encodeMessagesAnswer(
    { id: "i", model: "m", parts: [], finish: "stop", ...answer },
    losses,
  );
  return { text, body: JSON.parse(text) };
}

Deno.test("C23, C35, C36: an answer has every member that clients read", () => {
  const { body } = encode({
    parts: [{ type: "text", text: "hi" }],
    usage: {
      input: 60,
      cached: 20,
      cacheWrite: 30,
      cacheWrite1h: 5,
      output: 40,
      reasoning: 15,
      total: 100,
    },
  });
  assertEquals(body, {
    id: "msg_i",
    type: "message",
    role: "assistant",
    model: "m",
    content: [{ type: "text", text: "hi" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    stop_details: null,
    usage: {
      input_tokens: 10,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 20,
      cache_creation: {
        ephemeral_5m_input_tokens: 25,
        ephemeral_1h_input_tokens: 5,
      },
      output_tokens: 40,
      output_tokens_details: { thinking_tokens: 15 },
    },
  });
  const bare = encode({ id: "" }).body;
  assertMatch(bare.id, /^msg_[0-9a-f]{32}$/);
  assertEquals([bare.content, bare.usage.output_tokens], [[], 0]);
});

Deno.test("A13, C8, C26, M15, M16: arguments become an input, digit by digit", () => {
  const call = (args: string, id = "a.b:0") => ({
    type: "tool_call" as const,
    id,
    name: "look",
    arguments: args,
  });
  const { text, body } = encode({
    parts: [call(` {"id": 9007199254740993}\n`), call("")],
  });
  assertEquals(text.includes(`"input":{"id": 9007199254740993}}`), true);
  assertEquals(body.content[1], {
    type: "tool_use",
    id: "x_a_002eb_003a0",
    name: "look",
    input: {},
  });
  assertEquals(body.stop_reason, "tool_use");
  for (const odd of ["[1]", "7", '{"a":', "null"]) {
    const error = assertThrows(
      () => encode({ parts: [call(odd)] }),
      UpstreamError,
    );
    assertEquals(error.code, "upstream_invalid_response");
  }
});

Deno.test("L7: a call that was cut off with its answer is left out, and said to be", () => {
  const losses = new LossReport();
  const { body } = encode({
    parts: [
      { type: "text", text: "a" },
      { type: "tool_call", id: "c", name: "n", arguments: '{"a":' },
    ],
    finish: "length",
  }, losses);
  assertEquals([body.content.length, body.stop_reason], [1, "max_tokens"]);
  assertEquals(losses.toString(), "dropped: answer.tool_use (cut off)");
});

Deno.test("C12, C25: thought stands where it stood, signed or not", () => {
  const { body } = encode({
    parts: [
      { type: "reasoning", text: "a", signature: "s" },
      { type: "reasoning", text: "b" },
      { type: "reasoning", text: "", redacted: "r" },
      { type: "reasoning", text: "" },
      { type: "text", text: "" },
    ],
  });
  assertEquals(body.content, [
    { type: "thinking", thinking: "a", signature: "s" },
    { type: "thinking", thinking: "b", signature: "" },
    { type: "redacted_thinking", data: "r" },
  ]);
});

Deno.test("A26, C22, O1, O3: each end has its reason", () => {
  const refusal = { type: "refusal", text: "no" } as const;
  const text = { type: "text", text: "a" } as const;
  const losses = new LossReport();
  const cases = [
    [{ parts: [refusal] }, ["refusal", null]],
    [{ parts: [text], finish: "filter" }, ["refusal", null]],
    [{ parts: [text], finish: "refusal" }, ["refusal", null]],
    [{ parts: [text], finish: "length" }, ["max_tokens", null]],
    [{ parts: [text], finish: "tool" }, ["end_turn", null]],
    [{ parts: [text], stopSequence: "X" }, ["stop_sequence", "X"]],
  ] as const;
  for (const [answer, expected] of cases) {
    const { body } = encode(answer, losses);
    assertEquals([body.stop_reason, body.stop_sequence] as unknown, expected);
  }
  assertEquals(losses.toString(), "");
  const { body } = encode({ parts: [text, refusal] });
  assertEquals(body.content, [{ type: "text", text: "a" }]);
  assertEquals(body.stop_details, {
    type: "refusal",
    category: null,
    explanation: "no",
  });
  assertEquals(encode({ parts: [text] }).body.stop_details, null);
  const error = assertThrows(() => encode({ finish: "error" }), UpstreamError);
  assertEquals(error.status, 502);
});

Deno.test("A26: words of a refusal that is not why an answer ended are text", () => {
  const refusal = { type: "refusal", text: "I cannot" } as const;
  const losses = new LossReport();
  const { body } = encode({ parts: [refusal], finish: "length" }, losses);
  assertEquals(body.content, [{ type: "text", text: "I cannot" }]);
  assertEquals([body.stop_reason, body.stop_details], ["max_tokens", null]);
  assertEquals(losses.toString(), "changed: answer.refusal (sent as text)");
});

Deno.test("C23: an answer's id begins as clients of this dialect know it", () => {
  assertEquals(encode({ id: "msg_01" }).body.id, "msg_01");
  assertEquals(encode({ id: "chatcmpl-1/ä" }).body.id, "msg_chatcmpl-1");
});
