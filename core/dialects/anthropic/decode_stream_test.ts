import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AnswerEvent, Usage } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import {
  block,
  decode,
  decodeWith,
  push,
  start,
  stop,
} from "./_test_stream.ts";
import { AnthropicStreamDecoder } from "./decode_stream.ts";

const START: AnswerEvent = { type: "start", id: "msg_1", model: "claude" };
const FINISH: AnswerEvent = { type: "finish", finish: "stop" };

function failure(run: () => unknown): [kind: string, code: string] {
  const error = assertThrows(run, UpstreamError);
  return [error.kind, error.code];
}

const INVALID: [string, string] = ["upstream", "upstream_invalid_response"];
const TRUNCATED: [string, string] = ["upstream", "upstream_stream_truncated"];

function usages(events: readonly AnswerEvent[]): Usage[] {
  return events.flatMap((event) => event.type === "usage" ? [event.usage] : []);
}

Deno.test("C24: text, thought and tool calls become parts in order", () => {
  assertEquals(
    decode(
      start(),
      ...block(
        0,
        { type: "thinking", thinking: "", signature: "" },
        { type: "thinking_delta", thinking: "Hm" },
        { type: "signature_delta", signature: "si" },
        { type: "signature_delta", signature: "g" },
      ),
      ...block(1, { type: "redacted_thinking", data: "r==" }),
      ...block(
        2,
        { type: "text", text: "" },
        { type: "text_delta", text: "Hel" },
        { type: "text_delta", text: "lo" },
      ),
      ...block(
        3,
        { type: "tool_use", id: "toolu_1", name: "look", input: {} },
        { type: "input_json_delta", partial_json: '{"a":' },
        { type: "input_json_delta", partial_json: "1}" },
      ),
      ...stop("tool_use"),
    ),
    [
      START,
      { type: "part_start", part: 0, kind: "reasoning" },
      { type: "part_delta", part: 0, text: "Hm" },
      { type: "part_end", part: 0, signature: "sig" },
      { type: "part_start", part: 1, kind: "reasoning", redacted: "r==" },
      { type: "part_end", part: 1 },
      { type: "part_start", part: 2, kind: "text" },
      { type: "part_delta", part: 2, text: "Hel" },
      { type: "part_delta", part: 2, text: "lo" },
      { type: "part_end", part: 2 },
      {
        type: "part_start",
        part: 3,
        kind: "tool_call",
        id: "toolu_1",
        name: "look",
      },
      { type: "part_delta", part: 3, text: '{"a":' },
      { type: "part_delta", part: 3, text: "1}" },
      { type: "part_end", part: 3 },
      { type: "finish", finish: "tool" },
    ],
  );
});

Deno.test("C24: deltas and stops that fit no open block are refused", () => {
  const text = { type: "text", text: "" };
  const delta = { type: "text_delta", text: "x" };
  const lonely = { type: "content_block_delta", index: 0, delta };
  const tool = { type: "tool_use", id: "a", name: "b", input: {} };
  const [open] = block(0, text);
  for (
    const values of [
      [start(), lonely],
      [start(), { type: "content_block_stop", index: 0 }],
      [start(), ...block(0, text), lonely],
      [start(), open!, open!],
      [start(), ...block(0, tool, delta)],
      [start(), ...block(0, text, { type: "input_json_delta" })],
      [start(), ...block(0, text, { type: "thinking_delta" })],
      [start(), ...block(0, text, { type: "signature_delta" })],
    ]
  ) assertEquals(failure(() => decode(...values)), INVALID);
});

Deno.test("C24: many blocks open at once are refused", () => {
  const opened = Array.from(
    { length: 100 },
    (_, index) => block(index, { type: "text", text: "" })[0]!,
  );
  assertEquals(failure(() => decode(start(), ...opened)), INVALID);
});

Deno.test("C27: empty deltas say nothing", () => {
  const events = decode(
    start(),
    ...block(
      0,
      { type: "thinking", thinking: "", signature: "" },
      { type: "thinking_delta", thinking: "" },
      { type: "signature_delta", signature: "" },
    ),
    ...block(1, { type: "text", text: "" }, { type: "text_delta", text: "" }),
    ...block(
      2,
      { type: "tool_use", id: "a", name: "b", input: {} },
      { type: "input_json_delta", partial_json: "" },
      { type: "input_json_delta", partial_json: "{}" },
    ),
    ...stop("tool_use"),
  );
  assertEquals(events.filter(({ type }) => type === "part_delta"), [
    { type: "part_delta", part: 2, text: "{}" },
  ]);
  assertEquals(events.find(({ type }) => type === "part_end"), {
    type: "part_end",
    part: 0,
  });
});

