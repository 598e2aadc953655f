import { assertEquals, assertThrows } from "@std/assert";
import type { Message, Part } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import {
  assistant,
  call,
  encode,
  type EncodeOptions,
  result,
  user,
} from "./_test_provider.ts";

const IMAGE = { type: "image", data: "aGk=", mediaType: "image/jpg" } as const;

/** The messages that these parts of a user make. */
function content(parts: readonly Part[], options: EncodeOptions = {}): unknown {
  return encode({ messages: [user(parts)] }, options).messages[0]?.content;
}

function refused(messages: readonly Message[]): unknown {
  const error = assertThrows(() => encode({ messages }), GatewayError);
  assertEquals(error.status, 400);
  return error.param;
}

Deno.test("A32, O10: images by value and by address, sound and files", () => {
  assertEquals(
    content([
      { type: "text", text: "See" },
      IMAGE,
      { type: "image", url: "https://x.example/a.png", detail: "low" },
      { type: "audio", data: "aGk=", format: "wav" },
      { type: "file", data: "JVBERi0=", mediaType: "application/pdf" },
      { type: "file", fileId: "file-1" },
      { type: "file", url: "https://x.example/a.pdf", filename: "a.pdf" },
    ]),
    [
      { type: "text", text: "See" },
      { type: "image_url", image_url: { url: "data:image/jpeg;base64,aGk=" } },
      {
        type: "image_url",
        image_url: { url: "https://x.example/a.png", detail: "low" },
      },
      { type: "input_audio", input_audio: { data: "aGk=", format: "wav" } },
      {
        type: "file",
        file: {
          filename: "document.pdf",
          file_data: "data:application/pdf;base64,JVBERi0=",
        },
      },
      { type: "file", file: { file_id: "file-1" } },
      {
        type: "file",
        file: { filename: "a.pdf", file_data: "https://x.example/a.pdf" },
      },
    ],
  );
});

Deno.test("O10: a file that is an image is one, a file of text is text", () => {
  const { messages, losses } = encode({
    messages: [user([
      { type: "file", data: "aGk=", mediaType: "image/png", filename: "a" },
      { type: "file", data: "w6Q=", mediaType: "text/plain" },
    ])],
  });
  assertEquals(messages[0]?.content, [
    { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } },
    { type: "text", text: "ä" },
  ]);
  assertEquals(losses, [
    "dropped: messages[0].content[0].file.filename (an image)",
    "changed: messages[0].content[1].file (sent as text to p)",
  ]);
  const broken = { type: "file", data: "/w==", mediaType: "text/csv" } as const;
  assertEquals(refused([user([broken])]), "messages[0].content[0]");
  assertEquals(refused([user([{ type: "file" }])]), "messages[0].content[0]");
});

Deno.test("A24: text comes as one string where the provider wants that, or where it is one", () => {
  const texts = [
    { type: "text", text: "a" },
    { type: "text", text: "" },
    { type: "text", text: "b" },
  ] as const;
  const quirks = { stringContent: true };
  assertEquals(content(texts), [
    { type: "text", text: "a" },
    { type: "text", text: "b" },
  ]);
  assertEquals(content(texts.slice(0, 2)), "a");
  assertEquals(content(texts, { quirks }), "a\n\nb");
  assertEquals(content([{ type: "text", text: "" }]), "");
  assertEquals((content([...texts, IMAGE], { quirks }) as []).length, 3);
});

Deno.test("A15, A26: calls come without content, a refusal as such", () => {
  const { messages } = encode({
    messages: [
      assistant([call("c1", { args: '{"a": 1}' }), call("c2", { args: " " })]),
      result("c1"),
      result("c2"),
      assistant([{ type: "refusal", text: "No" }]),
      assistant([{ type: "text", text: "a" }, { type: "text", text: "b" }]),
      assistant(""),
    ],
  });
  const wire = (id: string, text: string) => ({
    id,
    type: "function",
    function: { name: "look", arguments: text },
  });
  assertEquals(messages, [
    {
      role: "assistant",
      content: null,
      tool_calls: [wire("c1", '{"a": 1}'), wire("c2", "{}")],
    },
    { role: "tool", tool_call_id: "c1", content: "ok" },
    { role: "tool", tool_call_id: "c2", content: "ok" },
    { role: "assistant", content: null, refusal: "No" },
    {
      role: "assistant",
      content: [{ type: "text", text: "a" }, { type: "text", text: "b" }],
    },
    { role: "assistant", content: "" },
  ]);
});

Deno.test("A23: results stand right behind their calls, whatever was said in between", () => {
  const { messages } = encode({
    messages: [
      assistant([call("c1"), call("c2")]),
      user("Wait"),
      result("c2", "two"),
      { ...result("c1", "one"), role: "user" },
      user("Go on"),
    ],
  });
  assertEquals(
    messages.slice(1).map(({ role, content }) => [role, content]),
    [
      ["tool", "two"],
      ["tool", "one"],
      ["user", "Wait"],
      ["user", "Go on"],
    ],
  );
});

