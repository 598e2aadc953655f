import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Answer } from "../../answer.ts";
import { LossReport } from "../../loss_report.ts";
import { decodeChatRequest } from "./decode_request.ts";
import { encodeChatAnswer } from "./encode_answer.ts";

function encode(answer: Partial<Answer>, losses?: LossReport) {
  return JSON.parse(
    encodeChatAnswer({
      id: "msg_1",
      model: "m",
      parts: [],
      finish: "stop",
      ...answer,
    }, losses),
  );
}

const CALL = {
  type: "tool_call",
  id: "call_1",
  name: "weather",
  arguments: '{"city": "Rome"}',
} as const;

Deno.test("encodeChatAnswer() writes a whole chat.completion", () => {
  const before = Math.floor(Date.now() / 1000);
  const { created, ...answer } = encode({
    parts: [{ type: "text", text: "Hel" }, { type: "text", text: "lo" }],
    usage: {
      input: 10,
      cached: 4,
      cacheWrite: 0,
      cacheWrite1h: 0,
      output: 3,
      reasoning: 1,
      total: 13,
    },
  });
  assert(Number.isInteger(created) && created >= before);
  assertEquals(answer, {
    id: "msg_1",
    object: "chat.completion",
    model: "m",
    choices: [{
      index: 0,
      message: { role: "assistant", content: "Hello", refusal: null },
      logprobs: null,
      finish_reason: "stop",
    }],
    usage: {
      prompt_tokens: 10,
      completion_tokens: 3,
      total_tokens: 13,
      prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 1 },
    },
  });
});

Deno.test("J23: an answer without an id gets one", () => {
  assertMatch(encode({ id: "" }).id, /^chatcmpl-[0-9a-f]{32}$/);
});

Deno.test("A15, A16: a turn of tool calls only has null content and ends in tool_calls", () => {
  const [choice] = encode({ parts: [CALL] }).choices;
  assertEquals(choice.finish_reason, "tool_calls");
  assertEquals(choice.message, {
    role: "assistant",
    content: null,
    refusal: null,
    tool_calls: [{
      id: "call_1",
      type: "function",
      function: { name: "weather", arguments: '{"city": "Rome"}' },
    }],
  });
});

Deno.test('A13: a tool call without arguments gets "{}"', () => {
  for (const text of ["", " \n"]) {
    const [choice] = encode({ parts: [{ ...CALL, arguments: text }] }).choices;
    assertEquals(choice.message.tool_calls[0].function.arguments, "{}");
  }
});

Deno.test("A26: a refusal is no content", () => {
  const [choice] = encode({
    parts: [{ type: "refusal", text: "No" }],
    finish: "refusal",
  }).choices;
  assertEquals(choice.message, {
    role: "assistant",
    content: null,
    refusal: "No",
  });
  assertEquals(choice.finish_reason, "content_filter");
});

Deno.test("encodeChatAnswer() writes empty content where nothing was said", () => {
  assertEquals(encode({ finish: "length" }).choices[0].message.content, "");
});

Deno.test("C13: unsigned thought is text only", () => {
  const [choice] = encode({
    parts: [{ type: "reasoning", text: "I think" }, {
      type: "text",
      text: "x",
    }],
  }).choices;
  assertEquals(choice.message, {
    role: "assistant",
    content: "x",
    refusal: null,
    reasoning_content: "I think",
  });
});

Deno.test("C13: a message that a client echoes restores signed thought", () => {
  const parts = [
    { type: "reasoning", text: "I think", signature: "sig" },
    { type: "reasoning", text: "", redacted: "xyz" },
    { type: "text", text: "x" },
    CALL,
  ] as const;
  const { message } = encode({ parts, finish: "tool" }).choices[0];
  assertEquals(message.reasoning_content, "I think");
  assertEquals(message.reasoning_details, [
    { type: "reasoning.text", text: "I think", signature: "sig", index: 0 },
    { type: "reasoning.encrypted", data: "xyz", index: 1 },
  ]);
  const value = { model: "m", messages: [message] };
  const { messages } = decodeChatRequest({ text: "", value, spans: new Map() });
  assertEquals<unknown>(messages[0]?.parts, parts);
});

Deno.test("C12: parts that lose their place are reported", () => {
  const thought = { type: "reasoning", text: "t" } as const;
  const text = { type: "text", text: "x" } as const;
  const report = (...parts: Answer["parts"]) => {
    const losses = new LossReport();
    encode({ parts }, losses);
    return losses.toString();
  };
  assertEquals(report(thought, thought, text, text, CALL, CALL), "");
  assertEquals(
    report(thought, CALL, thought, CALL, thought),
    "changed: answer.reasoning_content (order of parts)",
  );
  assertEquals(
    report(text, thought, CALL, text),
    "changed: answer.reasoning_content (order of parts); " +
      "changed: answer.content (order of parts)",
  );
});

Deno.test("O3: a matched stop sequence has no field and is reported", () => {
  const losses = new LossReport();
  encode({ stopSequence: "END" }, losses);
  assertEquals(
    losses.toString(),
    "dropped: answer.stop_sequence (openai_chat)",
  );
});
