import { assert, assertEquals } from "@std/assert";
import { assertRefused, decode, decodeAll, lastParts } from "./_test_decode.ts";

const CALL = {
  id: "call_1",
  type: "function",
  function: { name: "weather", arguments: '{"city": "Rome"}' },
};
const ASKED = { role: "assistant", content: null, tool_calls: [CALL] };
const CANONICAL_CALL = {
  type: "tool_call",
  id: "call_1",
  name: "weather",
  arguments: '{"city": "Rome"}',
} as const;

Deno.test("decodeChatRequest() keeps roles, names and the order of messages", () => {
  assertEquals(
    decodeAll(
      { role: "system", content: "s" },
      { role: "developer", content: [{ type: "text", text: "d" }] },
      { role: "user", content: "u", name: "ann" },
      { role: "assistant", content: "a" },
    ),
    [
      { role: "system", parts: [{ type: "text", text: "s" }] },
      { role: "developer", parts: [{ type: "text", text: "d" }] },
      { role: "user", parts: [{ type: "text", text: "u" }], name: "ann" },
      { role: "assistant", parts: [{ type: "text", text: "a" }] },
    ],
  );
});

Deno.test("K17: what is wrong in a message is named by its place", () => {
  const missing = "missing_required_parameter";
  const cases: [unknown, string, string][] = [
    [{ content: "x" }, "messages[0].role", missing],
    [{ role: "boss", content: "x" }, "messages[0].role", "invalid_value"],
    [
      { role: "function", name: "f", content: "x" },
      "messages[0].role",
      "unsupported_value",
    ],
    [{ role: "user" }, "messages[0].content", missing],
    [{ role: "user", content: 5 }, "messages[0].content", "invalid_type"],
    [
      { role: "user", content: ["x"] },
      "messages[0].content[0]",
      "invalid_type",
    ],
    [
      { role: "user", content: [{ text: "x" }] },
      "messages[0].content[0].type",
      missing,
    ],
    [
      { role: "user", content: [{ type: "video_url" }] },
      "messages[0].content[0].type",
      "invalid_value",
    ],
    [
      { role: "system", content: [{ type: "image_url" }] },
      "messages[0].content[0].type",
      "invalid_value",
    ],
    [
      { role: "user", content: [{ type: "text" }] },
      "messages[0].content[0].text",
      missing,
    ],
    [{ role: "assistant" }, "messages[0].content", missing],
    [
      { role: "assistant", function_call: { name: "f", arguments: "{}" } },
      "messages[0].function_call",
      "unsupported_parameter",
    ],
    [
      { role: "assistant", tool_calls: [{ type: "function", id: "a" }] },
      "messages[0].tool_calls[0].function",
      missing,
    ],
    [
      {
        role: "assistant",
        tool_calls: [{ ...CALL, function: { name: "f", arguments: {} } }],
      },
      "messages[0].tool_calls[0].function.arguments",
      "invalid_type",
    ],
    [
      { role: "assistant", tool_calls: [{ ...CALL, type: "custom" }] },
      "messages[0].tool_calls[0].type",
      "invalid_value",
    ],
  ];
  for (const [message, param, code] of cases) {
    assertRefused({ messages: [message] }, { param, code });
  }
});

Deno.test("A15: null, empty and no content beside tool calls are the same", () => {
  for (const content of [null, "", undefined]) {
    assertEquals(
      lastParts({ ...ASKED, content }),
      [CANONICAL_CALL],
    );
  }
});

Deno.test("A14: blank arguments of a call in the history become {}", () => {
  for (const text of ["", "  ", null, undefined]) {
    const call = { ...CALL, function: { name: "now", arguments: text } };
    assertEquals(lastParts({ role: "assistant", tool_calls: [call] }), [{
      type: "tool_call",
      id: "call_1",
      name: "now",
      arguments: "{}",
    }]);
  }
});

Deno.test("M15, M16: arguments are kept byte for byte", () => {
  const text = '{ "n":12345678901234567890.10,"b" : 1 }';
  const call = { ...CALL, function: { name: "f", arguments: text } };
  const [part] = lastParts({ role: "assistant", tool_calls: [call] });
  assert(part?.type === "tool_call");
  assertEquals(part.arguments, text);
});

Deno.test("J20: an empty or null list of tool calls is no tool turn", () => {
  for (const none of [[], null]) {
    assertEquals(
      lastParts({ role: "assistant", content: "x", tool_calls: none }),
      [
        { type: "text", text: "x" },
      ],
    );
  }
});

