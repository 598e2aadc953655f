import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Conversation, Part } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import {
  assistant,
  call,
  encode,
  result,
  system,
  user,
} from "./_test_encode.ts";

function text(text: string): Record<string, unknown> {
  return { type: "text", text };
}

function refused(part: Partial<Conversation>, param: string): GatewayError {
  const error = assertThrows(() => encode(part), GatewayError);
  assertEquals([error.status, error.param], [400, param]);
  return error;
}

Deno.test("C2: system and developer messages at the head become the system field, in order", () => {
  const { body, losses } = encode({
    messages: [
      system("One"),
      { role: "developer", parts: [{ type: "text", text: "Two" }] },
      user("Hi"),
    ],
  });
  assertEquals(body.system, [text("One"), text("Two")]);
  assertEquals(body.messages, [{ role: "user", content: [text("Hi")] }]);
  assertEquals(losses, []);
});

Deno.test("C3: a system message in mid-conversation keeps its place as marked user text", () => {
  const { body, losses } = encode({
    messages: [
      system("Head"),
      user("Hi"),
      assistant("Hello"),
      system("Be brief"),
      user("Go on"),
    ],
  });
  assertEquals(body.system, [text("Head")]);
  assertEquals(body.messages, [
    { role: "user", content: [text("Hi")] },
    { role: "assistant", content: [text("Hello")] },
    {
      role: "user",
      content: [text("<system>\nBe brief\n</system>"), text("Go on")],
    },
  ]);
  assertEquals(losses, [
    "approximated: messages[3] (sent as marked user text)",
  ]);
});

Deno.test("C3: a model that knows system turns gets one where they are allowed", () => {
  const messages = [
    user("Hi"),
    system("One"),
    system("Two"),
    assistant("Hello"),
    system("Not behind the assistant"),
    user("Go on"),
    system("Last"),
  ];
  const { body, losses } = encode({ messages }, "claude-opus-4-8");
  assertEquals(
    (body.messages as { role: string }[]).map(({ role }) => role),
    ["user", "system", "assistant", "user", "system"],
  );
  assertEquals((body.messages as { content: unknown }[])[1]?.content, [
    text("One"),
    text("Two"),
  ]);
  assertEquals(losses, [
    "approximated: messages[4] (sent as marked user text)",
  ]);
});

Deno.test("C3: a system turn before a user turn is not allowed and becomes user text", () => {
  const messages = [user("Hi"), system("Hm"), assistant([]), user("Go on")];
  const { body } = encode({ messages }, "claude-opus-4-8");
  assertEquals(body.messages, [{
    role: "user",
    content: [text("Hi"), text("<system>\nHm\n</system>"), text("Go on")],
  }]);
});

Deno.test("C4: neighbours of one role are merged", () => {
  const { body } = encode({
    messages: [user("a"), user("b"), assistant("c"), assistant("d"), user("e")],
  });
  assertEquals(body.messages, [
    { role: "user", content: [text("a"), text("b")] },
    { role: "assistant", content: [text("c"), text("d")] },
    { role: "user", content: [text("e")] },
  ]);
});

Deno.test("C4: a user turn is put before a first turn of the assistant", () => {
  const { body, losses } = encode({
    messages: [assistant("Hello"), user("Hi")],
  });
  const [first] = body.messages as { role: string }[];
  assertEquals(first?.role, "user");
  assertEquals(losses, ["approximated: messages (a user turn was put first)"]);
});

Deno.test("C4: of system messages alone the last one becomes the user's", () => {
  const { body, losses } = encode({ messages: [system("One"), system("Two")] });
  assertEquals(body.system, [text("One")]);
  assertEquals(body.messages, [{ role: "user", content: [text("Two")] }]);
  assertEquals(losses, ["approximated: messages[1] (sent as a user message)"]);
});

Deno.test("C5, C6, B24: all results of an assistant turn go in one user turn, in front", () => {
  const { body } = encode({
    messages: [
      user("Go"),
      assistant([call("a")]),
      assistant([call("b")]),
      user("By the way"),
      result("b", "B"),
      result("a", "A"),
      user("Well?"),
    ],
  });
  assertEquals(body.messages, [
    { role: "user", content: [text("Go")] },
    {
      role: "assistant",
      content: [
        { type: "tool_use", id: "a", name: "look", input: {} },
        { type: "tool_use", id: "b", name: "look", input: {} },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "b", content: "B" },
        { type: "tool_result", tool_use_id: "a", content: "A" },
        text("By the way"),
        text("Well?"),
      ],
    },
  ]);
});

Deno.test("C7: a call without a result is refused", () => {
  refused({
    messages: [
      user("Go"),
      assistant([call("a")]),
      user("Well?"),
      assistant("?"),
    ],
  }, "messages[1].tool_calls[0]");
  refused({
    messages: [user("Go"), assistant([call("a"), call("b")]), result("a")],
  }, "messages[1].tool_calls[1]");
});

Deno.test("C7, A23: a result that matches no call of the preceding turn is refused", () => {
  refused({ messages: [user("Go"), result("a")] }, "messages[1].tool_call_id");
  const late = refused({
    messages: [
      user("Go"),
      assistant([call("a")]),
      result("a"),
      assistant("Done"),
      result("a"),
    ],
  }, "messages[4].tool_call_id");
  assertStringIncludes(late.message, "is none of the preceding");
  const twice = refused({
    messages: [user("Go"), assistant([call("a")]), result("a"), result("a")],
  }, "messages[3].tool_call_id");
  assertStringIncludes(twice.message, "has a result already");
});

