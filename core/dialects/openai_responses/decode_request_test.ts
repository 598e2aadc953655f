import { assert, assertEquals } from "@std/assert";
import { assertRefused, decode } from "./_test_decode.ts";

Deno.test("B15: a text is one message of the user", () => {
  assertEquals(decode({ input: "hi" }), {
    model: "m",
    messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
    sampling: {},
    stream: false,
    unmapped: [],
  });
});

Deno.test("decodeResponsesRequest() reads every setting that has a word", () => {
  const schema = { type: "object", properties: {} };
  const decoded = decode({
    instructions: "be brief",
    text: {
      format: { type: "json_schema", name: "n", schema, strict: true },
      verbosity: "medium",
    },
    reasoning: { effort: "high", summary: "auto" },
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    safety_identifier: "u",
    metadata: { user_id: "u" },
    include: ["reasoning.encrypted_content"],
    store: false,
    background: false,
    truncation: "disabled",
    service_tier: "auto",
    top_logprobs: 0,
    parallel_tool_calls: true,
    previous_response_id: null,
    stream: true,
    stream_options: { include_obfuscation: false },
  });
  assertEquals(decoded, {
    model: "m",
    messages: [
      { role: "system", parts: [{ type: "text", text: "be brief" }] },
      { role: "user", parts: [{ type: "text", text: "hi" }] },
    ],
    output: { type: "json_schema", name: "n", schema, strict: true },
    maxOutputTokens: 100,
    sampling: { temperature: 0.5, topP: 0.9 },
    reasoning: { effort: "high" },
    endUser: "u",
    stream: true,
    unmapped: [],
  });
});

Deno.test("A25: fields without a word are named", () => {
  const { unmapped } = decode({
    prompt_cache_key: "k",
    prompt_cache_retention: "24h",
    service_tier: "flex",
    metadata: { team: "x" },
    truncation: "auto",
    top_logprobs: 3,
    moderation: { model: "x" },
    text: { verbosity: "low" },
    reasoning: { summary: "detailed", mode: "pro" },
    include: ["message.output_text.logprobs"],
    stream_options: { include_obfuscation: true },
    user: "a",
    safety_identifier: "b",
    constructor: 1,
  });
  assertEquals([...unmapped].sort(), [
    "constructor",
    "message.output_text.logprobs",
    "metadata",
    "moderation",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning.mode",
    "reasoning.summary",
    "service_tier",
    "stream_options.include_obfuscation",
    "text.verbosity",
    "top_logprobs",
    "truncation",
    "user",
  ]);
});

Deno.test("A25: values that some provider knows go with it", () => {
  const { extras } = decode({ prompt_cache_key: "k", service_tier: "flex" });
  assertEquals([...extras ?? []], [
    ["service_tier", "flex"],
    ["prompt_cache_key", "k"],
  ]);
});

Deno.test("B17: what needs memory is refused by name where there is none", () => {
  const code = "unsupported_parameter";
  const previous = assertRefused({ previous_response_id: "resp_1" }, {
    param: "previous_response_id",
    code,
  });
  assert(previous.includes("keeps no answers"));
  assertRefused({ conversation: "conv_1" }, { param: "conversation", code });
  assertRefused({ conversation: { id: "c" } }, { param: "conversation", code });
  assertRefused({ store: true }, { param: "store", code });
  assertRefused({ background: true }, { param: "background", code });
  assertRefused({ prompt: { id: "p" } }, { param: "prompt", code });
  assertRefused({ input: [{ type: "item_reference", id: "msg_1" }] }, {
    param: "input[0].id",
    code: "unsupported_value",
  });
});

