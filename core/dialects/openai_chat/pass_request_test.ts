import { assertEquals } from "@std/assert";
import type { Quirks } from "../../dialect.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { passChatRequest } from "./pass_request.ts";

interface Passed {
  readonly text: string;
  readonly losses: string;
}

function pass(
  text: string,
  quirks: Quirks = {},
  options: { stream?: boolean; model?: string } = {},
): Passed {
  const { model = "m", stream = false } = options;
  const losses = new LossReport();
  const document = parseJsonDocument(new TextEncoder().encode(text));
  const target = { provider: "p", model, quirks, losses };
  const passed = passChatRequest(document, target, { stream });
  return { text: passed, losses: losses.toString() };
}

/** The same for a request of these fields, in JSON's own words. */
function passFields(
  fields: Record<string, unknown>,
  quirks: Quirks = {},
  options: { stream?: boolean; model?: string } = {},
): { fields: unknown; losses: string } {
  const { text, losses } = pass(
    JSON.stringify({ model: "m", ...fields }),
    quirks,
    options,
  );
  return { fields: JSON.parse(text), losses };
}

const MESSAGES = [{ role: "user", content: "hi" }];

Deno.test("A25: a request that needs no edit keeps its bytes", () => {
  const text =
    '{ "model" : "m", "x_unknown":{"n":9007199254740993}, "messages":[ {"role":"user","content":"\\u00e9\\/"} ],\n"seed":1e2 }';
  assertEquals(pass(text), { text, losses: "" });
});

Deno.test("M15: only the model is replaced", () => {
  const rest =
    '", "n":9007199254740993,"model_":1,"messages":[{"content":"\\"model\\":\\"a\\""}]}';
  assertEquals(
    pass(`{"model":"p/a${rest}`, {}, { model: 'b"c' }).text,
    `{"model":"b\\"c${rest}`,
  );
});

Deno.test("J26: a stream is asked for its counts, other options stay", () => {
  const ask = (options: string) =>
    pass(`{"model":"m","stream":true${options}}`, {}, { stream: true }).text;
  const asked =
    '{"model":"m","stream":true,"stream_options":{"include_usage":true}}';
  assertEquals(ask(""), asked);
  assertEquals(ask(',"stream_options":null'), asked);
  assertEquals(ask(',"stream_options":{"include_usage":true}'), asked);
  assertEquals(
    ask(
      ',"stream_options":{"include_obfuscation":false,"include_usage":false}',
    ),
    '{"model":"m","stream":true,"stream_options":{"include_obfuscation":false,"include_usage":true}}',
  );
});

Deno.test("J26: no stream options go to a provider that refuses them", () => {
  const dropped = pass('{"model":"m","stream":true}', {
    drop: ["stream_options"],
  }, { stream: true });
  assertEquals(dropped.text, '{"model":"m","stream":true}');
  const quirks = { noStreamOptions: true };
  const none = pass('{"model":"m","stream":true}', quirks, { stream: true });
  assertEquals(none, { text: '{"model":"m","stream":true}', losses: "" });
  const usage = passFields(
    { stream: true, stream_options: { include_usage: true } },
    quirks,
    { stream: true },
  );
  assertEquals(usage, { fields: { model: "m", stream: true }, losses: "" });
  const more = passFields(
    { stream: true, stream_options: { include_obfuscation: false } },
    quirks,
    { stream: true },
  );
  assertEquals(more.losses, "dropped: stream_options (p)");
});

Deno.test("X16: a second model cannot be smuggled past the first", () => {
  const text = '{"model":"a","model":"m","messages":[]}';
  assertEquals(pass(text).text, '{"model":"m","messages":[]}');
});

Deno.test("stream is set right where it disagrees", () => {
  assertEquals(
    pass('{"model":"m"}', { noStreamOptions: true }, { stream: true }).text,
    '{"model":"m","stream":true}',
  );
  assertEquals(
    pass('{"model":"m","stream":true}').text,
    '{"model":"m","stream":false}',
  );
  assertEquals(
    pass('{"model":"m","stream":null}').text,
    '{"model":"m","stream":null}',
  );
});

