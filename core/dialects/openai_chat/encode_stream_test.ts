import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { AnswerEvent, Usage } from "../../answer.ts";
import { LossReport } from "../../loss_report.ts";
import { lastParts } from "./_test_decode.ts";
import { ChatStreamEncoder } from "./encode_stream.ts";

const START: AnswerEvent = { type: "start", id: "msg_1", model: "m" };
const STOP: AnswerEvent = { type: "finish", finish: "stop" };
const USAGE: Usage = {
  input: 10,
  cached: 0,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 2,
  reasoning: 0,
  total: 12,
};

function text(part: number, ...deltas: string[]): AnswerEvent[] {
  return [
    { type: "part_start", part, kind: "text" },
    ...deltas.map((text) => ({ type: "part_delta" as const, part, text })),
    { type: "part_end", part },
  ];
}

function call(part: number, ...deltas: string[]): AnswerEvent[] {
  return [
    {
      type: "part_start",
      part,
      kind: "tool_call",
      id: `call_${part}`,
      name: "f",
    },
    ...deltas.map((text) => ({ type: "part_delta" as const, part, text })),
    { type: "part_end", part },
  ];
}

function encode(events: readonly AnswerEvent[], includeUsage = false): string {
  const encoder = new ChatStreamEncoder({ includeUsage });
  return events.map((event) => encoder.push(event)).join("");
}

/** The payloads of a stream's events; each must be one line of data. */
function payloads(stream: string): string[] {
  assert(stream.endsWith("\n\n"));
  return stream.slice(0, -2).split("\n\n").map((event) => {
    assertMatch(event, /^data: [^\n]*$/);
    return event.slice(6);
  });
}

// deno-lint-ignore no-explicit-any -- the wire's JSON, looked at freely
function chunks(events: readonly AnswerEvent[], includeUsage = false): any[] {
  const found = payloads(encode(events, includeUsage));
  assertEquals(found.pop(), "[DONE]");
  return found.map((payload) => JSON.parse(payload));
}

function deltas(events: readonly AnswerEvent[]): unknown[] {
  return chunks(events).map(({ choices }) => choices[0].delta);
}

Deno.test("A1: a stream ends with one [DONE] and nothing after it", () => {
  const found = payloads(encode([START, ...text(0, "hi"), STOP, STOP, {
    type: "usage",
    usage: USAGE,
  }, ...text(1, "late")]));
  assertEquals(found.filter((payload) => payload === "[DONE]").length, 1);
  assertEquals(found.at(-1), "[DONE]");
});

Deno.test("A8, A9: chunks share their head, the role comes once", () => {
  const found = chunks([START, ...text(0, "Hel", "lo"), STOP]);
  const [{ created }] = found;
  assert(Number.isInteger(created));
  const head = {
    id: "msg_1",
    object: "chat.completion.chunk",
    created,
    model: "m",
  };
  assertEquals(found, [
    {
      ...head,
      choices: [{
        index: 0,
        delta: { role: "assistant", content: "Hel" },
        finish_reason: null,
      }],
    },
    {
      ...head,
      choices: [{ index: 0, delta: { content: "lo" }, finish_reason: null }],
    },
    { ...head, choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
  ]);
});

Deno.test("A4: asked for, one usage chunk stands before [DONE]", () => {
  const found = chunks([
    START,
    { type: "usage", usage: { ...USAGE, output: 0, total: 10 } },
    ...text(0, "hi"),
    { type: "usage", usage: { ...USAGE, input: 0, total: 2 } },
    STOP,
  ], true);
  const last = found.pop();
  assertEquals(last.choices, []);
  assertEquals(last.id, "msg_1");
  assertEquals([last.usage.prompt_tokens, last.usage.completion_tokens], [
    10,
    2,
  ]);
  assert(found.every(({ usage, choices }) => usage === null && choices[0]));
  assertEquals(found.at(-1).choices[0].finish_reason, "stop");
});

Deno.test("A5: not asked for, there is no usage and no chunk without a choice", () => {
  const found = chunks([
    START,
    ...text(0, "hi"),
    { type: "usage", usage: USAGE },
    STOP,
  ]);
  assert(found.every((chunk) => !("usage" in chunk) && chunk.choices[0]));
});

Deno.test("A4: no usage is made up where none came", () => {
  const found = chunks([START, ...text(0, "hi"), STOP], true);
  assert(found.every(({ choices }) => choices.length === 1));
});

Deno.test("A10, A15, A16: a tool call's first fragment has id and name, the others arguments", () => {
  assertEquals(deltas([START, ...call(0, '{"a"', ":1}"), STOP]), [
    {
      role: "assistant",
      content: null,
      tool_calls: [{
        index: 0,
        id: "call_0",
        type: "function",
        function: { name: "f", arguments: "" },
      }],
    },
    { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] },
    {},
  ]);
  assertEquals(
    chunks([START, ...call(0, "{}"), STOP]).at(-1).choices[0].finish_reason,
    "tool_calls",
  );
});

