import { assert, assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { answer, listed, partsOfMessage, whole } from "./_test_provider.ts";

/** A tool call on the wire. */
function wireCall(args: unknown, id: unknown = "c1", name = "look"): object {
  return { id, type: "function", function: { name, arguments: args } };
}

/** The arguments of the only call. */
function argumentsOf(message: object): string | undefined {
  const [part] = partsOfMessage(message);
  return part?.type === "tool_call" ? part.arguments : undefined;
}

function codeOf(value: unknown): readonly unknown[] {
  const error = assertThrows(() => whole(value), UpstreamError);
  return [error.kind, error.code];
}

Deno.test("decodeChatAnswer() reads thought, words and calls, in this order", () => {
  const value = answer(
    {
      content: "Hi",
      reasoning_content: "hm",
      tool_calls: [wireCall('{"a": 1}')],
    },
    "tool_calls",
    {
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    },
  );
  assertEquals(whole(value), {
    id: "a1",
    model: "m-1",
    parts: [
      { type: "reasoning", text: "hm" },
      { type: "text", text: "Hi" },
      { type: "tool_call", id: "c1", name: "look", arguments: '{"a": 1}' },
    ],
    finish: "tool",
    usage: {
      input: 3,
      cached: 0,
      cacheWrite: 0,
      cacheWrite1h: 0,
      output: 2,
      reasoning: 0,
      total: 5,
    },
  });
});

Deno.test("A13, J21: a call without arguments has {}", () => {
  for (const args of ["", " ", null, undefined, "null", "{}"]) {
    assertEquals(argumentsOf({ tool_calls: [wireCall(args)] }), "{}");
  }
});

Deno.test("M15, M16: arguments stay as they are, objects to the last digit", () => {
  const text = '{ "b":1,  "a":12345678901234567890 }';
  assertEquals(argumentsOf({ tool_calls: [wireCall(text)] }), text);
  const body =
    '{"choices":[{"message":{"tool_calls":[{"id":"c","function":{"name":"f","arguments":{"n":12345678901234567890}}}]}}]}';
  const [part] = whole(body).parts;
  assert(part?.type === "tool_call");
  assertEquals(part.arguments, '{"n":12345678901234567890}');
});

Deno.test("A10: a turn of calls whose arguments are no object is no answer", () => {
  for (const args of ['{"a":', "[1]", '"{}"', "x"]) {
    assertEquals(
      codeOf(answer({ tool_calls: [wireCall(args)] }, "tool_calls")),
      ["upstream", "upstream_invalid_response"],
      args,
    );
  }
});

Deno.test("L7: a call that was cut by the limit stays as it is", () => {
  const cut = answer({ tool_calls: [wireCall('{"a":')] }, "length");
  const { parts, finish } = whole(cut);
  assertEquals(finish, "length");
  assertEquals(parts, [
    { type: "tool_call", id: "c1", name: "look", arguments: '{"a":' },
  ]);
});

Deno.test("A16, J20: whether there are calls decides between tool and stop", () => {
  const called = answer({ tool_calls: [wireCall("{}")] }, "stop");
  assertEquals(whole(called).finish, "tool");
  for (const reason of ["tool_calls", "function_call", "stop", null, "eos"]) {
    const { finish } = whole(answer({ content: "x", tool_calls: [] }, reason));
    assertEquals(finish, "stop");
  }
  assertEquals(
    whole(answer({ content: "x" }, "model_length")).finish,
    "length",
  );
  assertEquals(
    whole(answer({ content: "" }, "content_filter")).finish,
    "filter",
  );
});

Deno.test("A26: a refusal is one", () => {
  assertEquals(partsOfMessage({ content: null, refusal: "No" }), [
    { type: "refusal", text: "No" },
  ]);
});

Deno.test("D6: calls with the same id, or with none, are told apart", () => {
  const parts = partsOfMessage({
    tool_calls: [wireCall("{}"), wireCall("{}"), wireCall("{}", "")],
  });
  const ids = parts.map((part) => part.type === "tool_call" && part.id);
  assertEquals(ids[0], "c1");
  assertEquals(new Set(ids).size, 3);
  assert(ids.every((id) => id));
});

Deno.test("H1, J17: a content list is thought and text, other parts are told", () => {
  const losses = new LossReport();
  const parts = partsOfMessage({
    content: [
      { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
      { type: "text", text: "Hi" },
      { type: "reference", reference_ids: [1] },
    ],
  }, losses);
  assertEquals(parts, [
    { type: "reasoning", text: "hm" },
    { type: "text", text: "Hi" },
  ]);
  assertEquals(listed(losses), ["dropped: answer.reference (no word for it)"]);
});

Deno.test("A33, J16: what has no word goes on the report", () => {
  const losses = new LossReport();
  const value = answer(
    {
      content: "x",
      annotations: [],
      images: [{ type: "image_url" }],
      audio: { id: "a" },
    },
    "stop",
    { citations: [7], search_results: [], provider: "P" },
  );
  whole(value, losses);
  assertEquals(listed(losses), [
    "dropped: answer.citations (no address on the web)",
    "dropped: answer.audio (no word for it)",
    "dropped: answer.images (not by value)",
  ]);
});

Deno.test("A6: of several choices the first is read, the rest is told", () => {
  const losses = new LossReport();
  const choices = [
    { index: 1, message: { content: "b" }, finish_reason: "stop" },
    { index: 0, message: { content: "a" }, finish_reason: "length" },
  ];
  const { parts, finish } = whole({ choices }, losses);
  assertEquals([parts, finish], [[{ type: "text", text: "b" }], "stop"]);
  assertEquals(listed(losses), [
    "dropped: answer.choices (only the first is read)",
  ]);
});

Deno.test("J22: thought that is told twice is read once", () => {
  const thought = [{ type: "reasoning", text: "hm" }] as const;
  assertEquals(
    partsOfMessage({ reasoning: "hm", reasoning_content: "hm" }),
    thought,
  );
  const details = [{ type: "reasoning.text", text: "hm", format: "unknown" }];
  assertEquals(
    partsOfMessage({ reasoning: "hm", reasoning_details: details }),
    thought,
  );
});

Deno.test("J4, C12: OpenRouter's details keep their proofs", () => {
  const format = "anthropic-claude-v1";
  const foreign = {
    type: "reasoning.encrypted",
    data: "enc",
    id: "rs_1",
    format: "openai-responses-v1",
    index: 3,
  };
  const parts = partsOfMessage({
    reasoning: "hm and so",
    reasoning_details: [
      { type: "reasoning.text", text: "hm", signature: "s", format, index: 0 },
      { type: "reasoning.encrypted", data: "blob", format, index: 1 },
      { type: "reasoning.summary", summary: "so", index: 2 },
      foreign,
      { type: "reasoning.text", text: "", signature: "t", format, index: 4 },
    ],
  });
  assertEquals(parts.slice(0, 3), [
    { type: "reasoning", text: "hm", signature: "s" },
    { type: "reasoning", text: "", redacted: "blob" },
    { type: "reasoning", text: "so" },
  ]);
  assertEquals(parts[4], { type: "reasoning", text: "", signature: "t" });
  const packed = parts[3];
  assert(packed?.type === "reasoning" && packed.redacted);
  assertEquals(JSON.parse(packed.redacted), foreign);
});

Deno.test("D9: Gemini's signatures come to their calls and texts", () => {
  const extra = (signature: string) => ({
    extra_content: { google: { thought_signature: signature } },
  });
  assertEquals(
    partsOfMessage({
      content: "x",
      ...extra("t"),
      tool_calls: [{ ...wireCall("{}"), ...extra("s") }],
    }),
    [
      { type: "text", text: "x", signature: "t" },
      {
        type: "tool_call",
        id: "c1",
        name: "look",
        signature: "s",
        arguments: "{}",
      },
    ],
  );
  const detail = {
    type: "reasoning.encrypted",
    data: "s",
    format: "google-gemini-v1",
  };
  const parts = partsOfMessage({
    tool_calls: [wireCall("{}")],
    reasoning_details: [{ ...detail, id: "c1" }, { ...detail, id: "c9" }],
  });
  assertEquals(
    parts.map((part) => "signature" in part ? part.signature : part.type),
    ["s", "reasoning"],
  );
});

Deno.test("U11, J2, J14: an error in a 200 is one", () => {
  assertEquals(
    codeOf({ error: { message: "Slow", code: 429 } })[0],
    "rate_limit",
  );
  assertEquals(
    codeOf({ error: "Incorrect API key", code: "x" })[0],
    "upstream",
  );
  assertEquals(codeOf(answer({ content: "x" }, "error")), [
    "upstream",
    "upstream_error",
  ]);
  assertEquals(codeOf({ detail: "broken" })[0], "upstream");
  const beside = answer({ content: "x" }, "stop", { error: { code: 429 } });
  assertEquals(codeOf(beside)[0], "rate_limit");
});

Deno.test("U7, K19: what is no answer is not taken for one", () => {
  const invalid = ["upstream", "upstream_invalid_response"];
  for (
    const value of [
      "",
      "{",
      "null",
      "[]",
      "1",
      "{}",
      { choices: [] },
      { choices: [null] },
      { choices: [{ message: null }] },
      answer({ content: 1 }),
      answer({ tool_calls: {} }),
      answer({ tool_calls: [null] }),
      answer({ tool_calls: [{ id: "c", function: { arguments: "{}" } }] }),
    ]
  ) assertEquals(codeOf(value), invalid, JSON.stringify(value));
});