const OLD: Quirks = { rename: { max_completion_tokens: "max_tokens" } };
const REASONING: Quirks = { reasoningModels: ["o3", "gpt-5"] };

const limits: [
  rule: string,
  fields: Record<string, unknown>,
  quirks: Quirks,
  sent: Record<string, unknown>,
  losses: string,
][] = [
  ["A19: the newer limit is renamed", { max_completion_tokens: 5 }, OLD, {
    max_tokens: 5,
  }, ""],
  ["A19: the older limit stays", { max_tokens: 5 }, OLD, { max_tokens: 5 }, ""],
  [
    "A21: of both limits the newer is renamed",
    { max_tokens: 4, max_completion_tokens: 5 },
    OLD,
    { max_tokens: 5 },
    "dropped: max_tokens (max_completion_tokens counts)",
  ],
  [
    "A21: a newer limit that is null does not count",
    { max_tokens: 4, max_completion_tokens: null },
    OLD,
    { max_tokens: 4 },
    "dropped: max_completion_tokens (max_tokens counts)",
  ],
  [
    "A21: of both limits the newer is sent",
    { max_tokens: 4, max_completion_tokens: 5 },
    {},
    { max_completion_tokens: 5 },
    "dropped: max_tokens (max_completion_tokens counts)",
  ],
  [
    "A21: an older limit alone is sent",
    { max_tokens: 4, max_completion_tokens: null },
    {},
    { max_tokens: 4, max_completion_tokens: null },
    "",
  ],
  [
    "A20: a model that reasons gets the newer limit",
    { model: "o3-mini", max_tokens: 5 },
    REASONING,
    { max_completion_tokens: 5 },
    "",
  ],
  [
    "A20: a model that reasons and both limits",
    { model: "gpt-5", max_tokens: 4, max_completion_tokens: 5 },
    REASONING,
    { max_completion_tokens: 5 },
    "dropped: max_tokens (max_completion_tokens counts)",
  ],
  [
    "A20: a model that reasons wins over a rename",
    { model: "o3", max_tokens: 4 },
    { ...OLD, ...REASONING },
    { max_completion_tokens: 4 },
    "",
  ],
  [
    "A20: a model that reasons, a rename and both limits",
    { model: "o3", max_tokens: 4, max_completion_tokens: 5 },
    { ...OLD, ...REASONING },
    { max_completion_tokens: 5 },
    "dropped: max_tokens (max_completion_tokens counts)",
  ],
  [
    "A20: a model that does not reason",
    { model: "gpt-4o", max_tokens: 5 },
    REASONING,
    { max_tokens: 5 },
    "",
  ],
];

for (const [rule, fields, quirks, sent, losses] of limits) {
  Deno.test(rule, () => {
    const model = String(fields.model ?? "m");
    const passed = passFields(fields, quirks, { model });
    assertEquals(passed, { fields: { model, ...sent }, losses });
  });
}

Deno.test("H10: a field is renamed with its text", () => {
  const quirks = { rename: { seed: "random_seed" } };
  assertEquals(
    pass('{"model":"m","seed": 9007199254740993,"top_p":1}', quirks).text,
    '{"model":"m","top_p":1,"random_seed":9007199254740993}',
  );
  const both = passFields({ seed: 1, random_seed: 2 }, quirks);
  assertEquals(both, {
    fields: { model: "m", random_seed: 2 },
    losses: "dropped: seed (random_seed counts)",
  });
});

Deno.test("H9: fields that the provider refuses are dropped and reported", () => {
  const quirks = { drop: ["user", "logit_bias", "store", "__proto__"] };
  assertEquals(passFields({ user: "u", store: null, top_p: 1 }, quirks), {
    fields: { model: "m", top_p: 1 },
    losses: "dropped: user (p); dropped: store (p)",
  });
});

