import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UpstreamError } from "../../errors.ts";
import { passChatAnswer } from "./pass_answer.ts";

const encoder = new TextEncoder();
const HEAD = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_700_000_000,
  model: "m-1",
} as const;
const MESSAGE = { role: "assistant", content: "hi" };
const CALL = {
  id: "call_1",
  type: "function",
  function: { name: "f", arguments: '{"n":9007199254740993}' },
};

function body(message: unknown, finish: unknown = "stop"): string {
  const choices = [{ index: 0, message, finish_reason: finish }];
  return JSON.stringify({ ...HEAD, choices });
}

/** What the client gets of a message that had to be mended. */
// deno-lint-ignore no-explicit-any -- tests look into it
function mended(text: string): any {
  const { body } = passChatAnswer(encoder.encode(text));
  assert(typeof body === "string", "nothing was changed");
  return JSON.parse(body);
}

function refused(text: string): UpstreamError {
  return assertThrows(
    () => passChatAnswer(encoder.encode(text)),
    UpstreamError,
  );
}

const sound: [name: string, text: string][] = [
  ["a plain answer", body(MESSAGE)],
  [
    "tool calls",
    body(
      { role: "assistant", content: null, tool_calls: [CALL] },
      "tool_calls",
    ),
  ],
  [
    "text beside tool calls",
    body({ ...MESSAGE, tool_calls: [CALL] }, "tool_calls"),
  ],
  ["a refusal", body({ ...MESSAGE, content: null, refusal: "no" })],
  ["tool calls that are null", body({ ...MESSAGE, tool_calls: null })],
  ["no text at all", body({ ...MESSAGE, content: "" })],
  [
    "a custom tool call",
    body({
      ...MESSAGE,
      content: null,
      tool_calls: [{
        id: "a",
        type: "custom",
        custom: { name: "f", input: "" },
      }],
    }, "tool_calls"),
  ],
  [
    "a legacy function call",
    body({
      ...MESSAGE,
      content: null,
      function_call: { name: "f", arguments: "{}" },
    }, "function_call"),
  ],
  [
    "extras, odd numbers and odd spaces (A33)",
    ` {"x":1e400, ${body({ ...MESSAGE, annotations: [] }).slice(1)}\n`,
  ],
  ["U+FFFD", body({ ...MESSAGE, content: "\ufffd" })],
];

for (const [name, text] of sound) {
  Deno.test(`M15: an answer with ${name} keeps its text`, () => {
    assertEquals(passChatAnswer(encoder.encode(text)).body, text);
  });
}

Deno.test("passChatAnswer() reads usage, finish and model", () => {
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
  const answer = { ...JSON.parse(body(MESSAGE, "length")), usage };
  const passed = passChatAnswer(encoder.encode(JSON.stringify(answer)));
  assertEquals([passed.finish, passed.model], ["length", "m-1"]);
  assertEquals([passed.usage?.input, passed.usage?.output], [5, 2]);
  const without = passChatAnswer(encoder.encode(body(MESSAGE)));
  assertEquals(without.usage, undefined);
});

Deno.test("J9: Groq's own place for counts is read", () => {
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
  const answer = { ...JSON.parse(body(MESSAGE)), x_groq: { usage } };
  const passed = passChatAnswer(encoder.encode(JSON.stringify(answer)));
  assertEquals(passed.usage?.total, 7);
  assertEquals(JSON.parse(passed.body).usage, usage);
});

Deno.test("J8: cached tokens are told where OpenAI's clients look for them", () => {
  const usage = {
    prompt_tokens: 5,
    completion_tokens: 2,
    total_tokens: 7,
    prompt_cache_hit_tokens: 3,
    prompt_tokens_details: null,
  };
  const answer = { ...JSON.parse(body(MESSAGE)), usage };
  const told = mended(JSON.stringify(answer)).usage;
  assertEquals(told, { ...usage, prompt_tokens_details: { cached_tokens: 3 } });
  const known = { ...usage, prompt_tokens_details: { cached_tokens: 1 } };
  const text = JSON.stringify({ ...answer, usage: known });
  assertEquals(passChatAnswer(encoder.encode(text)).body, text);
});

