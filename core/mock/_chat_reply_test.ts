import { assertEquals, assertThrows } from "@std/assert";
import { ApiError } from "./_api_error.ts";
import { type Reply, replyTo } from "./_chat_reply.ts";
import { readChatRequest } from "./_chat_request.ts";
import { mockModel } from "./_mock_model.ts";
import { user } from "./_test_util.ts";

function reply(name: string, fields: Record<string, unknown> = {}): Reply {
  const behaviour = mockModel(name)!;
  return replyTo(
    readChatRequest({ messages: user("ping 42"), ...fields }, {
      name,
      behaviour,
    }),
  );
}

const tools = ["first", "second"].map((name) => ({
  type: "function",
  function: {
    name,
    parameters: {
      type: "object",
      properties: { [name]: { type: "integer" } },
    },
  },
}));

Deno.test("replyTo() says what the user said for echo, slow and cut", () => {
  for (const model of ["echo", "slow", "cut"]) {
    assertEquals(reply(model), {
      type: "text",
      text: "ping 42",
      finish: "stop",
    });
  }
});

Deno.test("replyTo() cuts lorem where max_tokens says so", () => {
  const free = reply("lorem") as Reply & { type: "text" };
  const short = reply("lorem", { max_tokens: 5 }) as Reply & { type: "text" };
  const long = reply("lorem", { max_tokens: 500 }) as Reply & { type: "text" };
  assertEquals(free.finish, "stop");
  assertEquals([short.text.length, short.finish], [20, "length"]);
  assertEquals([long.text.length, long.finish], [2_000, "length"]);
  assertEquals(free.text.startsWith(short.text), true);
});

Deno.test("replyTo() honours stop and max_tokens for echo", () => {
  assertEquals(reply("echo", { stop: " 4" }), {
    type: "text",
    text: "ping",
    finish: "stop",
  });
  assertEquals(reply("echo", { max_tokens: 1 }), {
    type: "text",
    text: "ping",
    finish: "length",
  });
});

Deno.test("replyTo() answers json_schema with valid JSON and json_object with an object", () => {
  const schema = {
    type: "object",
    properties: { n: { type: "integer", minimum: 5 } },
    required: ["n"],
  };
  const named = { name: "a", schema };
  for (const model of ["echo", "lorem"]) {
    assertEquals(
      reply(model, {
        response_format: { type: "json_schema", json_schema: named },
      }),
      { type: "text", text: '{"n":5}', finish: "stop" },
    );
  }
  assertEquals(reply("echo", { response_format: { type: "json_object" } }), {
    type: "text",
    text: '{"echo":"ping 42"}',
    finish: "stop",
  });
});

Deno.test("replyTo() calls the first tool or the one that is named", () => {
  assertEquals(reply("tool", { tools, parallel_tool_calls: true }), {
    type: "tool",
    name: "first",
    arguments: '{"first":1}',
  });
  const named = { type: "function", function: { name: "second" } };
  assertEquals(reply("tool", { tools, tool_choice: named }), {
    type: "tool",
    name: "second",
    arguments: '{"second":1}',
  });
});

Deno.test("A13: replyTo() gives {} to a tool without parameters or with odd ones", () => {
  for (const parameters of [undefined, {}, { type: "string" }, { $ref: "#" }]) {
    const tool = { type: "function", function: { name: "now", parameters } };
    assertEquals(reply("tool", { tools: [tool] }), {
      type: "tool",
      name: "now",
      arguments: "{}",
    });
  }
});

Deno.test("replyTo() answers in text without tools, with none, and after a tool result", () => {
  const text = { type: "text", text: "ping 42", finish: "stop" };
  assertEquals(reply("tool"), text as Reply);
  assertEquals(reply("tool", { tools, tool_choice: "none" }), text as Reply);
  const call = {
    id: "c1",
    type: "function",
    function: { name: "first", arguments: "{}" },
  };
  const messages = [
    ...user("ping 42"),
    { role: "assistant", content: null, tool_calls: [call] },
    { role: "tool", tool_call_id: "c1", content: "It rains" },
  ];
  assertEquals(reply("tool", { tools, messages }), {
    type: "text",
    text: "The tool answered: It rains",
    finish: "stop",
  });
});

Deno.test("replyTo() refuses to multiply a very long text", () => {
  const messages = user("x".repeat(9 * 1024 * 1024));
  assertEquals(reply("echo", { messages }).type, "text");
  assertThrows(() => reply("echo", { messages, n: 2 }), ApiError, "maximum");
});
