import { assert, assertEquals } from "@std/assert";
import { assertRefused, decode, decodeItems } from "./_test_decode.ts";

const PIXEL = "data:image/png;base64,iVBORw0KGgo=";
const USER = { role: "user", content: "hi" };

function call(id: string, fields: Record<string, unknown> = {}): unknown {
  return {
    type: "function_call",
    id: `fc_${id}`,
    call_id: id,
    name: "f",
    arguments: '{"a":1.0}',
    status: "completed",
    ...fields,
  };
}

function output(id: string, output: unknown = "7"): unknown {
  return { type: "function_call_output", call_id: id, output };
}

function roles(...items: unknown[]): string {
  return decodeItems(...items).map(({ role }) => role).join(" ");
}

Deno.test("B25: the parts of a message by its role", () => {
  const [message] = decodeItems({
    type: "message",
    role: "user",
    content: [
      { type: "input_text", text: "see" },
      { type: "input_image", image_url: PIXEL, detail: "low" },
      { type: "input_image", image_url: "https://x.test/a.png" },
      { type: "input_file", file_url: "https://x.test/a.pdf" },
      { type: "input_file", file_id: "file_1" },
      { type: "input_file", file_data: "JVBERi0=", filename: "a.pdf" },
      { type: "input_audio", input_audio: { data: "AA==", format: "wav" } },
      {
        type: "input_text",
        text: "kept",
        prompt_cache_breakpoint: { mode: "explicit" },
      },
    ],
  });
  assertEquals(message, {
    role: "user",
    parts: [
      { type: "text", text: "see" },
      {
        type: "image",
        data: "iVBORw0KGgo=",
        mediaType: "image/png",
        detail: "low",
      },
      { type: "image", url: "https://x.test/a.png" },
      { type: "file", url: "https://x.test/a.pdf" },
      { type: "file", fileId: "file_1" },
      {
        type: "file",
        data: "JVBERi0=",
        mediaType: "application/pdf",
        filename: "a.pdf",
      },
      { type: "audio", data: "AA==", format: "wav" },
      { type: "text", text: "kept", cacheControl: {} },
    ],
  });
  const type = (role: string, type: string) =>
    assertRefused({
      input: [{ role, content: [{ type, text: "x", refusal: "x" }] }],
    }, { param: "input[0].content[0].type", code: "invalid_value" });
  type("user", "output_text");
  type("assistant", "input_text");
  type("system", "input_image");
  type("user", "toString");
});

Deno.test("B25: what the assistant has said, and refused", () => {
  const content = [
    { type: "output_text", text: "a", annotations: [], logprobs: [] },
    { type: "refusal", refusal: "no" },
  ];
  const items = [USER, {
    type: "message",
    id: "msg_1",
    status: "completed",
    role: "assistant",
    content,
  }];
  assertEquals(decodeItems(...items)[1], {
    role: "assistant",
    parts: [{ type: "text", text: "a" }, { type: "refusal", text: "no" }],
  });
  const { unmapped } = decode({
    input: [{
      role: "assistant",
      phase: "commentary",
      content: [{ ...content[0], annotations: [{ type: "url_citation" }] }],
    }],
  });
  assertEquals(unmapped, [
    "input[0].phase",
    "input[0].content[0].annotations",
  ]);
});

Deno.test("B14, B24: what the model gave in a row is one turn", () => {
  const messages = decodeItems(
    USER,
    {
      type: "reasoning",
      id: "rs",
      summary: [{ type: "summary_text", text: "t" }],
    },
    { role: "assistant", content: "I look" },
    call("a"),
    call("b"),
    output("a"),
    output("b"),
    { role: "assistant", content: "done" },
  );
  assertEquals(
    messages.map(({ role, parts }) => [role, parts.map((part) => part.type)]),
    [
      ["user", ["text"]],
      ["assistant", ["reasoning", "text", "tool_call", "tool_call"]],
      ["tool", ["tool_result"]],
      ["tool", ["tool_result"]],
      ["assistant", ["text"]],
    ],
  );
  assertEquals(messages[1]?.parts[2], {
    type: "tool_call",
    id: "a",
    name: "f",
    arguments: '{"a":1.0}',
  });
  assertEquals(messages[2]?.parts, [{
    type: "tool_result",
    callId: "a",
    parts: [{ type: "text", text: "7" }],
  }]);
});

Deno.test("A23: results stand behind their turn, wherever they came", () => {
  assertEquals(roles(call("a"), USER, output("a")), "assistant tool user");
  assertEquals(
    roles(
      call("a"),
      call("b"),
      output("b"),
      call("c"),
      output("a"),
      output("c"),
    ),
    "assistant tool tool assistant tool",
  );
  assertEquals(
    roles(call("a"), output("a"), USER, call("a"), output("a")),
    "assistant tool user assistant tool",
  );
});