const broken: [rule: string, text: string][] = [
  ["U7: JSON that is cut in a string", body(MESSAGE).slice(0, 80)],
  ["U7: two JSON values", body(MESSAGE) + body(MESSAGE)],
  ["U7: something behind the answer", body(MESSAGE) + "x"],
  ["U7: HTML", "<html>Bad gateway</html>"],
  ["U11: nothing", ""],
  ["U11: null", "null"],
  ["U11: an array", "[]"],
  ["U11: text", '"hi"'],
  ["U11: an empty object", "{}"],
  ["U11: no choices", JSON.stringify({ ...HEAD, choices: [] })],
  ["U11: choices that are null", JSON.stringify({ ...HEAD, choices: null })],
  ["U11: a choice that is null", JSON.stringify({ ...HEAD, choices: [null] })],
  [
    "U11: a choice without a message",
    JSON.stringify({ ...HEAD, choices: [{ index: 0 }] }),
  ],
  ["H1: content of the wrong type", body({ ...MESSAGE, content: { a: 1 } })],
  ["A33: tool calls of the wrong type", body({ ...MESSAGE, tool_calls: "x" })],
  ["A33: a tool call that is null", body({ ...MESSAGE, tool_calls: [null] })],
  [
    "A33: a tool call without a name",
    body({ ...MESSAGE, tool_calls: [{ id: "a", function: {} }] }),
  ],
];

for (const [rule, text] of broken) {
  Deno.test(`${rule} is no valid answer`, () => {
    const { status, code } = refused(text);
    assertEquals([status, code], [502, "upstream_invalid_response"]);
  });
}

const errors: [rule: string, text: string, expected: [number, string]][] = [
  ["U11: an error object", '{"error":{"message":"Slow down","code":429}}', [
    429,
    "Slow down",
  ]],
  [
    "U11: an error beside choices",
    `{"error":{"message":"x"},${body(MESSAGE).slice(1)}`,
    [502, "x"],
  ],
  ["J14: an error that is text", '{"code":"x","error":"Broken"}', [
    502,
    "Broken",
  ]],
  [
    "H7: an error without an error member",
    '{"object":"error","message":"Bad"}',
    [502, "Bad"],
  ],
  ["U11: a message and no choices", '{"detail":"Gone"}', [502, "Gone"]],
  ["J2: a finish that is an error", body(MESSAGE, "error"), [
    502,
    "The provider ended its answer with an error",
  ]],
  [
    "J2: a choice with an error",
    JSON.stringify({
      ...HEAD,
      choices: [{
        message: MESSAGE,
        finish_reason: "error",
        error: { message: "Bad", code: 503 },
      }],
    }),
    [503, "Bad"],
  ],
];

for (const [rule, text, [status, message]] of errors) {
  Deno.test(`${rule} in a 200 is thrown`, () => {
    const error = refused(text);
    assertEquals([error.status, error.message], [status, message]);
  });
}

Deno.test("U11: an error that is null, false or empty is none", () => {
  for (const error of [null, false, ""]) {
    const text = JSON.stringify({ ...JSON.parse(body(MESSAGE)), error });
    assertEquals(passChatAnswer(encoder.encode(text)).finish, "stop");
  }
});

for (
  const [name, told, sent] of [
    ["empty", "", "{}"],
    ["blank", " \n", "{}"],
    ["null", null, "{}"],
    ["missing", undefined, "{}"],
    ["an object", { x: ["é", 1] }, '{"x":["é",1]}'],
    ["an empty object", {}, "{}"],
  ] as const
) {
  Deno.test(`A13, J21: arguments that are ${name} become ${sent}`, () => {
    const call = { ...CALL, function: { name: "f", arguments: told } };
    const message = { role: "assistant", content: null, tool_calls: [call] };
    const { choices } = mended(body(message, "tool_calls"));
    assertEquals(choices[0].message.tool_calls, [
      { ...CALL, function: { name: "f", arguments: sent } },
    ]);
  });
}

Deno.test("H2: tool calls without id and type get them", () => {
  const call = { function: CALL.function };
  const message = { ...MESSAGE, tool_calls: [call, { ...call, id: "" }] };
  const { choices } = mended(body(message, "tool_calls"));
  const [a, b] = choices[0].message.tool_calls;
  assert(/^call_[0-9a-f]{24}$/.test(a.id) && a.id !== b.id);
  assertEquals([a.type, a.function], ["function", CALL.function]);
});

Deno.test("A15: content beside tool calls is null, not empty or missing", () => {
  for (const content of ["", undefined]) {
    const message = { role: "assistant", content, tool_calls: [CALL] };
    const { choices } = mended(body(message, "tool_calls"));
    assertEquals(choices[0].message.content, null);
  }
  const alone = mended(body({ role: "assistant", reasoning: "x" }));
  assertEquals(alone.choices[0].message.content, null);
});

