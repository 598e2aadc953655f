import { assert, assertEquals, assertThrows } from "@std/assert";
import { ThoughtCollector } from "../../_thought_collector.ts";
import { UpstreamError } from "../../errors.ts";
import { MemoryThoughtStore } from "../../thought_store.ts";
import {
  assemble,
  type Chunk,
  chunk,
  chunksOf,
  HEAD,
  pass,
  passed,
} from "./_test_pass.ts";
import { ChatPassStream } from "./pass_stream.ts";

const ROLE = chunk({ role: "assistant", content: "" });
const HI = chunk({ content: "hi" });
const STOP = chunk({}, "stop");
const CALL = {
  index: 0,
  id: "a",
  type: "function",
  function: { name: "f", arguments: "" },
};
const DONE = "[DONE]";
const COUNTS = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };
const USAGE = JSON.stringify({ ...HEAD, choices: [], usage: COUNTS });

function frames(...data: readonly string[]): string {
  return data.map((line) => `data: ${line}\n\n`).join("");
}

function deltas(chunks: readonly Chunk[]): unknown[] {
  return chunks.map((chunk) => chunk.choices[0]?.delta);
}

Deno.test("M15: a stream that needs no mending keeps its bytes", () => {
  const odd =
    `{ "choices":[{"delta":{"content":"\\u00e9\\/\\ud83d"},"index":0,"finish_reason":null,"n":1e400}], "big":9007199254740993, "id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"m-1"}`;
  const data = [ROLE, odd, STOP, USAGE, DONE];
  assertEquals(pass(data, { includeUsage: true }), frames(...data));
  assertEquals(pass(data), frames(ROLE, odd, STOP, DONE));
});

Deno.test("L10: each event but the finish is handed on at once", () => {
  const stream = new ChatPassStream({ includeUsage: true });
  const push = (data: string) => stream.push({ event: "", data });
  assertEquals(push(ROLE), frames(ROLE));
  assertEquals(push(HI), frames(HI));
  assertEquals([push(STOP), push(USAGE), stream.done], ["", "", false]);
  assertEquals(stream.finish, undefined);
  assertEquals(push(DONE), frames(STOP, USAGE, DONE));
  assertEquals([stream.done, stream.finish], [true, "stop"]);
});

Deno.test("A1: what follows the end is ignored", () => {
  const text = frames(ROLE, HI, STOP, DONE);
  assertEquals(pass([ROLE, HI, STOP, DONE, HI, "{", DONE]), text);
});

Deno.test("M10: the terminator may have white space around it, blank data is none", () => {
  assertEquals(
    pass([ROLE, "", " ", HI, STOP, " [DONE] "]),
    frames(ROLE, HI, STOP, DONE),
  );
});

Deno.test("M4: data of several lines becomes one line", () => {
  const lines = JSON.stringify(JSON.parse(HI), null, 2);
  assertEquals(pass([ROLE, lines, STOP, DONE]), frames(ROLE, HI, STOP, DONE));
  const counts = JSON.stringify(JSON.parse(USAGE), null, 2);
  assertEquals(
    pass([ROLE, HI, STOP, counts, DONE], { includeUsage: true }),
    frames(ROLE, HI, STOP, USAGE, DONE),
  );
});

Deno.test("A2: [DONE] is sent for a provider that never does", () => {
  const data = [ROLE, HI, STOP, USAGE];
  assertEquals(
    pass(data, { streamEnd: "finish", includeUsage: true }),
    frames(...data, DONE),
  );
  assertEquals(
    pass([ROLE, HI, STOP, DONE], { streamEnd: "finish" }),
    frames(ROLE, HI, STOP, DONE),
  );
});

const cuts: [name: string, data: string[]][] = [
  ["nothing", []],
  ["only the role", [ROLE]],
  ["no finish", [ROLE, HI]],
  ["no finish but [DONE]", [ROLE, HI, DONE]],
  ["[DONE] alone", [DONE]],
  ["only counts", [USAGE, DONE]],
  ["a finish but no [DONE]", [ROLE, HI, STOP]],
  ["one choice of two unfinished", [
    ROLE,
    JSON.stringify({
      ...HEAD,
      choices: [{ index: 1, delta: { content: "x" } }],
    }),
    STOP,
    DONE,
  ]],
];