Deno.test("C28: pings pass anywhere, in the middle of a block too", () => {
  const ping = { type: "ping" };
  const values = [
    start(),
    ...block(0, { type: "text", text: "" }, { type: "text_delta", text: "x" }),
    ...stop(),
  ];
  const events = decode(ping, ...values.flatMap((value) => [value, ping]));
  // The ping behind the end is none any more.
  assertEquals(
    events.filter(({ type }) => type === "ping").length,
    values.length,
  );
  assertEquals(
    events.filter(({ type }) => type !== "ping"),
    decode(...values),
  );
});

Deno.test("C29: an error in the stream ends it with its own class", () => {
  const error = (type: string, message = "Overloaded") => ({
    type: "error",
    error: { type, message },
  });
  const decoder = new AnthropicStreamDecoder();
  push(decoder, start());
  const thrown = assertThrows(
    () => push(decoder, error("overloaded_error")),
    UpstreamError,
  );
  assertEquals(
    [thrown.kind, thrown.code, thrown.status, thrown.message],
    ["overloaded", "overloaded_error", 503, "Overloaded"],
  );
  assert(!decoder.done);
  assertEquals(failure(() => decode(error("api_error"))), [
    "upstream",
    "upstream_error",
  ]);
  assertEquals(failure(() => decode(error("rate_limit_error"))), [
    "rate_limit",
    "rate_limit_exceeded",
  ]);
});

Deno.test("C29: an error is known by its event's name too", () => {
  const decoder = new AnthropicStreamDecoder();
  assertEquals(
    failure(() =>
      decoder.push({ event: "error", data: '{"error":{"message":"No"}}' })
    ),
    ["upstream", "upstream_error"],
  );
  assertEquals(
    failure(() => decoder.push({ event: "error", data: "<html>" })),
    INVALID,
  );
});

Deno.test("C30, N7: the last usage counts, and a zero or null erases none", () => {
  const first = {
    input_tokens: 10,
    cache_read_input_tokens: 5,
    cache_creation_input_tokens: 3,
    cache_creation: { ephemeral_1h_input_tokens: 2 },
    output_tokens: 1,
  };
  const last = {
    input_tokens: 0,
    cache_read_input_tokens: null,
    output_tokens: 20,
    output_tokens_details: { thinking_tokens: 4 },
  };
  const events = decode(start(first), ...stop("end_turn", { usage: last }));
  assertEquals(usages(events), [
    {
      input: 18,
      cached: 5,
      cacheWrite: 3,
      cacheWrite1h: 2,
      output: 1,
      reasoning: 0,
      total: 19,
    },
    {
      input: 18,
      cached: 5,
      cacheWrite: 3,
      cacheWrite1h: 2,
      output: 20,
      reasoning: 4,
      total: 38,
    },
  ]);
});

Deno.test("C31: usage may come at the end only, or never", () => {
  const usage = { input_tokens: 3, output_tokens: 4 };
  const [told] = usages(decode(start(), ...stop("end_turn", { usage })));
  assertEquals([told?.input, told?.output, told?.total], [3, 4, 7]);
  assertEquals(usages(decode(start(), ...stop())), []);
});

Deno.test("C32: unknown events, deltas and blocks are ignored and reported, text between them stays", () => {
  const losses = new LossReport();
  assertEquals(
    decodeWith(
      losses,
      start(),
      { type: "brand_new" },
      ...block(
        0,
        { type: "server_tool_use", id: "s", name: "web_search", input: {} },
        { type: "input_json_delta", partial_json: '{"q":1}' },
      ),
      ...block(1, { type: "web_search_tool_result", content: [] }),
      ...block(
        2,
        { type: "text", text: "" },
        { type: "citations_delta", citation: {} },
        { type: "text_delta", text: "Hi" },
        { type: "citations_delta", citation: {} },
        { type: "newer_delta" },
      ),
      ...stop(),
    ),
    [
      START,
      { type: "part_start", part: 0, kind: "text" },
      { type: "part_delta", part: 0, text: "Hi" },
      { type: "part_end", part: 0 },
      FINISH,
    ],
  );
  assertEquals(
    losses.toString(),
    "dropped: answer.server_tool_use (left out); " +
      "dropped: answer.web_search_tool_result (left out); " +
      "dropped: answer.citations (no address on the web); " +
      "dropped: answer.newer_delta (left out)",
  );
});