Deno.test("A22: developer becomes system where the provider does not know it", () => {
  const messages = [{ role: "developer", content: "x" }, ...MESSAGES];
  const quirks = { noDeveloperRole: true };
  assertEquals(passFields({ messages }, quirks), {
    fields: {
      model: "m",
      messages: [{ role: "system", content: "x" }, ...MESSAGES],
    },
    losses: "",
  });
  assertEquals(passFields({ messages }), {
    fields: { model: "m", messages },
    losses: "",
  });
  const text = '{"model":"m", "messages": [{"role" : "system"}]}';
  assertEquals(pass(text, quirks), { text, losses: "" });
  for (const odd of [null, "x", {}, [null, 3, "developer"]]) {
    assertEquals(passFields({ messages: odd }, quirks).fields, {
      model: "m",
      messages: odd,
    });
  }
});

Deno.test("C18: cache_control stays, unless the provider refuses it", () => {
  const mark = { cache_control: { type: "ephemeral" } };
  const text = { type: "text", text: "x" };
  const tool = { type: "function", function: { name: "f" } };
  const marked = {
    messages: [{ role: "developer", content: [{ ...text, ...mark }, text] }, {
      role: "user",
      content: "x",
      ...mark,
    }],
    tools: [{ ...tool, ...mark }],
  };
  assertEquals(passFields(marked), {
    fields: { model: "m", ...marked },
    losses: "",
  });
  const quirks = { drop: ["cache_control"], noDeveloperRole: true };
  const { fields, losses } = passFields(marked, quirks);
  assertEquals(fields, {
    model: "m",
    messages: [{ role: "system", content: [text, text] }, {
      role: "user",
      content: "x",
    }],
    tools: [tool],
  });
  assertEquals(
    losses,
    "dropped: messages.cache_control (p); dropped: tools.cache_control (p)",
  );
  const plain = `{"model":"m", "messages": ${
    JSON.stringify(MESSAGES)
  }, "tools": [3]}`;
  assertEquals(pass(plain, quirks), { text: plain, losses: "" });
});

Deno.test("D9: what clients echo of a thinking model goes where the provider refuses it", () => {
  const google = { extra_content: { google: { thought_signature: "s" } } };
  const call = { id: "c", type: "function", function: { name: "f" } };
  const echo = { reasoning_content: "Hm", reasoning_details: [{}] };
  const message = { role: "assistant", content: null };
  const asked = { role: "user", content: "x", name: "ann" };
  const messages = [
    asked,
    { ...message, ...echo, ...google, tool_calls: [{ ...call, ...google }] },
  ];
  const quirks = {
    drop: ["extra_content", "messages[].reasoning_content", "messages[].name"],
  };
  const { fields, losses } = passFields({ messages }, quirks);
  assertEquals(fields, {
    model: "m",
    messages: [
      { role: "user", content: "x" },
      { ...message, reasoning_details: [{}], tool_calls: [call] },
    ],
  });
  assertEquals(
    losses,
    "dropped: messages.name (p); dropped: messages.reasoning_content (p); " +
      "dropped: messages.extra_content (p)",
  );
  assertEquals(passFields({ messages }).fields, { model: "m", messages });
});

Deno.test("M15: what is written anew keeps the numbers that a double would round", () => {
  const schema =
    '{"maximum":12345678901234567890,"minimum":0.12345678901234567}';
  const text = (role: string, mark: string) =>
    `{"model":"m","messages":[{"role":"${role}","x":1e400}],` +
    `"tools":[{"function":{"parameters":${schema}}${mark}}]}`;
  assertEquals(
    pass(text("developer", ',"cache_control":{}'), {
      noDeveloperRole: true,
      drop: ["cache_control"],
    }),
    { text: text("system", ""), losses: "dropped: tools.cache_control (p)" },
  );
});