for (const [name, data] of cuts) {
  Deno.test(`U6: a stream that ends with ${name} is an error`, () => {
    const stream = new ChatPassStream({ includeUsage: true });
    let text = "";
    const error = assertThrows(() => {
      for (const line of data) text += stream.push({ event: "", data: line });
      stream.end();
    }, UpstreamError);
    assertEquals(error.code, "upstream_stream_truncated");
    assertEquals([stream.done, stream.finish], [false, undefined]);
    assert(!text.includes('"stop"') && !text.includes(DONE));
  });
}

Deno.test("J18: without a finish reason the end of the body is no end either", () => {
  assertThrows(() => pass([ROLE, HI], { streamEnd: "finish" }), UpstreamError);
});

Deno.test("L7: a tool call that was cut is not completed", () => {
  const stream = new ChatPassStream({ includeUsage: false });
  const data = chunk({ role: "assistant", tool_calls: [CALL] });
  assertEquals(stream.push({ event: "", data }), frames(data));
  assertThrows(() => stream.end(), UpstreamError);
  const limit = chunk({}, "length");
  assertEquals(pass([data, limit, DONE]), frames(data, limit, DONE));
});

Deno.test("A5: without include_usage no chunk carries counts", () => {
  const riding = chunk({}, "stop", { usage: COUNTS });
  const chunks = passed([ROLE, HI, riding, USAGE, DONE]);
  assertEquals(chunks.length, 3);
  assert(chunks.every(({ usage, choices }) => !usage && choices.length === 1));
});

Deno.test("A18, H12: counts that ride on the finish chunk come behind it", () => {
  const riding = chunk({ content: "!" }, "stop", { usage: COUNTS });
  const chunks = passed([ROLE, riding, DONE], { includeUsage: true });
  assertEquals(chunks, [
    JSON.parse(ROLE),
    JSON.parse(chunk({ content: "!" })),
    JSON.parse(STOP),
    JSON.parse(USAGE),
  ]);
});

Deno.test("J16: counts in every chunk: the last ones count; citations are told once", () => {
  const extra = (tokens: number) => ({
    usage: { ...COUNTS, completion_tokens: tokens },
    citations: ["https://a.example"],
  });
  const data = [
    chunk({ role: "assistant", content: "a" }, null, extra(1)),
    chunk({ role: "assistant", content: "b" }, null, extra(2)),
    chunk({ role: "assistant", content: "c" }, "stop", extra(3)),
  ];
  const options = { includeUsage: true, streamEnd: "finish" } as const;
  const chunks = passed(data, options);
  assertEquals(chunks.map((chunk) => chunk.citations !== undefined), [
    true,
    false,
    false,
    false,
    false,
  ]);
  assertEquals(chunks.at(-1)?.usage, extra(3).usage);
  assertEquals(chunks.filter(({ usage }) => usage).length, 1);
  assertEquals(assemble(chunks).choices[0]?.content, "abc");
});

Deno.test("N7: zero or null counts do not erase earlier ones", () => {
  const zero = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  const data = [
    ROLE,
    chunk({}, "stop", { usage: COUNTS }),
    JSON.stringify({ ...HEAD, choices: [], usage: zero }),
    JSON.stringify({ ...HEAD, choices: [], usage: null }),
    DONE,
  ];
  const stream = new ChatPassStream({ includeUsage: true });
  let text = "";
  for (const line of data) text += stream.push({ event: "", data: line });
  assertEquals(chunksOf(text).at(-1)?.usage, COUNTS);
  assertEquals([stream.usage?.input, stream.usage?.output], [5, 2]);
});

Deno.test("J9: Groq's own place for counts is read and left", () => {
  const groq = chunk({}, "stop", { x_groq: { id: "req_1", usage: COUNTS } });
  const chunks = passed([ROLE, groq, DONE], { includeUsage: true });
  assertEquals(chunks.at(-1)?.usage, COUNTS);
  assertEquals(chunks.at(-2)?.x_groq, { id: "req_1", usage: COUNTS });
});

