import { assertEquals } from "@std/assert";
import {
  assertRefused,
  BASE,
  decode,
  decodeAll,
} from "./_test_client_decode.ts";
import { decodeMessagesRequest } from "./decode_request.ts";

const CALL = { type: "tool_use", id: "t1", name: "look", input: { a: 1 } };
const LOOK = { name: "look", input_schema: { type: "object" } };

Deno.test("K17: what a Messages request must have is asked for by name", () => {
  const missing = "missing_required_parameter";
  assertRefused({ model: undefined }, { param: "model", code: missing });
  assertRefused({ max_tokens: undefined }, {
    param: "max_tokens",
    code: missing,
  });
  assertRefused({ max_tokens: 0 }, {
    param: "max_tokens",
    code: "integer_below_min_value",
  });
  assertRefused({ messages: undefined }, { param: "messages", code: missing });
  assertRefused({ messages: [] }, { param: "messages", code: "empty_array" });
  assertRefused({ messages: [{ role: "tool", content: "x" }] }, {
    param: "messages[0].role",
    code: "invalid_value",
  });
  assertRefused({ messages: [{ role: "user" }] }, {
    param: "messages[0].content",
    code: missing,
  });
  assertRefused({ messages: [{ role: "user", content: 7 }] }, {
    param: "messages[0].content",
    code: "invalid_type",
  });
  const blank = { type: "text" };
  assertRefused({ messages: [{ role: "user", content: [blank] }] }, {
    param: "messages[0].content[0].text",
    code: missing,
  });
});

Deno.test("C2, C3: system text goes to the head, a system turn stays in its place", () => {
  assertEquals(decode({ system: "Be brief" }).messages[0], {
    role: "system",
    parts: [{ type: "text", text: "Be brief" }],
  });
  const system = [
    { type: "text", text: "a", cache_control: { type: "ephemeral" } },
    { type: "text", text: "b" },
  ];
  const messages = [
    { role: "user", content: "hi" },
    { role: "system", content: "now shout" },
    { role: "assistant", content: "HI" },
  ];
  assertEquals(decode({ system, messages }).messages, [
    {
      role: "system",
      parts: [
        { type: "text", text: "a", cacheControl: {} },
        { type: "text", text: "b" },
      ],
    },
    { role: "user", parts: [{ type: "text", text: "hi" }] },
    { role: "system", parts: [{ type: "text", text: "now shout" }] },
    { role: "assistant", parts: [{ type: "text", text: "HI" }] },
  ]);
});

Deno.test("C5, C10, C11: results become messages in front of their user turn", () => {
  const picture = {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: "aGk=" },
  };
  const [, , first, second, rest] = decodeAll(
    ["user", "hi"],
    ["assistant", [CALL, { ...CALL, id: "t2" }]],
    ["user", [
      { type: "text", text: "there" },
      {
        type: "tool_result",
        tool_use_id: "t1",
        is_error: true,
        content: "boom",
      },
      {
        type: "tool_result",
        tool_use_id: "t2",
        content: [picture],
        cache_control: { type: "ephemeral", ttl: "1h" },
      },
    ]],
  );
  assertEquals(first, {
    role: "tool",
    parts: [{
      type: "tool_result",
      callId: "t1",
      parts: [{ type: "text", text: "boom" }],
      isError: true,
    }],
  });
  assertEquals(second?.parts, [{
    type: "tool_result",
    callId: "t2",
    parts: [{ type: "image", data: "aGk=", mediaType: "image/png" }],
    cacheControl: { ttl: "1h" },
  }]);
  assertEquals(rest, {
    role: "user",
    parts: [{ type: "text", text: "there" }],
  });
});

Deno.test("C7: a call without a result, or a result without a call, is refused", () => {
  const answer = { type: "tool_result", tool_use_id: "t1" };
  const turns = (...content: unknown[]) => ({
    messages: content.map((blocks, index) => ({
      role: index % 2 === 0 ? "user" : "assistant",
      content: blocks,
    })),
  });
  const code = "invalid_value";
  assertRefused(turns("hi", [CALL]), { param: "messages[1].content", code });
  assertRefused(turns("hi", [CALL], "go on", "ok"), {
    param: "messages[1].content",
    code,
  });
  assertRefused(turns("hi", [CALL, CALL]), {
    param: "messages[1].content",
    code,
  });
  for (
    const [blocks, index] of [
      [[{ ...answer, tool_use_id: "t2" }], 0],
      [[answer, answer], 1],
    ] as const
  ) {
    assertRefused(turns("hi", [CALL], blocks), {
      param: `messages[2].content[${index}].tool_use_id`,
      code,
    });
  }
  assertRefused(turns([answer]), {
    param: "messages[0].content[0].tool_use_id",
    code,
  });
  // Turns of one role in a row are one.
  const rows = decode({
    messages: [
      ...turns("hi", [CALL]).messages,
      { role: "assistant", content: [{ ...CALL, id: "t2" }] },
      { role: "user", content: [answer] },
      { role: "user", content: [{ ...answer, tool_use_id: "t2" }] },
    ],
  });
  assertEquals(rows.messages.length, 5);
});

Deno.test("C8: ids that were written in the wire's letters are read back", () => {
  const id = "x_functions_002elook_003a0";
  const { messages } = decode({
    messages: [
      { role: "assistant", content: [{ ...CALL, id }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: id }] },
    ],
  });
  const [call, result] = messages.map(({ parts }) => parts[0]);
  assertEquals(call?.type === "tool_call" && call.id, "functions.look:0");
  assertEquals(
    result?.type === "tool_result" && result.callId,
    "functions.look:0",
  );
});

