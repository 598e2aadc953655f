import { assert, assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { bytewise } from "./_test_client.ts";
import { block, start, stop } from "./_test_stream.ts";
import { MessagesPassStream } from "./pass_stream.ts";

const START = {
  type: "message_start",
  message: {
    id: "m",
    type: "message",
    role: "assistant",
    model: "claude",
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 7, output_tokens: 1 },
  },
};
const TEXT = block(0, { type: "text", text: "" }, {
  type: "text_delta",
  text: "hi",
});
const STOP = stop("end_turn", { usage: { output_tokens: 5 } });

function push(stream: MessagesPassStream, ...values: readonly object[]) {
  return values.map((value) =>
    stream.push({
      event: "type" in value ? String(value.type) : "",
      data: JSON.stringify(value),
    })
  ).join("");
}

/** A stream's events, parsed. */
function passed(...values: readonly object[]) {
  const stream = new MessagesPassStream({ model: "fallback" });
  const text = push(stream, ...values);
  assertEquals(stream.end(), "");
  return bytewise(text).map(({ data }) => JSON.parse(data));
}

Deno.test("C32: what nobody knows yet passes in its place and counts as content", () => {
  const stream = new MessagesPassStream();
  push(stream, START);
  assertEquals(stream.progress, 0);
  const known = block(0, { type: "server_tool_use", id: "s" }, {
    type: "input_json_delta",
    partial_json: '{"q":1}',
  });
  const unknown = { type: "brand_new", more: [1] };
  const text = push(stream, ...known, unknown);
  assertEquals(
    bytewise(text).map(({ data }) => JSON.parse(data)),
    [...known, unknown] as unknown[],
  );
  assertEquals(stream.progress, 2);
  assertEquals(stream.push({ event: "", data: `{"type":"odd\\nx: y"}` }), "");
});

Deno.test("C27, C28: pings and empty pieces are no content", () => {
  const stream = new MessagesPassStream();
  const pieces = block(0, { type: "tool_use", id: "t", name: "n" }, {
    type: "input_json_delta",
    partial_json: "",
  });
  const text = push(stream, START, { type: "ping" }, ...pieces.slice(0, 2));
  // The call itself.
  assertEquals([stream.progress, bytewise(text).length], [1, 4]);
});

Deno.test("L4, U6: the reason to stop waits for the stop", () => {
  const stream = new MessagesPassStream();
  const before = push(stream, START, ...TEXT, STOP[0]!);
  assert(!before.includes("end_turn"));
  assertEquals(stream.finish, undefined);
  assertThrows(() => stream.end(), UpstreamError);
  const ping = push(stream, { type: "ping" });
  assertEquals(ping, `event: ping\ndata: {"type":"ping"}\n\n`);
  const after = push(stream, STOP[1]!);
  assertEquals(bytewise(after).map(({ event }) => event), [
    "message_delta",
    "message_stop",
  ]);
  assertEquals([stream.finish, stream.done, stream.usage?.total], [
    "stop",
    true,
    12,
  ]);
  assertEquals(push(stream, { type: "ping" }), "");
});

Deno.test("C29: an error event is thrown, whatever is held", () => {
  const stream = new MessagesPassStream();
  push(stream, START, ...TEXT, STOP[0]!);
  const error = assertThrows(
    () =>
      push(stream, {
        type: "error",
        error: { type: "overloaded_error", message: "busy" },
      }),
    UpstreamError,
  );
  assertEquals([error.kind, error.message], ["overloaded", "busy"]);
});

Deno.test("C33: a second start is swallowed, its counts are not", () => {
  const second = structuredClone(START);
  second.message.usage.input_tokens = 9;
  const stream = new MessagesPassStream();
  push(stream, START);
  assertEquals(push(stream, second), "");
  assertEquals(stream.usage?.input, 9);
});

Deno.test("C23: a start that lacks what clients read is mended", () => {
  const [first] = passed(start(), ...TEXT, ...STOP);
  const { message } = first;
  assertEquals([message.id, message.type, message.role, message.content], [
    "msg_1",
    "message",
    "assistant",
    [],
  ]);
  assertEquals(message.usage.input_tokens, 0);
  assertEquals([message.stop_reason, message.stop_sequence], [null, null]);
  const bare = { type: "message_start", message: {} };
  const [mended] = passed(bare, ...TEXT, ...STOP);
  assertEquals(mended.message.model, "fallback");
});

Deno.test("A16, C30: an end that lacks its counts, or the word for a call, is mended", () => {
  const call = block(0, { type: "tool_use", id: "t", name: "n", input: {} });
  const end = passed(START, ...call, ...stop("end_turn")).at(-2);
  assertEquals(end, {
    type: "message_delta",
    delta: { stop_reason: "tool_use" },
    usage: { output_tokens: 1 },
  });
});

Deno.test("A10: a call whose arguments are not whole is an error", () => {
  const cut = block(0, { type: "tool_use", id: "t", name: "n" }, {
    type: "input_json_delta",
    partial_json: '{"a',
  });
  const stream = new MessagesPassStream();
  assertThrows(
    () => push(stream, START, ...cut, ...stop("tool_use")),
    UpstreamError,
  );
});

Deno.test("C24, M13: a stream that breaks the rules is an error", () => {
  for (
    const values of [
      TEXT,
      [START, ...TEXT.slice(1)],
      [START, TEXT[0]!, { ...TEXT[1]!, delta: { type: "thinking_delta" } }],
      [START, ...TEXT, { type: "message_stop" }],
    ]
  ) {
    assertThrows(
      () => push(new MessagesPassStream(), ...values),
      UpstreamError,
    );
  }
  for (const data of ["{", "null", "[]", "7"]) {
    assertThrows(
      () => new MessagesPassStream().push({ event: "x", data }),
      UpstreamError,
    );
  }
});

Deno.test("M4: data of several lines stays one event, a name is found where there is none", () => {
  const data = JSON.stringify(START, null, 1);
  const text = new MessagesPassStream().push({ event: "", data });
  const [event] = bytewise(text);
  assertEquals(event?.event, "message_start");
  assertEquals(JSON.parse(event!.data), START);
});

Deno.test("MessagesPassStream refuses to hold without an end", () => {
  const stream = new MessagesPassStream();
  push(stream, START, STOP[0]!);
  const more = { type: "more", text: "x".repeat(300_000) };
  assertThrows(
    () => push(stream, more, more, more, more),
    UpstreamError,
  );
});