Deno.test("A24: a tool's content may be text or parts", () => {
  const result = { role: "tool", tool_call_id: "call_1" };
  assertEquals(lastParts(ASKED, { ...result, content: "40 C" }), [{
    type: "tool_result",
    callId: "call_1",
    parts: [{ type: "text", text: "40 C" }],
  }]);
  const content = [
    { type: "text", text: "see" },
    { type: "image_url", image_url: { url: "https://x.test/a.png" } },
  ];
  assertEquals(lastParts(ASKED, { ...result, content }), [{
    type: "tool_result",
    callId: "call_1",
    parts: [
      { type: "text", text: "see" },
      { type: "image", url: "https://x.test/a.png" },
    ],
  }]);
});

Deno.test("A26: refusals are read from the message and from parts", () => {
  assertEquals(
    lastParts({ role: "assistant", content: null, refusal: "no" }),
    [{ type: "refusal", text: "no" }],
  );
  assertEquals(
    lastParts({
      role: "assistant",
      content: [{ type: "refusal", refusal: "no" }],
    }),
    [{ type: "refusal", text: "no" }],
  );
});

Deno.test("C18: cache_control on parts, messages, calls and results", () => {
  const given = { type: "ephemeral", ttl: "1h" };
  const cacheControl = { ttl: "1h" } as const;
  assertEquals(
    lastParts({
      role: "user",
      content: [{ type: "text", text: "a", cache_control: given }, {
        type: "text",
        text: "b",
      }],
    }),
    [{ type: "text", text: "a", cacheControl }, { type: "text", text: "b" }],
  );
  assertEquals(
    lastParts({ role: "system", content: "s", cache_control: given }),
    [{ type: "text", text: "s", cacheControl }],
  );
  assertEquals(lastParts({ ...ASKED, cache_control: given }), [
    { ...CANONICAL_CALL, cacheControl },
  ]);
  assertEquals(
    lastParts(ASKED, {
      role: "tool",
      tool_call_id: "call_1",
      content: "x",
      cache_control: { type: "ephemeral" },
    }),
    [{
      type: "tool_result",
      callId: "call_1",
      parts: [{ type: "text", text: "x" }],
      cacheControl: {},
    }],
  );
  assertRefused({
    messages: [{ role: "user", content: "x", cache_control: { ttl: "9h" } }],
  }, { param: "messages[0].cache_control.ttl", code: "invalid_value" });
});

Deno.test("C18: OpenAI's own breakpoint is one too", () => {
  const content = [{
    type: "text",
    text: "a",
    prompt_cache_breakpoint: { mode: "explicit", ttl: "12h" },
  }];
  const { messages, unmapped } = decode({
    messages: [{ role: "user", content }],
  });
  assertEquals(messages[0]?.parts, [
    { type: "text", text: "a", cacheControl: {} },
  ]);
  assertEquals(unmapped, [
    "messages[0].content[0].prompt_cache_breakpoint.ttl",
  ]);
});

Deno.test("A25: unknown members of messages and parts are named, echoes are not", () => {
  const { unmapped } = decode({
    messages: [{
      role: "assistant",
      content: [{ type: "text", text: "x", weight: 2 }],
      refusal: null,
      annotations: [],
      audio: { id: "audio_1" },
      function_call: null,
    }],
  });
  assertEquals(unmapped, [
    "messages[0].audio",
    "messages[0].content[0].weight",
  ]);
});

Deno.test("A25: members that only other roles have, and what calls and refusals can't keep, are named", () => {
  const calls = [{
    ...CALL,
    function: { ...CALL.function, thought_signature: "s" },
  }];
  const mark = { type: "ephemeral" };
  const { unmapped } = decode({
    messages: [
      { role: "user", content: "u", refusal: "x", tool_call_id: "call_1" },
      { role: "assistant", content: "a", annotations: [{ type: "x" }] },
      {
        role: "assistant",
        content: [{ type: "refusal", refusal: "No", cache_control: mark }],
        tool_calls: calls,
      },
      { role: "tool", tool_call_id: "call_1", content: "x", name: "weather" },
    ],
  });
  assertEquals(unmapped, [
    "messages[0].refusal",
    "messages[0].tool_call_id",
    "messages[1].annotations",
    "messages[2].tool_calls[0].function.thought_signature",
    "messages[2].content[0].cache_control",
  ]);
});