Deno.test("A16: stop becomes tool_calls where there are some", () => {
  const message = { role: "assistant", content: null, tool_calls: [CALL] };
  for (const finish of ["stop", null, "eos"]) {
    const text = body(message, finish);
    assertEquals(mended(text).choices[0].finish_reason, "tool_calls");
    assertEquals(passChatAnswer(encoder.encode(text)).finish, "tool");
  }
  const cut = passChatAnswer(encoder.encode(body(message, "length")));
  assertEquals(cut.finish, "length");
});

Deno.test("J20: an empty list of tool calls beside text is no tool turn", () => {
  const { choices } = mended(
    body({ ...MESSAGE, tool_calls: [] }, "tool_calls"),
  );
  assertEquals(choices[0], {
    index: 0,
    message: MESSAGE,
    finish_reason: "stop",
  });
});

Deno.test("H11: a finish that OpenAI does not know becomes one of its own", () => {
  assertEquals(
    mended(body(MESSAGE, "model_length")).choices[0].finish_reason,
    "length",
  );
});

Deno.test("H1: a content array is split into thought and text", () => {
  const thinking = [{ type: "text", text: "h" }, { type: "text", text: "m" }];
  const content = [
    { type: "thinking", thinking },
    { type: "text", text: "a" },
    { type: "text", text: "b" },
  ];
  const { choices } = mended(body({ ...MESSAGE, content }));
  assertEquals(choices[0].message, {
    role: "assistant",
    content: "ab",
    reasoning_content: "hm",
  });
});

Deno.test("J22: thought that is told twice is told once", () => {
  const { choices } = mended(
    body({ ...MESSAGE, reasoning: "x", reasoning_content: "x" }),
  );
  assertEquals(choices[0].message, { ...MESSAGE, reasoning_content: "x" });
});

Deno.test("J23: what strict clients need is filled in", () => {
  const choices = [{ message: { content: "a" } }, {
    message: { content: "b" },
  }];
  const text = JSON.stringify({
    id: "",
    object: "x",
    created: 0,
    model: "",
    choices,
  });
  const passed = passChatAnswer(encoder.encode(text), { model: "asked" });
  const answer = JSON.parse(String(passed.body));
  assert(answer.id.startsWith("chatcmpl-"));
  assert(Math.abs(answer.created - Date.now() / 1000) < 60);
  assertEquals([answer.object, answer.model], ["chat.completion", "asked"]);
  assertEquals(passed.model, "asked");
  assertEquals(
    answer.choices,
    ["a", "b"].map((content, index) => ({
      message: { content, role: "assistant" },
      index,
      finish_reason: "stop",
    })),
  );
});

Deno.test("U9: a byte order mark and bytes that are no UTF-8 do not reach the client", () => {
  const marked = passChatAnswer(encoder.encode("\ufeff" + body(MESSAGE)));
  assertEquals(marked.body, body(MESSAGE));
  const bytes = encoder.encode(body(MESSAGE));
  bytes[body(MESSAGE).indexOf("hi")] = 0xff;
  const { body: text } = passChatAnswer(bytes);
  assertEquals(text, body({ ...MESSAGE, content: "\ufffdi" }));
});

Deno.test("C11: odd JSON is passed or refused, and nothing else is thrown", () => {
  const json = fc.jsonValue({ maxDepth: 2 });
  const call = fc.record({
    id: json,
    type: json,
    function: fc.oneof(json, fc.record({ name: json, arguments: json })),
  }, { requiredKeys: [] });
  const message = fc.record({
    role: json,
    content: json,
    tool_calls: fc.oneof(json, fc.array(call)),
    reasoning: json,
  }, { requiredKeys: [] });
  const choice = fc.record({
    index: json,
    message: fc.oneof(message, json),
    finish_reason: json,
    error: json,
  }, { requiredKeys: [] });
  const answer = fc.record({
    id: json,
    model: json,
    created: json,
    usage: json,
    x_groq: json,
    error: json,
    choices: fc.oneof(json, fc.array(choice)),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(fc.oneof(answer, json), (value) => {
      try {
        const { body } = passChatAnswer(encoder.encode(JSON.stringify(value)));
        const text = typeof body === "string"
          ? body
          : new TextDecoder().decode(body);
        assert(JSON.parse(text).choices.length > 0);
      } catch (error) {
        if (!(error instanceof UpstreamError)) throw error;
      }
    }),
    { numRuns: 3000 },
  );
});