Deno.test("H4: calls' ids that the provider refuses are changed where bytes pass, alike for call and result", () => {
  const messages = (id: string, other: string): unknown[] => [
    { role: "user", content: "hi" },
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id, type: "function", function: { name: "f" } }],
    },
    { role: "tool", tool_call_id: other, content: "1" },
  ];
  const quirks = { callIdLength: 9 };
  const kept = JSON.stringify({
    model: "m",
    messages: messages("abcDEF123", "abcDEF123"),
  });
  assertEquals(pass(kept, quirks), { text: kept, losses: "" });
  const { fields } = passFields(
    { messages: messages("call_0123456789", "call_0123456789") },
    quirks,
  );
  const text = JSON.stringify(fields);
  const [id = ""] = /(?<="id":")[a-zA-Z0-9]{9}(?=")/.exec(text) ?? [];
  assertEquals(text.includes(`"tool_call_id":"${id}"`), true);
});

Deno.test("H6: a user's turn behind a tool's gets an answer before it, where the provider wants one", () => {
  const messages = [
    { role: "tool", tool_call_id: "a", content: "1" },
    { role: "user", content: "and?" },
  ];
  const quirks = { answersTools: true } as const;
  const { fields, losses } = passFields({ messages }, quirks);
  assertEquals(fields, {
    model: "m",
    messages: [messages[0], { role: "assistant", content: "OK." }, messages[1]],
  });
  assertEquals(losses, "changed: messages (p wants an answer to each tool)");
  assertEquals(passFields({ messages }).losses, "");
});

Deno.test("J6: a call without the thought that led to it has some, where the provider must find it", () => {
  const call = { role: "assistant", tool_calls: [{ id: "c" }] };
  const messages = [
    { role: "user", content: "hi" },
    { role: "assistant", content: "plain" },
    call,
    { ...call, reasoning_content: "hm" },
    { ...call, reasoning_content: null },
  ];
  const quirks = { missingThought: " " };
  const { fields, losses } = passFields({ messages }, quirks);
  const filled = { ...call, reasoning_content: " " };
  assertEquals({ fields, losses }, {
    fields: {
      model: "m",
      messages: [...messages.slice(0, 2), filled, messages[3], filled],
    },
    losses: "",
  });
  const text = JSON.stringify({ model: "m", messages: [messages[3]] });
  assertEquals(pass(text, quirks).text, text);
});

Deno.test("J4: thought that another model has proven does not pass to one that cannot read it", () => {
  const quirks = { thought: "reasoning_details" } as const;
  const signed = { type: "reasoning.text", text: "hm", signature: "s" };
  const claude = { ...signed, format: "anthropic-claude-v1" };
  const bare = { type: "reasoning.text", text: "hm" };
  const proof = { type: "reasoning.text", signature: "s" };
  const words = { ...bare, format: "unknown" };
  const packed =
    '{"type":"reasoning.encrypted","data":"e","format":"openai-responses-v1"}';
  const openai = { type: "reasoning.encrypted", data: packed };
  const turn = (details?: readonly object[]) => ({
    role: "assistant",
    ...details && { reasoning_details: details },
  });
  const sent = (model: string, details: readonly object[]) =>
    passFields({ model, messages: [turn(details)] }, quirks, { model });
  const losses = "dropped: messages.reasoning_details (another model's proof)";
  const cases = [
    ["anthropic/claude-x", [claude, openai], [claude]],
    ["anthropic/claude-x", [signed], [signed]],
    ["anthropic/claude-x", [bare, proof], [bare, proof]],
    ["anthropic/claude-x", [bare], undefined],
    ["anthropic/claude-x", [openai], undefined],
    ["google/gemini-x", [claude], [words]],
    ["openai/gpt-x", [openai], [JSON.parse(packed)]],
    ["openrouter/auto", [claude, openai], [claude, openai]],
  ] as const;
  for (const [model, given, kept] of cases) {
    const told = sent(model, given);
    assertEquals(told.fields, { model, messages: [turn(kept)] });
    const isSame = JSON.stringify(given) === JSON.stringify(kept);
    assertEquals(told.losses, isSame ? "" : losses);
  }
});