Deno.test("A23: a result without a call and a call without a result are refused", () => {
  const code = "invalid_value";
  const message = assertRefused({ input: [USER, output("a")] }, {
    param: "input[1].call_id",
    code,
  });
  assert(message.includes("'a'"));
  assertRefused({ input: [call("a"), output("a"), output("a")] }, {
    param: "input[2].call_id",
    code,
  });
  assertRefused({ input: [USER, call("a")] }, {
    param: "input[1].call_id",
    code,
  });
  assertRefused({ input: [call("__proto__"), output("toString")] }, {
    param: "input[1].call_id",
    code,
  });
});

Deno.test("A14: a call without arguments gets an empty object", () => {
  for (const text of ["", " ", null]) {
    const [turn] = decodeItems(call("a", { arguments: text }), output("a"));
    const [part] = turn?.parts ?? [];
    assertEquals(part?.type === "tool_call" && part.arguments, "{}");
  }
});

Deno.test("C11: a result may hold images and files", () => {
  const [, result] = decodeItems(
    call("a"),
    output("a", [
      { type: "input_text", text: "see" },
      { type: "input_image", image_url: PIXEL },
    ]),
  );
  const [part] = result?.parts ?? [];
  assert(part?.type === "tool_result");
  assertEquals(part.parts.map(({ type }) => type), ["text", "image"]);
});

Deno.test("B18: a provider's own encrypted thought is named, its words are kept", () => {
  const { messages, unmapped } = decode({
    input: [
      USER,
      {
        type: "reasoning",
        id: "rs_1",
        summary: [
          { type: "summary_text", text: "a" },
          { type: "summary_text", text: "b" },
        ],
        content: [],
        encrypted_content: "gAAAAAB",
      },
      {
        type: "reasoning",
        id: "rs_2",
        summary: [],
        encrypted_content: "llmp1.?.x",
      },
      {
        type: "reasoning",
        id: "rs_3",
        summary: [{ type: "summary_text", text: "c" }],
        content: [{ type: "reasoning_text", text: "the thought" }],
      },
    ],
  });
  assertEquals(messages[1]?.parts, [
    { type: "reasoning", text: "a\n\nb" },
    { type: "reasoning", text: "the thought" },
  ]);
  assertEquals(unmapped, [
    "input[1].encrypted_content",
    "input[2].encrypted_content",
  ]);
});

Deno.test("B26: what hosted tools have done is left out and told, what others say of it stays", () => {
  const types = ["web_search_call", "mcp_call", "code_interpreter_call"];
  const { messages, unmapped } = decode({
    input: [
      USER,
      ...types.map((type) => ({ type, id: "i", status: "completed" })),
      { role: "assistant", content: "Found" },
      USER,
    ],
  });
  assertEquals(messages.map(({ role }) => role), ["user", "assistant", "user"]);
  assertEquals(unmapped, ["input[1]", "input[2]", "input[3]"]);
});

Deno.test("B14, B20: a custom tool's call and its result are a function's", () => {
  const { messages } = decode({
    input: [
      USER,
      { type: "custom_tool_call", call_id: "c", name: "sh", input: 'a "b"' },
      { type: "custom_tool_call_output", call_id: "c", output: "done" },
    ],
  });
  assertEquals(messages.slice(1), [
    {
      role: "assistant",
      parts: [{
        type: "tool_call",
        id: "c",
        name: "sh",
        arguments: JSON.stringify({ input: 'a "b"' }),
      }],
    },
    {
      role: "tool",
      parts: [{
        type: "tool_result",
        callId: "c",
        parts: [{ type: "text", text: "done" }],
      }],
    },
  ]);
});

Deno.test("B22: items that have no translation are refused by name", () => {
  for (const type of ["computer_call", "local_shell_call", "compaction", "x"]) {
    const message = assertRefused({ input: [USER, { type, id: "i" }] }, {
      param: "input[1].type",
      code: "unsupported_value",
    });
    assert(message.includes(type));
  }
  assertRefused({ input: [{ type: 7 }] }, {
    param: "input[0].type",
    code: "invalid_type",
  });
  assertRefused({ input: [{}] }, {
    param: "input[0].type",
    code: "missing_required_parameter",
  });
});

Deno.test("A32: media that can't be read are named", () => {
  const media = (part: Record<string, unknown>, key: string, code: string) =>
    assertRefused({ input: [{ role: "user", content: [part] }] }, {
      param: `input[0].content[0].${key}`,
      code,
    });
  const image = { type: "input_image" };
  const file = { type: "input_file" };
  const invalid = "invalid_value";
  media({ ...image, file_id: "f" }, "file_id", "unsupported_value");
  media({ ...image, image_url: "http://x.test/" }, "image_url", invalid);
  media(
    { ...image, image_url: "data:text/plain;base64,AA==" },
    "image_url",
    invalid,
  );
  media(image, "image_url", "missing_required_parameter");
  media({ ...file, file_url: PIXEL }, "file_url", invalid);
  media({ ...file, file_data: "AAAA" }, "file_data", invalid);
  media({ ...file, file_data: "https://x.test/" }, "file_data", invalid);
  media(file, "file_id", "missing_required_parameter");
  media({ type: "input_audio" }, "input_audio", "missing_required_parameter");
});