Deno.test("A11: interleaved calls keep their own index, from 0 up without holes", () => {
  const [a, b] = [call(1), call(2)];
  const found = deltas([
    START,
    ...text(0, "hi"),
    ...a.slice(0, 1),
    ...b.slice(0, 1),
    { type: "part_delta", part: 2, text: '{"b":2}' },
    { type: "part_delta", part: 1, text: '{"a":1}' },
    ...b.slice(1),
    ...a.slice(1),
    STOP,
  ]);
  const sums = ["", ""];
  for (const delta of found as { tool_calls?: CallDelta[] }[]) {
    for (const { index, function: part } of delta.tool_calls ?? []) {
      sums[index] += part.arguments;
    }
  }
  assertEquals(sums, ['{"a":1}', '{"b":2}']);
});

interface CallDelta {
  readonly index: number;
  readonly function: { readonly arguments: string };
}

Deno.test('A13: a tool call without arguments gets "{}"', () => {
  for (const given of [[], [""], ["", ""]]) {
    const found = deltas([START, ...call(0, ...given), STOP]);
    assertEquals(found.slice(1), [
      { tool_calls: [{ index: 0, function: { arguments: "{}" } }] },
      {},
    ]);
  }
  const blank = deltas([START, ...call(0, " ", "\n"), STOP]);
  assertEquals(blank.at(-2), {
    tool_calls: [{ index: 0, function: { arguments: "{}" } }],
  });
});

Deno.test("A17: finish_reason stands in one chunk only", () => {
  const found = chunks([START, ...text(0, "a"), ...call(1, "{}"), STOP]);
  assertEquals(
    found.filter(({ choices }) => choices[0].finish_reason !== null).length,
    1,
  );
});

Deno.test("A9: an answer without any part still has role, finish and end", () => {
  assertEquals(deltas([START, STOP]), [
    { role: "assistant", content: "" },
    {},
  ]);
  assertEquals(deltas([STOP]), [{ role: "assistant", content: "" }, {}]);
});

Deno.test("A26: a refusal is streamed as refusal", () => {
  assertEquals(
    deltas([
      START,
      { type: "part_start", part: 0, kind: "refusal" },
      { type: "part_delta", part: 0, text: "No" },
      { type: "part_end", part: 0 },
      { type: "finish", finish: "refusal" },
    ]),
    [{ role: "assistant", refusal: "No" }, {}],
  );
});

Deno.test("C13: thought is streamed as text, its signature as a detail", () => {
  const found = deltas([
    START,
    { type: "part_start", part: 0, kind: "reasoning" },
    { type: "part_delta", part: 0, text: "I " },
    { type: "part_delta", part: 0, text: "think" },
    { type: "part_end", part: 0, signature: "sig" },
    { type: "part_start", part: 1, kind: "reasoning", redacted: "xyz" },
    { type: "part_end", part: 1 },
    ...text(2, "x"),
    STOP,
  ]);
  assertEquals(found, [
    { role: "assistant", reasoning_content: "I " },
    { reasoning_content: "think" },
    {
      reasoning_details: [{
        type: "reasoning.text",
        text: "I think",
        signature: "sig",
        index: 0,
      }],
    },
    {
      reasoning_details: [{
        type: "reasoning.encrypted",
        data: "xyz",
        index: 1,
      }],
    },
    { content: "x" },
    {},
  ]);
});

