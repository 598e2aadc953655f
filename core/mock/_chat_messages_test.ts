import { assertEquals, assertThrows } from "@std/assert";
import { ApiError } from "./_api_error.ts";
import { MAX_CHARS, readMessages } from "./_chat_messages.ts";

const call = (id: string): unknown => ({
  id,
  type: "function",
  function: { name: "add", arguments: "{}" },
});

Deno.test("readMessages() finds the last user message and counts all texts", () => {
  assertEquals(
    readMessages([
      { role: "developer", content: "ab" },
      { role: "user", content: "old" },
      { role: "assistant", content: "x" },
      { role: "user", content: [{ type: "text", text: "new" }] },
    ]),
    { chars: 9, userText: "new", toolResults: undefined },
  );
});

Deno.test("readMessages() gives the tool results at the end, joined", () => {
  const messages = [
    { role: "user", content: "q" },
    { role: "assistant", content: null, tool_calls: [call("a"), call("b")] },
    { role: "tool", tool_call_id: "a", content: "5" },
    { role: "tool", tool_call_id: "b", content: [{ type: "text", text: "6" }] },
  ];
  assertEquals(readMessages(messages).toolResults, "5\n6");
  assertEquals(readMessages(messages).chars, 13);
  messages.push({ role: "user", content: "and?" });
  assertEquals(readMessages(messages).toolResults, undefined);
});

Deno.test("A23: readMessages() refuses a tool result without its call", () => {
  const result = { role: "tool", tool_call_id: "a", content: "5" };
  const turn = { role: "assistant", content: null, tool_calls: [call("b")] };
  for (
    const messages of [[result], [turn, result], [
      { role: "assistant", tool_calls: [call("a")] },
      { role: "user", content: "x" },
      result,
    ]]
  ) assertThrows(() => readMessages(messages), ApiError, "tool_call_id");
});

Deno.test("readMessages() names what is wrong", () => {
  const wrong: [unknown, string][] = [
    [undefined, "Missing required parameter: 'messages'"],
    ["x", "'messages'"],
    [[], "'messages'"],
    [[null], "'messages[0]'"],
    [[{ role: "narrator", content: "x" }], "'messages[0].role'"],
    [[{ role: "__proto__", content: "x" }], "'messages[0].role'"],
    [[{ role: "user" }], "'messages[0].content'"],
    [[{ role: "assistant", tool_calls: {} }], "'messages[0].tool_calls'"],
    [[{ role: "assistant", tool_calls: [{ id: 1 }] }], "tool_calls[0]'"],
    [
      [{ role: "assistant", tool_calls: [{ id: "a", function: { name: 1 } }] }],
      "tool_calls[0].function'",
    ],
  ];
  for (const [messages, at] of wrong) {
    assertThrows(() => readMessages(messages), ApiError, at);
  }
});

Deno.test("readMessages() refuses more text than the mock takes", () => {
  const content = "x".repeat(MAX_CHARS / 2 + 1);
  const message = { role: "user", content };
  assertEquals(readMessages([message]).chars, content.length);
  assertThrows(() => readMessages([message, message]), ApiError, "maximum");
});