Deno.test("C21: a reason that is only nearly told is reported", () => {
  const losses = new LossReport();
  decodeWith(losses, start(), ...stop("pause_turn"));
  assertEquals(
    losses.toString(),
    "approximated: answer.stop_reason (pause_turn)",
  );
});

Deno.test("C33: a second message_start gives no second start", () => {
  const events = decode(start(), start({ input_tokens: 9 }), ...stop());
  assertEquals(events.filter(({ type }) => type === "start"), [START]);
  assertEquals(usages(events)[0]?.input, 9);
});

Deno.test("C34: padded JSON is parsed", () => {
  const decoder = new AnthropicStreamDecoder();
  const data = `  ${JSON.stringify(start())}\t       `;
  assertEquals(decoder.push({ event: "message_start", data }), [START]);
});

Deno.test("M13: an event that is no JSON object ends the stream as failed", () => {
  for (const data of ['{"type":"pi', "null", "[]", "7", '"ping"', "<html>"]) {
    const decoder = new AnthropicStreamDecoder();
    assertEquals(failure(() => decoder.push({ event: "", data })), INVALID);
  }
});

Deno.test("M14: odd characters come through", () => {
  const text = "\u2028\u0000\ud83d\ude00/\ud800";
  const events = decode(
    start(),
    ...block(0, { type: "text", text: "" }, { type: "text_delta", text }),
    ...stop(),
  );
  assertEquals(events[2], { type: "part_delta", part: 0, text });
});

Deno.test("A13: a tool call without argument text gets the input of its start, else {}", () => {
  const args = (tool: object, ...deltas: object[]) =>
    decode(
      start(),
      ...block(0, { type: "tool_use", id: "a", name: "b", ...tool }, ...deltas),
      ...stop("tool_use"),
    ).flatMap((event) => event.type === "part_delta" ? [event.text] : []);
  assertEquals(args({ input: {} }), ["{}"]);
  assertEquals(args({}), ["{}"]);
  assertEquals(args({ input: null }), ["{}"]);
  assertEquals(args({ input: { a: 1 } }), ['{"a":1}']);
  assertEquals(
    args({ input: { a: 1 } }, {
      type: "input_json_delta",
      partial_json: '{"a":2}',
    }),
    ['{"a":2}'],
  );
});

Deno.test("A16: tool calls make the class tool whatever the reason says", () => {
  const tool = { type: "tool_use", id: "a", name: "b", input: {} };
  assertEquals(decode(start(), ...block(0, tool), ...stop("end_turn")).at(-1), {
    type: "finish",
    finish: "tool",
  });
});

Deno.test("O1, O3: the reason is classified, the stop sequence kept", () => {
  const delta = { stop_reason: "stop_sequence", stop_sequence: "END" };
  assertEquals(
    decode(start(), { type: "message_delta", delta }, { type: "message_stop" })
      .at(-1),
    { type: "finish", finish: "stop", stopSequence: "END" },
  );
});

Deno.test("A3, L4, U6: a stream that is cut anywhere throws at its end and tells no finish", () => {
  const whole = [
    start({ input_tokens: 1 }),
    ...block(0, { type: "text", text: "" }, { type: "text_delta", text: "x" }),
    ...stop(),
  ];
  for (let cut = 0; cut < whole.length; cut++) {
    const decoder = new AnthropicStreamDecoder();
    const events = whole.slice(0, cut).flatMap((value) => push(decoder, value));
    assertEquals(events.filter(({ type }) => type === "finish"), []);
    assertEquals(decoder.done, false);
    assertEquals(failure(() => decoder.end()), TRUNCATED);
  }
});

Deno.test("L7: a tool call that is cut is not completed", () => {
  const decoder = new AnthropicStreamDecoder();
  const values = [
    start(),
    ...block(0, { type: "tool_use", id: "a", name: "b", input: {} }, {
      type: "input_json_delta",
      partial_json: '{"a":',
    }).slice(0, 2),
  ];
  const events = values.flatMap((value) => push(decoder, value));
  assertEquals(events.at(-1), { type: "part_delta", part: 0, text: '{"a":' });
  assertEquals(failure(() => decoder.end()), TRUNCATED);
});

Deno.test("U6: an end without a reason is none", () => {
  assertEquals(
    failure(() => decode(start(), { type: "message_stop" })),
    TRUNCATED,
  );
});