Deno.test("C7: two calls of one id in one turn are refused", () => {
  refused({
    messages: [user("Go"), assistant([call("a"), call("a")])],
  }, "messages[1].tool_calls[1].id");
});

Deno.test("C8: a call and its result get the same id", () => {
  const { body } = encode({
    messages: [user("Go"), assistant([call("f:1")]), result("f:1")],
  });
  const turns = body.messages as { content: Record<string, unknown>[] }[];
  assertEquals(turns[1]?.content[0]?.id, "x_f_003a1");
  assertEquals(turns[2]?.content[0]?.tool_use_id, "x_f_003a1");
});

Deno.test("C12: thought goes first and unmodified, redacted and empty ones too", () => {
  const { body, losses } = encode({
    messages: [
      user("Go"),
      assistant([
        { type: "text", text: "Hm" },
        { type: "reasoning", text: "I think", signature: "s1" },
        { type: "reasoning", text: "", redacted: "r==" },
        { type: "reasoning", text: "", signature: "s2" },
        call("a"),
      ]),
      result("a"),
    ],
  });
  assertEquals((body.messages as { content: unknown }[])[1]?.content, [
    { type: "thinking", thinking: "I think", signature: "s1" },
    { type: "redacted_thinking", data: "r==" },
    { type: "thinking", thinking: "", signature: "s2" },
    text("Hm"),
    { type: "tool_use", id: "a", name: "look", input: {} },
  ]);
  assertEquals(losses, [
    "changed: messages[1].reasoning_content (moved to the front)",
  ]);
});

Deno.test("C12: thought between other blocks stays there when the turn begins with thought", () => {
  const { body, losses } = encode({
    messages: [
      user("Go"),
      assistant([
        { type: "reasoning", text: "1", signature: "s" },
        { type: "text", text: "Hm" },
        { type: "reasoning", text: "2", signature: "s" },
      ]),
      user("And?"),
    ],
  });
  const [, turn] = body.messages as { content: { type: string }[] }[];
  assertEquals(turn?.content.map(({ type }) => type), [
    "thinking",
    "text",
    "thinking",
  ]);
  assertEquals(losses, []);
});

Deno.test("C12: thought without a signature is dropped and reported", () => {
  const { body, losses } = encode({
    messages: [
      user("Go"),
      assistant([
        { type: "reasoning", text: "Hm" },
        { type: "text", text: "Yes" },
      ]),
      user("And?"),
    ],
  });
  assertEquals((body.messages as { content: unknown }[])[1]?.content, [
    text("Yes"),
  ]);
  assertEquals(losses, [
    "dropped: messages[1].reasoning_content (thought without a signature)",
  ]);
});

Deno.test("C45: blank text blocks and the turns they leave empty are left out", () => {
  const { body, losses } = encode({
    messages: [
      system(""),
      user([{ type: "text", text: "" }, { type: "text", text: "Hi" }]),
      assistant([{ type: "text", text: " \n" }]),
      user("There?"),
    ],
  });
  assertEquals("system" in body, false);
  assertEquals(body.messages, [
    { role: "user", content: [text("Hi"), text("There?")] },
  ]);
  assertEquals(losses, [
    "dropped: messages[2].content[0] (nothing but white space)",
  ]);
});

Deno.test("C45: white space at the end of a prefill is cut, elsewhere it stays", () => {
  const { body, losses } = encode({
    messages: [
      user("Hi"),
      assistant("Hello \n"),
      user("And? "),
      assistant([{ type: "reasoning", text: "?" }, {
        type: "text",
        text: "Well, ",
      }, { type: "text", text: " " }]),
    ],
  });
  const turns = body.messages as { content: { text: string }[] }[];
  assertEquals(turns.map(({ content }) => content[0]?.text), [
    "Hi",
    "Hello \n",
    "And? ",
    "Well,",
  ]);
  assertEquals(losses.slice(1, 2), [
    "changed: messages[3].content[0] (white space at the end cut)",
  ]);
});

Deno.test("encodeRequest() refuses a conversation in which nothing is said", () => {
  for (const messages of [[], [user("")], [user(" "), assistant([])]]) {
    refused({ messages }, "messages");
  }
});

Deno.test("encodeRequest() sends an earlier refusal as text and reports names", () => {
  const { body, losses } = encode({
    messages: [
      { ...user("Hi"), name: "ann" },
      assistant([{ type: "refusal", text: "No." }]),
      user("Please"),
    ],
  });
  assertEquals((body.messages as { content: unknown }[])[1]?.content, [
    text("No."),
  ]);
  assertEquals(losses, [
    "dropped: messages[0].name (anthropic)",
    "changed: messages[1].refusal (sent as text)",
  ]);
});

Deno.test("encodeRequest() refuses content that its role or the provider can't have", () => {
  const audio: Part = { type: "audio", data: "AA==", format: "wav" };
  refused({ messages: [user([audio])] }, "messages[0].content[0]");
  refused({ messages: [user([call("a")])] }, "messages[0].content[0]");
  const image: Part = { type: "image", url: "https://x.test/a.png" };
  refused({
    messages: [system([image]), user("Hi")],
  }, "messages[0].content[0]");
  refused({
    messages: [user("Hi"), assistant([image])],
  }, "messages[1].content[0]");
});

Deno.test("encodeRequest() stays linear with very many system messages", () => {
  const messages = [user("Hi")];
  for (let i = 0; i < 50_000; i++) messages.push(system("s"));
  messages.push(user("Hi"));
  const start = performance.now();
  encode({ messages }, "claude-opus-4-8");
  assertEquals(performance.now() - start < 5_000, true);
});