Deno.test("C12: thought is kept with its signature and its place", () => {
  const [, turn] = decodeAll(["user", "hi"], ["assistant", [
    { type: "thinking", thinking: "", signature: "s1" },
    { type: "redacted_thinking", data: "xyz" },
    { type: "text", text: "a" },
    { type: "thinking", thinking: "more", signature: "" },
  ]]);
  assertEquals(turn?.parts, [
    { type: "reasoning", text: "", signature: "s1" },
    { type: "reasoning", text: "", redacted: "xyz" },
    { type: "text", text: "a" },
    { type: "reasoning", text: "more" },
  ]);
});

Deno.test("M15: numbers in inputs and schemas keep their digits", () => {
  const text =
    `{"model":"m","max_tokens":9,"tools":[{"name":"look","input_schema":{"type":"object","maximum":12345678901234567890}}],"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"look","input":{"id":9007199254740993}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}]}`;
  const { messages, tools } = decodeMessagesRequest({
    text,
    value: JSON.parse(text),
    spans: new Map([
      ["tools", [text.indexOf("[{"), text.indexOf(`,"messages"`)]],
      ["messages", [text.indexOf(`[{"role"`), text.length - 1]],
    ]),
  });
  const [call] = messages[0]!.parts;
  assertEquals(
    call?.type === "tool_call" && call.arguments,
    '{"id":9007199254740993}',
  );
  assertEquals(
    JSON.stringify(tools?.[0]?.parameters),
    '{"type":"object","maximum":12345678901234567890}',
  );
});

Deno.test("C41: blocks of the provider's own tools go from the history, by name", () => {
  const { messages, unmapped } = decode({
    messages: [
      { role: "user", content: "hi" },
      {
        role: "assistant",
        content: [
          { type: "server_tool_use", id: "s", name: "web_search", input: {} },
          { type: "web_search_tool_result", tool_use_id: "s", content: [] },
          { type: "text", text: "found", citations: [{ type: "x" }] },
        ],
      },
      { role: "user", content: "more" },
    ],
  });
  assertEquals(messages[1]?.parts, [{ type: "text", text: "found" }]);
  assertEquals(unmapped, [
    "messages[1].content[0]",
    "messages[1].content[1]",
    "messages[1].content[2].citations",
  ]);
});

Deno.test("C41: what can't be left out is refused by name", () => {
  const code = "unsupported_value";
  assertRefused({ tools: [LOOK, { type: "bash_20250124", name: "bash" }] }, {
    param: "tools[1].type",
    code,
  });
  const upload = { type: "container_upload", file_id: "f" };
  assertRefused({ messages: [{ role: "user", content: [upload] }] }, {
    param: "messages[0].content[0].type",
    code,
  });
  assertRefused({ messages: [{ role: "assistant", content: [upload] }] }, {
    param: "messages[0].content[0].type",
    code,
  });
  for (
    const [param, value] of Object.entries({
      mcp_servers: [{ type: "url" }],
      container: "c",
      inference_geo: "us",
    })
  ) {
    assertRefused({ [param]: value }, {
      param,
      code: "unsupported_parameter",
    });
  }
  assertRefused({ thread: { type: "create" } }, {
    param: "thread",
    code: "thread_unsupported_request",
  });
});

Deno.test("A25: fields without a word are named, those that change nothing are not", () => {
  const { unmapped } = decode({
    service_tier: "standard_only",
    context_management: { edits: [{ type: "x" }] },
    cache_control: { type: "ephemeral" },
    metadata: { user_id: "u", other: 1 },
    something_new: true,
    tools: [{ ...LOOK, defer_loading: true, input_examples: [{}] }],
  });
  assertEquals(unmapped.toSorted(), [
    "cache_control",
    "context_management",
    "metadata.other",
    "service_tier",
    "something_new",
    "tools[0].defer_loading",
    "tools[0].input_examples",
  ]);
  const neutral = decode({
    service_tier: "auto",
    speed: "standard",
    inference_geo: null,
    mcp_servers: [],
    context_management: {},
    container: null,
    tools: [{
      ...LOOK,
      type: "custom",
      defer_loading: false,
      allowed_callers: ["direct"],
      eager_input_streaming: true,
    }],
  });
  assertEquals(neutral.unmapped, []);
});

Deno.test("C40: beta features that were asked for are named, and kept for who may know them", () => {
  const asked = new Map([["anthropic-beta", "context-1m-2025-08-07"]]);
  const { unmapped, extras } = decode({}, {
    header: (name) => asked.get(name),
  });
  assertEquals(unmapped, ["anthropic-beta"]);
  assertEquals(extras, asked);
  assertEquals(decode({}, { header: () => undefined }).unmapped, []);
});

Deno.test("decodeMessagesRequest() reads settings in the provider's ranges", () => {
  const { sampling, endUser, stream, maxOutputTokens } = decode({
    temperature: 1,
    top_p: 0.5,
    top_k: 40,
    stop_sequences: ["END"],
    metadata: { user_id: "u" },
    stream: true,
  });
  assertEquals(sampling, {
    temperature: 1,
    topP: 0.5,
    topK: 40,
    stop: ["END"],
  });
  assertEquals([endUser, stream, maxOutputTokens], ["u", true, 100]);
  assertRefused({ temperature: 1.5 }, {
    param: "temperature",
    code: "decimal_above_max_value",
  });
  assertRefused({ stop_sequences: ["a", 1] }, {
    param: "stop_sequences[1]",
    code: "invalid_type",
  });
  assertEquals(decode(BASE).sampling, {});
});
