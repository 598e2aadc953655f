import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Usage } from "../../answer.ts";
import { type JsonDocument, parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { ProviderFactory } from "../../provider_factory.ts";
import { canContinueChat, continueChat } from "./continue_chat.ts";
import "../mod.ts";

const provider = new ProviderFactory().create({ name: "mock", type: "mock" });
const head = { id: "chatcmpl-first", created: 42, model: "first" };
const counts: Usage = {
  input: 10,
  cached: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 5,
  reasoning: 0,
  total: 15,
};

function parse(text: string): JsonDocument {
  return parseJsonDocument(new TextEncoder().encode(text));
}

/** Goes on behind "One,"; tells what the client gets of these events. */
function goOn(
  events: readonly unknown[],
  { usage, includeUsage = true }: {
    readonly usage?: Usage;
    readonly includeUsage?: boolean;
  } = {},
): string {
  const ask = `{"model":"m","messages":[{"role":"user","content":"Count"}]}`;
  const stream = continueChat(parse(ask), {
    deployment: { provider, model: "m" },
    stream: true,
    includeUsage,
    losses: new LossReport(),
    begun: { text: "One,", head, usage },
  }).stream();
  let text = "";
  for (const event of events) {
    const data = typeof event === "string" ? event : JSON.stringify(event);
    text += stream.push({ event: "message", data });
  }
  assert(stream.done);
  return text;
}

function chunk(delta: unknown, finish: string | null = null) {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return { id: "second", created: 99, model: "second", choices };
}

const told = { prompt_tokens: 20, completion_tokens: 2, total_tokens: 22 };

Deno.test("continueChat() asks with what was said, and leaves all else as it came", () => {
  const text =
    `{"model":"m", "seed": 12345678901234567890, "messages": [ {"role":"user","content":"\\u00e9"}\n ], "x": 1e400}`;
  const losses = new LossReport();
  const { request } = continueChat(parse(text), {
    deployment: { provider, model: "m" },
    stream: false,
    includeUsage: false,
    losses,
    begun: { text: 'Say "é"\n', head },
  });
  assertStringIncludes(request.body, `"seed": 12345678901234567890,`);
  assertStringIncludes(
    request.body,
    `"messages": [ {"role":"user","content":"\\u00e9"}\n ,{"role":"assistant","content":"Say \\"é\\"\\n"},{"role":"user","content":`,
  );
  assertStringIncludes(request.body, `"x": 1e400`);
  assertEquals(JSON.parse(request.body).messages.length, 3);
  assertEquals(
    losses.toString(),
    "approximated: answer.content (continued at mock/m)",
  );
});

Deno.test("A8, A9: the second half has the first one's head, and no role", () => {
  const text = goOn([
    chunk({ role: "assistant", content: "" }),
    chunk({ role: "assistant", content: " two" }),
    chunk({}, "stop"),
    "[DONE]",
  ]);
  const frames = text.trim().split("\n\n");
  assertEquals(frames.length, 3);
  assertEquals(frames.at(-1), "data: [DONE]");
  assert(!text.includes('"role"') && !text.includes("second"));
  const first = JSON.parse(frames[0]!.slice(6));
  assertEquals([first.id, first.created, first.model], Object.values(head));
  assertEquals(first.choices[0].delta, { content: " two" });
});

Deno.test("A4: the counts at the end are those of both halves", () => {
  const events = [
    chunk({ content: " two" }),
    chunk({}, "stop"),
    { ...chunk({}), choices: [], usage: told },
    "[DONE]",
  ];
  const both = goOn(events, { usage: counts });
  assertStringIncludes(
    both,
    `"usage":{"prompt_tokens":30,"completion_tokens":7,"total_tokens":37`,
  );
  // Of a half that told none nothing is made up.
  assertStringIncludes(goOn(events), `"usage":${JSON.stringify(told)}`);
  const unasked = goOn(events, { usage: counts, includeUsage: false });
  assert(!unasked.includes("usage"));
});

Deno.test("continueChat() keeps a finish that carries the first role", () => {
  const text = goOn([chunk({ role: "assistant" }, "stop"), "[DONE]"]);
  assertStringIncludes(text, `"finish_reason":"stop"`);
});

Deno.test("canContinueChat() is for one answer of free text", () => {
  const yes = [
    {},
    { n: 1, logprobs: false, response_format: { type: "text" } },
    { n: null, logprobs: null, response_format: null, modalities: ["text"] },
    { tools: [{ type: "function" }] },
  ];
  const no = [
    { n: 2 },
    { n: "1" },
    { logprobs: true },
    { top_logprobs: 3 },
    { response_format: { type: "json_object" } },
    { response_format: { type: "json_schema" } },
    { response_format: 3 },
    { modalities: ["text", "audio"] },
    { modalities: [{ toString: 1 }] },
    { audio: { voice: "v" } },
  ];
  for (const value of yes) assert(canContinueChat({ value }), show(value));
  for (const value of no) assert(!canContinueChat({ value }), show(value));
});

function show(value: unknown): string {
  return JSON.stringify(value);
}
