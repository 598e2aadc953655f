import { assertEquals, assertRejects } from "@std/assert";
import { UpstreamError } from "../errors.ts";
import { replyTo } from "./_chat_reply.ts";
import { readChatRequest } from "./_chat_request.ts";
import { chatStream } from "./_chat_stream.ts";
import { mockModel } from "./_mock_model.ts";
import { ask, eventsOf, post, user } from "./_test_util.ts";

const tools = [{
  type: "function",
  function: {
    name: "weather",
    parameters: {
      type: "object",
      properties: { city: { const: "Zürich 🏔️, Switzerland" } },
    },
  },
}];

Deno.test("A1, A8, A9: chatStream() sends a role, words, a finish and [DONE] under one id", async () => {
  const received = await ask({
    model: "echo",
    stream: true,
    messages: user("one  two\n3"),
  });
  assertEquals(
    received.headers["content-type"],
    "text/event-stream; charset=utf-8",
  );
  assertEquals(received.chunks.at(-1), "data: [DONE]\n\n");
  const events = eventsOf(received);
  assertEquals(
    events.map(({ choices }) => [choices[0].delta, choices[0].finish_reason]),
    [
      [{ role: "assistant", content: "", refusal: null }, null],
      [{ content: "one" }, null],
      [{ content: "  two" }, null],
      [{ content: "\n3" }, null],
      [{}, "stop"],
    ],
  );
  const { choices: _, ...first } = events[0];
  for (const { choices, ...same } of events) {
    assertEquals(same, first);
    assertEquals(choices.length, 1);
  }
  assertEquals(first.object, "chat.completion.chunk");
  assertEquals(Object.hasOwn(first, "usage"), false);
});

Deno.test("chatStream() sends one event in each chunk", async () => {
  const { chunks } = await ask({
    model: "lorem",
    stream: true,
    messages: user("x"),
  });
  for (const chunk of chunks) {
    assertEquals(chunk.startsWith("data: ") && chunk.endsWith("\n\n"), true);
    assertEquals(chunk.indexOf("\n"), chunk.length - 2);
  }
});

Deno.test("A4: chatStream() sends usage once, after the finish, null before", async () => {
  const events = eventsOf(
    await ask({
      model: "echo",
      stream: true,
      stream_options: { include_usage: true },
      messages: user("ping 42"),
    }),
  );
  const last = events.pop();
  assertEquals(last.choices, []);
  assertEquals(last.usage.total_tokens, 4);
  for (const { usage } of events) assertEquals(usage, null);
});

Deno.test("A6: chatStream() gives each of n choices its own index", async () => {
  const events = eventsOf(
    await ask({ model: "echo", stream: true, n: 3, messages: user("a b") }),
  );
  for (const wanted of [0, 1, 2]) {
    const own = events.flatMap(({ choices }) => choices)
      .filter(({ index }) => index === wanted);
    assertEquals(own.map(({ delta }) => delta.content ?? "").join(""), "a b");
    assertEquals(own.map((choice) => choice.finish_reason), [
      null,
      null,
      null,
      "stop",
    ]);
  }
});

Deno.test("A10, A16: chatStream() sends a tool call in fragments", async () => {
  const events = eventsOf(
    await ask({ model: "tool", stream: true, tools, messages: user("x") }),
  );
  const deltas = events.map(({ choices }) => choices[0].delta);
  assertEquals(deltas[0], { role: "assistant", content: null, refusal: null });
  const calls = deltas.slice(1, -1).map((delta) => delta.tool_calls[0]);
  const [{ id, ...head }, ...rest] = calls;
  assertEquals(id.startsWith("call_"), true);
  assertEquals(head, {
    index: 0,
    type: "function",
    function: { name: "weather", arguments: "" },
  });
  assertEquals(rest.length > 1, true);
  for (const call of rest) {
    assertEquals(Object.keys(call), ["index", "function"]);
    assertEquals(Object.keys(call.function), ["arguments"]);
  }
  const text = calls.map((call) => call.function.arguments).join("");
  assertEquals(JSON.parse(text), { city: "Zürich 🏔️, Switzerland" });
  assertEquals(events.at(-1).choices[0].finish_reason, "tool_calls");
});

Deno.test("chatStream() ends without words for an empty text", async () => {
  const events = eventsOf(
    await ask({ model: "echo", stream: true, messages: user("") }),
  );
  assertEquals(events.map(({ choices }) => choices[0].finish_reason), [
    null,
    "stop",
  ]);
});

Deno.test("U6: chatStream() breaks off after some words for cut, never with an end", async () => {
  for (const text of ["", "one", "one two three four five"]) {
    const { status, body } = await post({
      model: "cut",
      stream: true,
      messages: user(text),
    });
    let seen = "";
    const error = await assertRejects(
      () =>
        body.pump((chunk) => {
          seen += new TextDecoder().decode(chunk);
        }),
      UpstreamError,
    );
    assertEquals(status, 200);
    assertEquals(error.code, "upstream_body_cut");
    assertEquals(seen.includes('"finish_reason":"'), false);
    assertEquals(seen.includes("[DONE]"), false);
    assertEquals(seen.includes("four"), false);
    assertEquals(seen.includes("one"), text !== "");
  }
});

function pauses(name: string): unknown[] {
  const behaviour = mockModel(name)!;
  const request = readChatRequest(
    { messages: user("one two three"), stream: true, n: 2 },
    { name, behaviour },
  );
  const head = { id: "chatcmpl-1", created: 0 };
  return [...chatStream({ request, reply: replyTo(request), head })]
    .map((part) => typeof part === "number" ? part : "")
    .filter((part) => part !== "");
}

Deno.test("chatStream() pauses before the first word and between words for slow alone", async () => {
  assertEquals(pauses("slow-2000-50"), [2_000, 50, 50]);
  assertEquals(pauses("echo"), []);
  const start = performance.now();
  await ask({ model: "slow-40-30", stream: true, messages: user("a b c") });
  assertEquals(performance.now() - start > 90, true);
});