Deno.test("B16, B17: earlier turns come before the input, behind the new instructions", () => {
  const call = { type: "function_call", call_id: "c", name: "f" };
  const before = decode({ input: "first" });
  const previous = {
    ...before,
    messages: [
      ...before.messages,
      {
        role: "assistant",
        parts: [{ type: "tool_call", id: "c", name: "f", arguments: "{}" }],
      } as const,
    ],
  };
  const { messages } = decode({
    instructions: "new",
    previous_response_id: "resp_1",
    store: true,
    input: [
      { type: "function_call_output", call_id: "c", output: "7" },
      { role: "user", content: "next" },
    ],
  }, { previous });
  assertEquals(messages.map(({ role }) => role), [
    "system",
    "user",
    "assistant",
    "tool",
    "user",
  ]);
  assertEquals(
    decode({ input: null }, {
      previous: before,
    }).messages,
    before.messages,
  );
  assertRefused({ previous_response_id: "resp_2" }, {
    param: "previous_response_id",
    code: "previous_response_not_found",
    state: {},
  });
  assertRefused({ conversation: "c" }, {
    param: "conversation",
    code: "conversation_not_found",
    state: {},
  });
  assertRefused({ input: [call, call] }, {
    param: "input[1].call_id",
    code: "invalid_value",
  });
});

Deno.test("B17: a reference stands for the item that the gateway has kept", () => {
  const items = new Map<string, unknown>([
    ["msg_1", { type: "message", role: "user", content: "kept" }],
    ["odd", 7],
    ["self", { type: "item_reference", id: "self" }],
  ]);
  const state = { item: (id: string) => items.get(id) };
  const { messages } = decode({ input: [{ id: "msg_1" }] }, state);
  assertEquals(messages[0]?.parts, [{ type: "text", text: "kept" }]);
  for (const [id, param] of [["no", "input[0].id"], ["odd", "input[0]"]]) {
    const code = id === "odd" ? "invalid_type" : "invalid_value";
    assertRefused({ input: [{ type: "item_reference", id }] }, {
      param: param!,
      code,
      state,
    });
  }
  assertRefused({ input: [{ type: "item_reference", id: "self" }] }, {
    param: "input[0].id",
    code: "invalid_value",
    state,
  });
});

Deno.test("K17: what is missing or of the wrong type is named", () => {
  const missing = "missing_required_parameter";
  assertRefused({ model: "" }, { param: "model", code: missing });
  assertRefused({ input: null }, { param: "input", code: missing });
  assertRefused({ input: [] }, { param: "input", code: "empty_array" });
  assertRefused({ input: 7 }, { param: "input", code: "invalid_type" });
  assertRefused({ input: ["x"] }, { param: "input[0]", code: "invalid_type" });
  assertRefused({ instructions: [] }, {
    param: "instructions",
    code: "invalid_type",
  });
  assertRefused({ include: "x" }, { param: "include", code: "invalid_type" });
  assertRefused({ include: [7] }, {
    param: "include[0]",
    code: "invalid_type",
  });
  assertRefused({ max_output_tokens: 0 }, {
    param: "max_output_tokens",
    code: "integer_below_min_value",
  });
  assertRefused({ metadata: "x" }, { param: "metadata", code: "invalid_type" });
  assertRefused({ reasoning: { effort: "huge" } }, {
    param: "reasoning.effort",
    code: "invalid_value",
  });
});

Deno.test("B21, O5: text.format in all its forms", () => {
  const format = (format: unknown) => decode({ text: { format } }).output;
  assertEquals(format({ type: "text" }), undefined);
  assertEquals(format({ type: "json_object" }), { type: "json" });
  assertEquals(decode({ text: {} }).output, undefined);
  const code = "missing_required_parameter";
  assertRefused({ text: { format: {} } }, { param: "text.format.type", code });
  assertRefused({ text: { format: { type: "json_schema", name: "n" } } }, {
    param: "text.format.schema",
    code,
  });
  assertRefused({ text: { format: { type: "json_schema", schema: {} } } }, {
    param: "text.format.name",
    code,
  });
});

Deno.test("A31: the end user's id, wherever it is", () => {
  assertEquals(decode({ user: "a" }).endUser, "a");
  assertEquals(decode({ metadata: { user_id: "b" } }).endUser, "b");
  assertEquals(decode({ metadata: { user_id: 7 } }).endUser, undefined);
});