Deno.test("C13: thought without a signature has no detail", () => {
  const found = deltas([
    START,
    { type: "part_start", part: 0, kind: "reasoning" },
    { type: "part_delta", part: 0, text: "I think" },
    { type: "part_end", part: 0 },
    STOP,
  ]);
  assertEquals(found, [
    { role: "assistant", reasoning_content: "I think" },
    {},
  ]);
});

Deno.test("C13: long thought is held in bounded memory and restored whole", () => {
  const piece = "thinking ".repeat(4000);
  const found = deltas([
    START,
    { type: "part_start", part: 0, kind: "reasoning" },
    ...Array.from({ length: 7 }, () => ({
      type: "part_delta" as const,
      part: 0,
      text: piece,
    })),
    { type: "part_end", part: 0, signature: "sig" },
    STOP,
  ]) as { reasoning_details?: unknown[] }[];
  const details = found.flatMap((delta) => delta.reasoning_details ?? []);
  assert(details.length > 2);
  assertEquals(
    lastParts({
      role: "assistant",
      content: "",
      reasoning_details: details,
    })[0],
    { type: "reasoning", text: piece.repeat(7), signature: "sig" },
  );
});

Deno.test("C27, C28: pings and empty deltas write nothing", () => {
  const encoder = new ChatStreamEncoder({ includeUsage: true });
  const silent: AnswerEvent[] = [
    { type: "ping" },
    START,
    { type: "part_start", part: 0, kind: "text" },
    { type: "part_delta", part: 0, text: "" },
    { type: "part_delta", part: 9, text: "of no part" },
    { type: "part_end", part: 0 },
    { type: "usage", usage: USAGE },
  ];
  for (const event of silent) assertEquals(encoder.push(event), "");
});

Deno.test("C33: a second start changes nothing", () => {
  const found = chunks([
    START,
    ...text(0, "a"),
    { type: "start", id: "other", model: "other" },
    ...text(1, "b"),
    STOP,
  ]);
  assert(found.every(({ id, model }) => id === "msg_1" && model === "m"));
});

Deno.test("J23: a stream without an id gets one", () => {
  const [{ id }] = chunks([{ type: "start", id: "", model: "m" }, STOP]);
  assertMatch(id, /^chatcmpl-[0-9a-f]{32}$/);
});

Deno.test("M14: any text comes through as it was, in one line each", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary" }), { maxLength: 8 }),
      fc.string(),
      (pieces, model) => {
        const events = [
          { type: "start" as const, id: "i", model },
          ...text(0, ...pieces),
          STOP,
        ];
        const found = chunks(events);
        const said = found.map(({ choices }) => choices[0].delta.content ?? "");
        assertEquals(said.join(""), pieces.join(""));
        assertEquals(found[0].model, model);
      },
    ),
  );
});

Deno.test("C12, O3: what a stream loses is reported as of a whole answer", () => {
  const losses = new LossReport();
  const encoder = new ChatStreamEncoder({ includeUsage: false }, losses);
  const thought: AnswerEvent[] = [
    { type: "part_start", part: 1, kind: "reasoning" },
    { type: "part_end", part: 1 },
  ];
  for (
    const event of [START, ...thought, ...call(0, "{}")]
  ) encoder.push(event);
  assert(losses.empty);
  for (
    const event of [...thought, { ...STOP, stopSequence: "END" } as const]
  ) encoder.push(event);
  assertEquals(
    losses.toString(),
    "changed: answer.reasoning_content (order of parts); " +
      "dropped: answer.stop_sequence (openai_chat)",
  );
});