Deno.test("J9: Kimi's own place for counts, beside the finish, is read", () => {
  const choice = { index: 0, delta: {}, finish_reason: "stop", usage: COUNTS };
  const kimi = chunk({}, null, { choices: [choice] });
  const chunks = passed([ROLE, kimi, DONE], { includeUsage: true });
  assertEquals(chunks.at(-1)?.usage, COUNTS);
});

for (const name of ["prompt_cache_hit_tokens", "cached_tokens"]) {
  Deno.test(`J8: ${name} are told where OpenAI's clients look for cached ones`, () => {
    const usage = { ...COUNTS, [name]: 2 };
    const own = JSON.stringify({ ...HEAD, choices: [], usage });
    const riding = chunk({}, "stop", { usage });
    for (const data of [[ROLE, STOP, own, DONE], [ROLE, riding, DONE]]) {
      const told = passed(data, { includeUsage: true }).at(-1)?.usage;
      const details = { cached_tokens: 2 };
      assertEquals(told, { ...usage, prompt_tokens_details: details });
    }
  });
}

Deno.test("J25: counts with null details are read", () => {
  const usage = { ...COUNTS, prompt_tokens_details: null };
  const stream = new ChatPassStream({ includeUsage: false });
  stream.push({ event: "", data: chunk({}, "stop", { usage }) });
  assertEquals(stream.usage?.cached, 0);
});

Deno.test("A8, J23: all chunks have the id, model and time of the first one", () => {
  const other = { id: "gen-2", created: 1_700_000_009, model: "m-2" };
  const chunks = passed(
    [ROLE, chunk({ content: "x" }, null, other), STOP, USAGE, DONE],
    { includeUsage: true },
  );
  for (const { id, object, created, model } of chunks) {
    assertEquals({ id, object, created, model }, HEAD);
  }
});

Deno.test("J23: what no chunk has is made up", () => {
  const bad = { id: "", object: "x", created: 0, model: "" };
  const data = [
    chunk({ role: "assistant", content: "a" }, null, bad),
    chunk({}, "stop", { id: undefined, object: "", created: "1", model: null }),
    DONE,
  ];
  const [first, second] = passed(data, { model: "asked" });
  assert(first && second);
  assert(first.id.startsWith("chatcmpl-"));
  assert(Math.abs(first.created - Date.now() / 1000) < 60);
  assertEquals([first.object, first.model], ["chat.completion.chunk", "asked"]);
  assertEquals([second.id, second.created], [first.id, first.created]);
});

Deno.test("F3: a verdict on the prompt moves to the first real chunk", () => {
  const verdict = [{ prompt_index: 0, content_filter_results: {} }];
  const first = {
    choices: [],
    created: 0,
    id: "",
    model: "",
    object: "",
    prompt_filter_results: verdict,
  };
  const stream = new ChatPassStream({ includeUsage: false });
  assertEquals(stream.push({ event: "", data: JSON.stringify(first) }), "");
  assertEquals(stream.model, undefined);
  const text = stream.push({ event: "", data: ROLE });
  const role = { ...JSON.parse(ROLE), prompt_filter_results: verdict };
  assertEquals(JSON.parse(text.slice(6)), role);
  assertEquals(stream.push({ event: "", data: HI }), frames(HI));
  assertEquals(stream.model, "m-1");
});

Deno.test("A9: the role comes once, in the first delta of each choice", () => {
  const one = (index: number, delta: unknown, finish: string | null = null) =>
    JSON.stringify({
      ...HEAD,
      choices: [{ index, delta, finish_reason: finish }],
    });
  const role = { role: "assistant", content: "x" };
  const chunks = passed([
    one(1, role),
    one(0, { content: "x" }),
    one(1, role),
    one(0, role),
    one(1, role, "stop"),
    one(0, {}, "stop"),
    DONE,
  ]);
  const roles = chunks.map((
    { choices: [choice] },
  ) => [choice?.index, choice?.delta.role]);
  assertEquals(roles, [
    [1, "assistant"],
    [0, "assistant"],
    [1, undefined],
    [0, undefined],
    [1, undefined],
    [1, undefined],
    [0, undefined],
  ]);
});

