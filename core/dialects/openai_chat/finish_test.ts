import { assertEquals } from "@std/assert";
import { decodeChatFinish, encodeChatFinish } from "./finish.ts";

Deno.test("O1, H11: finish reasons are read by class", () => {
  const cases = [
    ["stop", "stop"],
    ["length", "length"],
    ["model_length", "length"],
    ["tool_calls", "tool"],
    ["function_call", "tool"],
    ["content_filter", "filter"],
    ["error", "error"],
    ["some_new_reason", "stop"],
    ["constructor", "stop"],
  ];
  for (const [reason, finish] of cases) {
    assertEquals<unknown>(decodeChatFinish(reason), finish);
  }
});

Deno.test("J15: no finish reason is none yet", () => {
  for (const reason of [undefined, null, "", 5, {}]) {
    assertEquals(decodeChatFinish(reason), undefined);
  }
});

Deno.test("O1: classes are written as finish reasons", () => {
  assertEquals(encodeChatFinish("stop", false), "stop");
  assertEquals(encodeChatFinish("length", false), "length");
  assertEquals(encodeChatFinish("tool", true), "tool_calls");
  assertEquals(encodeChatFinish("filter", false), "content_filter");
  assertEquals(encodeChatFinish("refusal", false), "content_filter");
  assertEquals(encodeChatFinish("error", false), "error");
});

Deno.test("A16: tool calls decide, but an answer that was cut stays cut", () => {
  assertEquals(encodeChatFinish("stop", true), "tool_calls");
  assertEquals(encodeChatFinish("tool", false), "stop");
  assertEquals(encodeChatFinish("length", true), "length");
  assertEquals(encodeChatFinish("filter", true), "content_filter");
});
