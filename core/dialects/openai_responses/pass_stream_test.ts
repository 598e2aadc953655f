import { assert, assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { wireEvents } from "./_test_events.ts";
import { ResponsesPassStream } from "./pass_stream.ts";

const RESPONSE = {
  id: "resp_1",
  status: "in_progress",
  model: "m-1",
  output: [],
};
const CREATED = { type: "response.created", response: RESPONSE };
const DELTA = {
  type: "response.output_text.delta",
  item_id: "a",
  output_index: 0,
  delta: "hi",
};

function completed(fields: Record<string, unknown> = {}): unknown {
  return {
    type: "response.completed",
    response: { ...RESPONSE, status: "completed", ...fields },
  };
}

function push(stream: ResponsesPassStream, value: unknown, event = ""): string {
  const data = typeof value === "string" ? value : JSON.stringify(value);
  return stream.push({ event, data });
}

function pass(...values: unknown[]): string {
  const stream = new ResponsesPassStream();
  return values.map((value) => push(stream, value)).join("") + stream.end();
}

Deno.test("B1, B3: events get their type's line and the next number", () => {
  const events = wireEvents(pass(
    { ...CREATED, sequence_number: 5 },
    { ...DELTA, sequence_number: 5 },
    completed(),
  ));
  assertEquals(events.map(({ type }) => type), [
    "response.created",
    "response.output_text.delta",
    "response.completed",
  ]);
});

Deno.test("B26, M15: events that need no mending keep their text, unknown ones too", () => {
  const odd = '{"type": "response.x_new", "n": 1.0,"sequence_number" :0}';
  const stream = new ResponsesPassStream();
  assertEquals(push(stream, odd), `event: response.x_new\ndata: ${odd}\n\n`);
});

Deno.test("B7: an id that changes from event to event stays the first one", () => {
  const item = (id: string) => ({ id, type: "message" });
  const text = pass(
    CREATED,
    { type: "response.output_item.added", output_index: 0, item: item("a") },
    { ...DELTA, item_id: "b" },
    { type: "response.output_item.done", output_index: 0, item: item("c") },
    completed({ output: [item("d"), item("e")] }),
  );
  const events = wireEvents(text);
  assertEquals(events[2]?.item_id, "a");
  assertEquals(events[3]?.item, item("a"));
  const { output } = events[4]?.response as { output: unknown };
  assertEquals(output, [item("a"), item("e")]);
});

Deno.test("B1: what comes behind the end is ignored, [DONE] before it is a cut", () => {
  const end = pass(CREATED, completed(), "[DONE]", DELTA, "");
  assertEquals(wireEvents(end).length, 2);
  const { code } = assertThrows(() => pass(CREATED, "[DONE]"), UpstreamError);
  assertEquals(code, "upstream_stream_truncated");
  assertThrows(() => pass(CREATED, DELTA), UpstreamError, "before the answer");
});

Deno.test("B11: a failure within a stream is thrown with its class", () => {
  const body = { code: "rate_limit_exceeded", message: "Slow down" };
  const failed = { ...RESPONSE, status: "failed", error: body };
  const nested = { type: "rate_limit_exceeded", ...body, param: null };
  for (
    const event of [
      { type: "error", ...body, param: null, sequence_number: 1 },
      { type: "error", sequence_number: 1, error: nested },
      { type: "response.failed", response: failed },
      { error: body },
      completed({ error: body }),
    ]
  ) {
    const error = assertThrows(
      () => pass(CREATED, event),
      UpstreamError,
      "Slow down",
    );
    assertEquals([error.kind, error.code], ["rate_limit", body.code]);
  }
  const stream = new ResponsesPassStream();
  assertThrows(() => push(stream, "Oh no", "error"), UpstreamError, "Oh no");
});

Deno.test("B12: an incomplete answer is a proper end", () => {
  const stream = new ResponsesPassStream();
  push(stream, {
    type: "response.incomplete",
    response: {
      ...RESPONSE,
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    },
  });
  assertEquals([stream.done, stream.finish, stream.usage?.total], [
    true,
    "length",
    3,
  ]);
});

Deno.test("ResponsesPassStream.progress counts what tells something of the answer", () => {
  const stream = new ResponsesPassStream();
  const steps: [unknown, number][] = [
    [CREATED, 0],
    [{ type: "response.output_item.added", item: { type: "reasoning" } }, 0],
    [{ ...DELTA, delta: "" }, 0],
    [DELTA, 1],
    [{ type: "keepalive" }, 1],
    [
      { type: "response.output_item.added", item: { type: "function_call" } },
      2,
    ],
    [{ type: "response.output_item.done", item: null }, 3],
    [completed(), 4],
  ];
  for (const [value, progress] of steps) {
    push(stream, value);
    assertEquals(stream.progress, progress);
  }
  assertEquals(stream.model, "m-1");
});

Deno.test("M4, M13: odd events are errors or stay on one line", () => {
  const stream = new ResponsesPassStream();
  const text = push(stream, '{"type":\n"response.x",\n"sequence_number":0}');
  assertEquals(text.split("\n").length, 4);
  for (
    const data of ["{", "7", "{}", "[]", '{"type":"a b\\n"}', '{"type":7}', "x"]
  ) {
    const { code } = assertThrows(() => pass(CREATED, data), UpstreamError);
    assertEquals(code, "upstream_invalid_response");
  }
  for (const response of [{}, { output: null }]) {
    assertThrows(
      () => pass({ type: "response.completed", response }),
      UpstreamError,
    );
  }
});

Deno.test("B11, L4: fail() ends the stream whatever came before", () => {
  const error = new UpstreamError("timeout", "Late", { code: "idle_timeout" });
  const bare = wireEvents(
    new ResponsesPassStream({ model: "m" }).fail(error, "r"),
  );
  assertEquals(bare.map(({ type }) => type), ["error", "response.failed"]);
  const deep = "[".repeat(20_000) + "]".repeat(20_000);
  const stream = new ResponsesPassStream();
  push(
    stream,
    `{"type":"response.created","sequence_number":0,"response":{"x":${deep}}}`,
  );
  const text = stream.fail(error, "r");
  assert(text.includes('"status":"failed"'));
  assertEquals([stream.fail(error, "r"), push(stream, DELTA)], ["", ""]);
});