Deno.test("A23: calls and results that don't belong together are refused by name", () => {
  assertEquals(
    refused([assistant([call("c1")]), user("Hi")]),
    "messages[0].tool_calls[0]",
  );
  assertEquals(refused([result("c1")]), "messages[0].tool_call_id");
  assertEquals(
    refused([assistant([call("c1")]), result("c1"), result("c1")]),
    "messages[2].tool_call_id",
  );
  assertEquals(
    refused([assistant([call("c1"), call("c1")])]),
    "messages[0].tool_calls[1].id",
  );
  assertEquals(
    refused([assistant([call("c1")]), assistant("x"), result("c1")]),
    "messages[0].tool_calls[0]",
  );
});

Deno.test("A24, C11: pictures of tool results follow in a user's message, which is told", () => {
  const { messages, losses } = encode({
    messages: [
      assistant([call("c1"), call("c2")]),
      result("c1", [{ type: "text", text: "one" }, IMAGE]),
      result("c2", [IMAGE]),
      user("And?"),
    ],
  });
  const image = {
    type: "image_url",
    image_url: { url: "data:image/jpeg;base64,aGk=" },
  };
  assertEquals(messages.slice(1), [
    { role: "tool", tool_call_id: "c1", content: "one" },
    {
      role: "tool",
      tool_call_id: "c2",
      content: "(It is in the user's next message.)",
    },
    {
      role: "user",
      content: [
        { type: "text", text: "Result of the tool call c1:" },
        image,
        { type: "text", text: "Result of the tool call c2:" },
        image,
      ],
    },
    { role: "user", content: "And?" },
  ]);
  assertEquals(losses, [
    "approximated: messages[1] (media sent beside the tool result)",
    "approximated: messages[2] (media sent beside the tool result)",
  ]);
});

Deno.test("C10: that a tool failed is said in its result", () => {
  const said = (text: string) => {
    const parts = text === "" ? [] : [{ type: "text", text }] as const;
    const failed = {
      type: "tool_result",
      callId: "c",
      parts,
      isError: true,
    } as const;
    const { messages, losses } = encode({
      messages: [assistant([call("c")]), { role: "tool", parts: [failed] }],
    });
    assertEquals(losses, [
      "approximated: messages[1].is_error (said in the text)",
    ]);
    return messages[1]?.content;
  };
  assertEquals(said("no such file"), "Error: no such file");
  assertEquals(said('{"error":"x"}'), '{"error":"x"}');
  assertEquals(said(""), "Error");
});

Deno.test("H4: ids that the provider refuses become others, for call and result alike", () => {
  const ids = (id: string, options: EncodeOptions) => {
    const { messages } = encode({
      messages: [assistant([call(id)]), result(id)],
    }, options);
    const [{ id: wire }] = messages[0]?.tool_calls as [{ id: string }];
    assertEquals(messages[1]?.tool_call_id, wire);
    return wire;
  };
  const mistral = { quirks: { callIdLength: 9 } };
  assertEquals(ids("abcDEF123", mistral), "abcDEF123");
  const mapped = ids("toolu_01", mistral);
  assertEquals(/^[a-zA-Z0-9]{9}$/.test(mapped), true);
  assertEquals(ids("toolu_01", mistral), mapped);
  assertEquals(ids("toolu_02", mistral) === mapped, false);
  assertEquals(ids("functions.x:0", {}), "functions.x:0");
  assertEquals(ids("x".repeat(41), {}).length <= 40, true);
});

Deno.test("encodeMessages() refuses parts that a role can't have", () => {
  assertEquals(
    refused([{ role: "system", parts: [IMAGE] }]),
    "messages[0].content[0]",
  );
  assertEquals(
    refused([{ role: "tool", parts: [{ type: "text", text: "x" }] }]),
    "messages[0].content[0]",
  );
  assertEquals(refused([assistant([IMAGE])]), "messages[0].content[0]");
  assertEquals(refused([user([call("c")])]), "messages[0].content[0]");
});

Deno.test("A31: names of participants are left out where the provider refuses them", () => {
  const user = { ...USER_NAMED };
  const { messages } = encode({ messages: [user] }, {
    quirks: { drop: ["messages[].name"] },
  });
  assertEquals(messages[0]?.name, undefined);
  assertEquals(encode({ messages: [user] }).messages[0]?.name, "Ann");
});

Deno.test("H6: a user's turn behind a tool's gets an answer before it", () => {
  const { messages } = encode({
    messages: [
      assistant([call("a")]),
      result("a"),
      { role: "user", parts: [{ type: "text", text: "and?" }] },
    ],
  }, { quirks: { answersTools: true } });
  assertEquals(messages.map(({ role }) => role), [
    "assistant",
    "tool",
    "assistant",
    "user",
  ]);
});

const USER_NAMED = {
  role: "user" as const,
  name: "Ann",
  parts: [{ type: "text" as const, text: "hi" }],
};
