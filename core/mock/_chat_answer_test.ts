import { assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../errors.ts";
import { chatAnswer, type ChatExchange } from "./_chat_answer.ts";
import { replyTo } from "./_chat_reply.ts";
import { readChatRequest } from "./_chat_request.ts";
import { mockModel } from "./_mock_model.ts";
import { ask, jsonOf, user } from "./_test_util.ts";

Deno.test("chatAnswer() has OpenAI's shape and counts four characters a token", async () => {
  const received = await ask({
    model: "echo",
    messages: [{ role: "system", content: "123" }, ...user("ping 42")],
  });
  const { id, created, ...answer } = jsonOf(received);
  assertEquals(received.status, 200);
  assertEquals(received.headers["content-type"], "application/json");
  assertEquals(received.chunks.length, 1);
  assertEquals(/^chatcmpl-[\w-]+$/.test(id), true);
  assertEquals(Math.abs(created - Date.now() / 1_000) < 60, true);
  assertEquals(answer, {
    object: "chat.completion",
    model: "echo",
    choices: [{
      index: 0,
      message: { role: "assistant", content: "ping 42", refusal: null },
      logprobs: null,
      finish_reason: "stop",
    }],
    usage: {
      prompt_tokens: 3,
      completion_tokens: 2,
      total_tokens: 5,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
    },
    system_fingerprint: "fp_mock",
  });
});

Deno.test("A15, A16: chatAnswer() gives a tool call null content and finish tool_calls", async () => {
  const tools = [{ type: "function", function: { name: "now" } }];
  const answer = jsonOf(
    await ask({ model: "tool", messages: user("x"), tools, n: 2 }),
  );
  const [first, second] = answer.choices;
  assertEquals(first.finish_reason, "tool_calls");
  assertEquals(first.message.content, null);
  const { id, ...call } = first.message.tool_calls[0];
  assertEquals(call, {
    type: "function",
    function: { name: "now", arguments: "{}" },
  });
  assertEquals(/^[a-zA-Z0-9_-]{1,40}$/.test(id), true);
  assertEquals(second.message.tool_calls[0].id === id, false);
});

Deno.test("A6: chatAnswer() gives n choices and counts all of them", async () => {
  const answer = jsonOf(
    await ask({ model: "echo", messages: user("ping 42"), n: 8 }),
  );
  assertEquals(
    answer.choices.map(({ index }: { index: number }) => index),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assertEquals(answer.usage.completion_tokens, 16);
});

function parts(model: string, text: string): Generator<string | number> {
  const behaviour = mockModel(model)!;
  const request = readChatRequest({ messages: user(text) }, {
    name: model,
    behaviour,
  });
  const exchange: ChatExchange = {
    request,
    reply: replyTo(request),
    head: { id: "chatcmpl-1", created: 0 },
  };
  return chatAnswer(exchange);
}

Deno.test("chatAnswer() waits as long for slow as its stream takes, a minute at most", () => {
  assertEquals(parts("slow", "one two three").next().value, 1_200);
  assertEquals(parts("slow-50-7", "one").next().value, 50);
  assertEquals(parts("slow-50-0", "one two").next().value, 50);
  assertEquals(parts("slow-1-1000", "a ".repeat(999)).next().value, 60_000);
});

Deno.test("chatAnswer() breaks off in the middle of the JSON for cut", () => {
  const source = parts("cut", "one two three");
  const half = String(source.next().value);
  assertEquals(half.startsWith('{"id":"chatcmpl-1"'), true);
  assertThrows(() => JSON.parse(half), SyntaxError);
  const error = assertThrows(() => source.next(), UpstreamError);
  assertEquals(error.code, "upstream_body_cut");
});
