import { assertEquals } from "@std/assert";
import type { Answer, AnswerEvent } from "../../answer.ts";
import { chunksOf } from "./_test_pass.ts";
import { assertRefused, lastParts } from "./_test_decode.ts";
import { encodeChatAnswer } from "./encode_answer.ts";
import { ChatStreamEncoder } from "./encode_stream.ts";

const PARTS: Answer["parts"] = [
  { type: "text", text: "Let me see", signature: "t1" },
  {
    type: "tool_call",
    id: "call_1",
    name: "look",
    arguments: "{}",
    signature: "c1",
  },
  { type: "tool_call", id: "call_2", name: "look", arguments: "{}" },
];
/** The parts of an assistant message that a client sends back. */
function echoed(message: unknown): unknown {
  return lastParts({ role: "user", content: "x" }, message);
}

Deno.test("D9, D10: thought signatures go to the client and come back on the same parts", () => {
  const { choices: [{ message }] } = JSON.parse(encodeChatAnswer({
    id: "r",
    model: "m",
    parts: PARTS,
    finish: "tool",
  }));
  assertEquals(message.extra_content, {
    google: { thought_signature: "t1" },
  });
  assertEquals(message.tool_calls[0].extra_content, {
    google: { thought_signature: "c1" },
  });
  assertEquals("extra_content" in message.tool_calls[1], false);
  assertEquals(echoed(message), PARTS);
});

Deno.test("D11: a signature without visible text comes back on an empty text", () => {
  const parts: Answer["parts"] = [
    { type: "text", text: "Hi" },
    { type: "text", text: "", signature: "t" },
  ];
  const { choices: [{ message }] } = JSON.parse(
    encodeChatAnswer({ id: "r", model: "m", parts, finish: "stop" }),
  );
  assertEquals(message.content, "Hi");
  assertEquals(echoed(message), [{ type: "text", text: "Hi", signature: "t" }]);
  assertEquals(
    echoed({ ...message, content: null, tool_calls: undefined }),
    [{ type: "text", text: "", signature: "t" }],
  );
});

Deno.test("D9: a stream tells signatures as a whole answer does", () => {
  const encoder = new ChatStreamEncoder({ includeUsage: false });
  const events: AnswerEvent[] = [
    { type: "start", id: "r", model: "m" },
    { type: "part_start", part: 0, kind: "text" },
    { type: "part_delta", part: 0, text: "Let me see" },
    { type: "part_end", part: 0, signature: "t1" },
    {
      type: "part_start",
      part: 1,
      kind: "tool_call",
      id: "call_1",
      name: "look",
      signature: "c1",
    },
    { type: "part_end", part: 1 },
    { type: "finish", finish: "tool" },
  ];
  const chunks = chunksOf(events.map((event) => encoder.push(event)).join(""));
  const deltas = chunks.map(({ choices: [choice] }) => choice?.delta);
  assertEquals(deltas[1], {
    extra_content: { google: { thought_signature: "t1" } },
  });
  assertEquals<unknown>(deltas[2]?.tool_calls, [{
    index: 0,
    id: "call_1",
    type: "function",
    function: { name: "look", arguments: "" },
    extra_content: { google: { thought_signature: "c1" } },
  }]);
});

Deno.test("D9: what is no signature is passed over or refused by name", () => {
  const message = { role: "assistant", content: "Hi" };
  for (const extra of [null, {}, { google: null }, { google: {} }]) {
    assertEquals(
      echoed({ ...message, extra_content: extra }),
      [{ type: "text", text: "Hi" }],
    );
  }
  assertRefused({ messages: [{ ...message, extra_content: "x" }] }, {
    param: "messages[0].extra_content",
    code: "invalid_type",
  });
});