Deno.test("A6: choices in one chunk keep their index, their finishes come at the end", () => {
  const both = (a: unknown, b: unknown, finish: string | null = null) =>
    JSON.stringify({
      ...HEAD,
      choices: [
        { index: 0, delta: a, finish_reason: null },
        { index: 1, delta: b, finish_reason: finish },
      ],
    });
  const text = { content: "x" };
  const chunks = passed([
    both(text, text),
    both(text, { content: "y" }, "length"),
    both(text, {}, "length"),
    chunk({}, "stop"),
    DONE,
  ]);
  const { choices } = assemble(chunks);
  assertEquals([choices[0]?.content, choices[1]?.content], ["xxx", "xy"]);
  assertEquals([choices[0]?.finish, choices[1]?.finish], ["stop", "length"]);
  assertEquals(chunks.map(({ choices }) => choices.length), [2, 2, 1, 1, 1]);
});

Deno.test("A17: a finish that is repeated is passed once", () => {
  const role = { role: "assistant", content: "" };
  const data = [
    ROLE,
    chunk(role, "stop"),
    chunk(role, "stop", { usage: COUNTS }),
    chunk(role, null, { usage: COUNTS }),
    DONE,
  ];
  const chunks = passed(data);
  assertEquals(deltas(chunks), [role, { content: "" }]);
  assertEquals(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
});

Deno.test("A17: of two finishes the first counts", () => {
  const chunks = passed([ROLE, HI, chunk({}, "length"), STOP, DONE]);
  assertEquals(chunks.at(-1)?.choices[0]?.finish_reason, "length");
  assertEquals(chunks.length, 3);
});

Deno.test("A17: content behind the finish goes before it", () => {
  const chunks = passed([
    ROLE,
    STOP,
    HI,
    chunk({ content: "!" }, "stop"),
    DONE,
  ]);
  assertEquals(deltas(chunks), [
    { role: "assistant", content: "" },
    { content: "hi" },
    { content: "!" },
    {},
  ]);
});

Deno.test("A16: stop becomes tool_calls where there are some", () => {
  const call = { ...CALL, function: { name: "f", arguments: "{}" } };
  const start = chunk({ role: "assistant", tool_calls: [call] });
  const stream = new ChatPassStream({ includeUsage: false });
  let text = "";
  for (const data of [start, STOP, DONE]) {
    text += stream.push({ event: "", data });
  }
  assertEquals(chunksOf(text).at(-1)?.choices[0]?.finish_reason, "tool_calls");
  assertEquals(stream.finish, "tool");
});

Deno.test("J20: without tool calls, tool_calls becomes stop and an empty list goes", () => {
  const chunks = passed([
    chunk({ role: "assistant", content: "x", tool_calls: [] }),
    chunk({ content: "y", tool_calls: null }),
    chunk({}, "tool_calls"),
    DONE,
  ]);
  assertEquals(deltas(chunks), [
    { role: "assistant", content: "x" },
    { content: "y", tool_calls: null },
    {},
  ]);
  assertEquals(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
});

Deno.test("H11: words for a finish that OpenAI does not know become its own", () => {
  for (
    const [told, sent] of [["model_length", "length"], ["eos", "stop"], [
      "length",
      "length",
    ]]
  ) {
    const chunks = passed([ROLE, HI, chunk({}, told), DONE]);
    assertEquals(chunks.at(-1)?.choices[0]?.finish_reason, sent);
  }
});

Deno.test("J15, J24: a finish reason or delta that is missing or null does no harm", () => {
  const open = (choice: Record<string, unknown>) =>
    JSON.stringify({ ...HEAD, choices: [{ index: 0, ...choice }] });
  const chunks = passed([
    open({ delta: { role: "assistant", content: "x" } }),
    open({ delta: null, finish_reason: "" }),
    open({ finish_reason: null }),
    open({ finish_reason: "stop", delta: null }),
    DONE,
  ]);
  assertEquals(deltas(chunks), [
    { role: "assistant", content: "x" },
    {},
    {},
    {},
  ]);
  assertEquals(chunks.map(({ choices }) => choices[0]?.finish_reason), [
    undefined,
    null,
    null,
    "stop",
  ]);
});

Deno.test("J24: a choice without an index has that of its place", () => {
  const chunks = passed([
    JSON.stringify({
      ...HEAD,
      choices: [{ delta: { role: "assistant", content: "x" } }, { delta: {} }],
    }),
    JSON.stringify({
      ...HEAD,
      choices: [{ delta: {}, finish_reason: "stop" }, {
        delta: {},
        finish_reason: "stop",
      }],
    }),
    DONE,
  ]);
  assertEquals(
    chunks.flatMap(({ choices }) => choices.map(({ index }) => index)),
    [0, 1, 0, 1],
  );
});

Deno.test("H1: a content array is split into thought and text", () => {
  const thinking = (text: string) => ({
    type: "thinking",
    thinking: [{ type: "text", text }],
  });
  const chunks = passed([
    chunk({ role: "assistant", content: [thinking("hm")] }),
    chunk({
      content: [thinking("m"), { type: "text", text: "a" }, {
        type: "reference",
        reference_ids: [1],
      }],
    }),
    chunk({ content: [thinking("y")], reasoning_content: "x" }),
    chunk({ content: "b" }),
    STOP,
    DONE,
  ]);
  assertEquals(deltas(chunks), [
    { role: "assistant", reasoning_content: "hm" },
    {
      content: "a",
      reasoning_content: "m",
      references: [{ type: "reference", reference_ids: [1] }],
    },
    { reasoning_content: "xy" },
    { content: "b" },
    {},
  ]);
});

Deno.test("J4, J22: thought passes; told twice it is told once", () => {
  const details = [{ type: "reasoning.text", text: "a" }];
  const chunks = passed([
    chunk({ role: "assistant", reasoning: "a", reasoning_details: details }),
    chunk({ reasoning: "b", reasoning_content: "b" }),
    STOP,
    DONE,
  ]);
  assertEquals(deltas(chunks), [
    { role: "assistant", reasoning: "a", reasoning_details: details },
    { reasoning_content: "b" },
    {},
  ]);
});

Deno.test("A26: a refusal passes as such", () => {
  const data = [ROLE, chunk({ refusal: "no" }), STOP, DONE];
  assertEquals(pass(data), frames(...data));
});

Deno.test("progress counts what carries content, and the finish", () => {
  const stream = new ChatPassStream({ includeUsage: true });
  const counts: number[] = [];
  for (
    const data of [
      ROLE,
      HI,
      chunk({ reasoning: "x" }),
      chunk({ refusal: "x" }),
      chunk({ audio: { data: "x" } }),
      chunk({ tool_calls: [CALL] }),
      chunk({ content: null }),
      STOP,
      STOP,
      USAGE,
      DONE,
    ]
  ) {
    stream.push({ event: "", data });
    counts.push(stream.progress);
  }
  assertEquals(counts, [0, 1, 2, 3, 4, 5, 5, 6, 6, 6, 6]);
});

Deno.test("J6: the thought in front of a call is kept of a whole stream, and of no other", () => {
  const call = { ...CALL, id: undefined };
  const data = [
    chunk({ role: "assistant", reasoning_content: "h" }),
    chunk({ reasoning_content: null, reasoning: "m" }),
    chunk({ tool_calls: [CALL] }),
    chunk({ tool_calls: [call] }),
    chunk({}, "tool_calls"),
  ];
  for (const isWhole of [true, false]) {
    const keeper = new MemoryThoughtStore().of("a");
    const thought = new ThoughtCollector(keeper, "d/m", { unsigned: true });
    const stream = new ChatPassStream({ includeUsage: false, thought });
    for (const line of [...data, ...isWhole ? [DONE] : []]) {
      stream.push({ event: "", data: line });
    }
    const parts = [{ type: "reasoning", text: "hm" }] as const;
    const kept = isWhole ? { family: "d/m", parts } : undefined;
    assertEquals(keeper.find("a"), kept);
  }
});
