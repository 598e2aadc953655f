import { assertEquals, assertThrows } from "@std/assert";
import type { AnswerEvent } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { decodeResponsesAnswer } from "./decode_answer.ts";
import { ResponsesStreamDecoder } from "./decode_stream.ts";

const RESPONSE = { id: "resp_1", status: "completed", model: "m", output: [] };
const CREATED = { type: "response.created", response: RESPONSE };
const END = { type: "response.completed", response: RESPONSE };
const CALL = { type: "function_call", call_id: "c", name: "f", arguments: "" };

function decode(
  ...values: unknown[]
): { readonly events: AnswerEvent[]; readonly losses: string } {
  const losses = new LossReport();
  const decoder = new ResponsesStreamDecoder(losses);
  const events = values.flatMap((value) => {
    const data = typeof value === "string" ? value : JSON.stringify(value);
    return [...decoder.push({ event: "", data })];
  });
  return { events: [...events, ...decoder.end()], losses: losses.toString() };
}

function answer(value: unknown): ReturnType<typeof decodeResponsesAnswer> {
  return decodeResponsesAnswer(
    new TextEncoder().encode(JSON.stringify(value)),
  );
}

const START = { type: "start", id: "resp_1", model: "m" };
const FINISH = { type: "finish", finish: "stop" };

Deno.test("B6, A13: a call whose arguments come late or never", () => {
  const added = {
    type: "response.output_item.added",
    output_index: 0,
    item: CALL,
  };
  const done = (text: unknown) => ({
    type: "response.output_item.done",
    output_index: 0,
    item: { ...CALL, arguments: text },
  });
  for (
    const [text, told] of [['{"a":1}', '{"a":1}'], ["", "{}"], [null, "{}"]]
  ) {
    assertEquals(decode(CREATED, added, done(text), END).events, [
      START,
      { type: "part_start", part: 0, kind: "tool_call", id: "c", name: "f" },
      { type: "part_delta", part: 0, text: told! },
      { type: "part_end", part: 0 },
      FINISH,
    ] as AnswerEvent[]);
  }
  const cut = { ...CALL, status: "incomplete" };
  assertEquals(
    answer({ ...RESPONSE, status: "incomplete", output: [cut] }).parts,
    [{ type: "tool_call", id: "c", name: "f", arguments: "" }],
  );
});

Deno.test("B5: words that come whole", () => {
  const { events } = decode(CREATED, {
    type: "response.output_text.done",
    output_index: 0,
    content_index: 0,
    text: "hi",
  }, {
    type: "response.refusal.done",
    output_index: 0,
    content_index: 1,
    refusal: "",
  }, END);
  assertEquals(events, [
    START,
    { type: "part_start", part: 0, kind: "text" },
    { type: "part_delta", part: 0, text: "hi" },
    { type: "part_end", part: 0 },
    FINISH,
  ] as AnswerEvent[]);
});

Deno.test("B9: an answer that the last event alone tells", () => {
  const output = [
    { type: "reasoning", summary: [{ text: "Hm" }] },
    { type: "message", content: [{ type: "output_text", text: "hi" }] },
    CALL,
  ];
  const { events } = decode({
    type: "response.completed",
    response: {
      ...RESPONSE,
      output,
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    },
  });
  assertEquals(
    events.map(({ type }) => type).join(" "),
    [
      "start",
      ...Array(3).fill("part_start part_delta part_end"),
      "usage finish",
    ].join(" "),
  );
  assertEquals(events.at(-1), { type: "finish", finish: "tool" });
});

Deno.test("B26: what has no word is on the report", () => {
  const item = (item: unknown) => ({
    type: "response.output_item.done",
    output_index: 0,
    item,
  });
  const { losses } = decode(
    CREATED,
    item({ type: "web_search_call" }),
    { type: "response.output_text.annotation.added", annotation: {} },
    { type: "response.x_new" },
    { type: "keepalive" },
    END,
  );
  assertEquals(
    losses,
    "dropped: answer.web_search_call (left out); " +
      "dropped: answer.citations (no address on the web)",
  );
});

Deno.test("B11, M13: failures and what is no answer are errors", () => {
  const odd: unknown[] = [
    "{",
    "7",
    "{}",
    "[DONE]",
    { type: "error", code: "server_error", message: "x" },
    { type: "response.failed" },
    { type: "response.completed" },
    { ...END, response: { ...RESPONSE, status: "in_progress" } },
    { type: "response.output_item.added", item: null },
    { type: "response.output_item.done", item: 7 },
    { type: "response.output_item.added", item: { ...CALL, call_id: "" } },
  ];
  for (const value of odd) {
    assertThrows(() => decode(CREATED, value), UpstreamError);
  }
  const delta = { type: "response.output_text.delta", delta: "x" };
  assertThrows(() => decode(delta), UpstreamError, "before its start");
  const { code } = assertThrows(() => decode(CREATED, delta), UpstreamError);
  assertEquals(code, "upstream_stream_truncated");
  for (
    const value of [{}, { output: [7] }, { ...RESPONSE, status: "queued" }]
  ) {
    assertThrows(() => answer(value), UpstreamError);
  }
});