const TOOL = { type: "tool_use", id: "a", name: "b", input: {} };

/** A stream with one tool call of these pieces of arguments, and this end. */
function toolStream(pieces: readonly string[], ...end: object[]): object[] {
  const deltas = pieces.map((piece) => ({
    type: "input_json_delta",
    partial_json: piece,
  }));
  return [start(), ...block(0, TOOL, ...deltas), ...end];
}

Deno.test("A10: a call whose arguments are no JSON object ends in an error, not in tool_calls", () => {
  for (
    const pieces of [['{"a":'], ['{"a":1}', "}"], ["[1]"], ["null"], ["7"]]
  ) {
    for (const reason of ["tool_use", "end_turn", "brand_new"]) {
      const decoder = new AnthropicStreamDecoder();
      const values = toolStream(pieces, ...stop(reason));
      const last = values.pop()!;
      for (const value of values) push(decoder, value);
      assertEquals(failure(() => push(decoder, last)), INVALID, pieces.join());
      assertEquals(decoder.done, false);
    }
  }
});

Deno.test("A10: a call that is open at message_stop ends in an error", () => {
  for (const piece of ["", '{"a":1}']) {
    const values = toolStream([piece]);
    values.pop();
    assertEquals(
      failure(() => decode(...values, ...stop("tool_use"))),
      INVALID,
    );
  }
});

Deno.test("L7: an answer that says that it was cut may end within a call", () => {
  for (const [reason, finish] of [["max_tokens", "length"], ["refusal"]]) {
    const values = toolStream(['{"a":'], ...stop(reason));
    const events = decode(...values);
    assertEquals(events.at(-1)?.type, "finish");
    assertEquals(
      (events.at(-1) as { finish: string }).finish,
      finish ?? reason,
    );
    const open = values.filter((value) =>
      !("type" in value) || value.type !== "content_block_stop"
    );
    assertEquals(decode(...open), events);
  }
});

Deno.test("A10: arguments of more than 4 MB are refused", () => {
  const piece = "x".repeat(1_000_000);
  const values = toolStream(['{"a":"', piece, piece, piece, piece, piece]);
  assertEquals(failure(() => decode(...values)), INVALID);
});

Deno.test("M15: whole arguments in a block's start keep their numbers", () => {
  const decoder = new AnthropicStreamDecoder();
  push(decoder, start());
  const data = JSON.stringify(block(0, TOOL)[0])
    .replace('"input":{}', '"input":{"id":12345678901234567890}');
  decoder.push({ event: "content_block_start", data });
  const [delta] = push(decoder, { type: "content_block_stop", index: 0 });
  assertEquals(delta, {
    type: "part_delta",
    part: 0,
    text: '{"id":12345678901234567890}',
  });
});

Deno.test("push() closes other blocks that are open at message_stop", () => {
  const [open] = block(0, { type: "text", text: "all of it" });
  assertEquals(decode(start(), open!, ...stop()).slice(1), [
    { type: "part_start", part: 0, kind: "text" },
    { type: "part_delta", part: 0, text: "all of it" },
    { type: "part_end", part: 0 },
    FINISH,
  ]);
});

Deno.test("push() ignores everything after the end, and foreign end marks before it", () => {
  const decoder = new AnthropicStreamDecoder();
  assertEquals(decoder.push({ event: "", data: "[DONE]" }), []);
  assert(!decoder.done);
  for (const value of [start(), ...stop()]) push(decoder, value);
  assert(decoder.done);
  assertEquals(push(decoder, start()), []);
  assertEquals(push(decoder, { type: "error", error: {} }), []);
  assertEquals(decoder.push({ event: "", data: "[DONE]" }), []);
  assertEquals(decoder.end(), []);
});

Deno.test("push() refuses content before the start and events with missing members", () => {
  const text = { type: "text", text: "" };
  for (
    const values of [
      block(0, text),
      stop(),
      [{ type: "message_start" }],
      [start(), { type: "content_block_start", index: 0 }],
      [start(), { type: "content_block_start", index: 0, content_block: [] }],
      [start(), ...block(0, { type: "tool_use", name: "b" })],
      [start(), ...block(0, { type: "tool_use", id: 1, name: "b" })],
      [start(), ...block(0, { type: "tool_use", id: "", name: "b", input: 7 })],
      [start(), block(0, text)[0]!, { type: "content_block_delta", index: 0 }],
    ]
  ) assertEquals(failure(() => decode(...values)), INVALID);
});
