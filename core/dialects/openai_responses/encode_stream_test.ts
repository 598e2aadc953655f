import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Answer, AnswerEvent, AnswerPart } from "../../answer.ts";
import { type GatewayError, UpstreamError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import {
  encodeEvents,
  eventsOf,
  partEvents,
  wireEvents,
} from "./_test_events.ts";
import { checkStream } from "./_test_check_stream.ts";
import { readEvents, readStream } from "./_test_sdk.ts";
import { encodeResponsesAnswer } from "./encode_answer.ts";
import { ResponsesStreamEncoder } from "./encode_stream.ts";

const USAGE = {
  input: 10,
  cached: 4,
  cacheWrite: 1,
  cacheWrite1h: 0,
  output: 7,
  reasoning: 3,
  total: 17,
};
const THOUGHT: AnswerPart = {
  type: "reasoning",
  text: "Hm, 6 × 7",
  signature: "c2ln",
};
const TEXT: AnswerPart = { type: "text", text: "It is 42 🎉\nreally" };
const MORE: AnswerPart = { type: "text", text: " and more" };
const CALL: AnswerPart = {
  type: "tool_call",
  id: "call_1",
  name: "add",
  arguments: '{"a": 1.0}',
};
const NO_ARGUMENTS: AnswerPart = {
  type: "tool_call",
  id: "call_2",
  name: "now",
  arguments: "",
};
const REFUSAL: AnswerPart = { type: "refusal", text: "I won't" };

function answer(
  parts: readonly AnswerPart[],
  fields: Partial<Answer> = {},
): Answer {
  return {
    id: "x",
    model: "m-1",
    parts,
    finish: "stop",
    usage: USAGE,
    ...fields,
  };
}

function types(parts: readonly AnswerPart[]): string[] {
  return wireEvents(encodeEvents(eventsOf(answer(parts))))
    .map(({ type }) => type.replace(/^response\./, ""));
}

const OPENING = ["created", "in_progress"];
const MESSAGE = [
  "output_item.added",
  "content_part.added",
  "output_text.delta",
  "output_text.delta",
  "output_text.done",
  "content_part.done",
];

Deno.test("B2, B4: the events of a text come in order", () => {
  assertEquals(types([TEXT]), [
    ...OPENING,
    ...MESSAGE,
    "output_item.done",
    "completed",
  ]);
});

Deno.test("B4: texts that follow one another are one message", () => {
  assertEquals(types([TEXT, MORE, REFUSAL]), [
    ...OPENING,
    ...MESSAGE,
    ...MESSAGE.slice(1),
    "content_part.added",
    "refusal.delta",
    "refusal.delta",
    "refusal.done",
    "content_part.done",
    "output_item.done",
    "completed",
  ]);
});

Deno.test("B6, B8: the events of thought and calls come in order", () => {
  assertEquals(types([THOUGHT, CALL, NO_ARGUMENTS]), [
    ...OPENING,
    "output_item.added",
    "reasoning_summary_part.added",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.delta",
    "reasoning_summary_text.done",
    "reasoning_summary_part.done",
    "output_item.done",
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
    "output_item.added",
    "function_call_arguments.delta",
    "function_call_arguments.done",
    "output_item.done",
    "completed",
  ]);
});

const SIGNED: AnswerPart[] = [
  { ...CALL, id: "call_3", signature: "g1" },
  { type: "text", text: "signed", signature: "g2" },
  { type: "text", text: "", signature: "g3" },
  { type: "reasoning", text: "", redacted: "secret" },
  { type: "reasoning", text: "" },
];
const ANSWERS: readonly Answer[] = [
  answer([]),
  answer([TEXT]),
  answer([THOUGHT, TEXT, MORE, CALL, NO_ARGUMENTS], { finish: "tool" }),
  answer([REFUSAL], { finish: "refusal" }),
  answer([TEXT, REFUSAL, TEXT]),
  answer([TEXT], { finish: "length" }),
  answer([TEXT, CALL], { finish: "length" }),
  answer([NO_ARGUMENTS], { finish: "length" }),
  answer([TEXT], { finish: "filter" }),
  answer([TEXT], { finish: "refusal" }),
  answer([TEXT], { finish: "error" }),
  answer(SIGNED),
];

/** What of a response differs from one making to the next. */
function withoutIds(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, value) => {
    if (key === "id" || key === "item_id") return String(value).split("_")[0];
    return key.endsWith("ed_at") && value !== null ? 1 : value;
  }));
}

Deno.test("B5, B7, B9: the SDK puts together what the whole answer says", async () => {
  for (const one of ANSWERS) {
    const body = encodeEvents(eventsOf(one));
    const { answer: streamed } = await readStream(body);
    const { output_text: _, output_parsed: __, ...rest } = streamed as
      & typeof streamed
      & { output_parsed?: unknown };
    const whole = JSON.parse(encodeResponsesAnswer(one));
    const told = withoutIds(
      JSON.parse(
        JSON.stringify(
          rest,
          (key, value) => key.startsWith("parsed") ? undefined : value,
        ),
      ),
    );
    assertEquals(told, withoutIds(whole));
  }
});

Deno.test("B1, B2, B3, B4, B5, B6, B7, B8, B9: streams are in order and whole", () => {
  for (const one of ANSWERS) checkStream(encodeEvents(eventsOf(one)));
});

Deno.test("M12: one byte at a time reads the same", async () => {
  const body = encodeEvents(eventsOf(ANSWERS[2]!));
  assertEquals(await readStream(body, { bytes: 1 }), await readStream(body));
});

Deno.test("B1: every line end within a text is escaped", () => {
  const body = encodeEvents(
    eventsOf(answer([{ type: "text", text: "a\r\nb\u2028c" }])),
  );
  assert(!body.includes("\r"));
  for (const record of body.trimEnd().split("\n\n")) {
    assertEquals(record.split("\n").length, 2);
  }
});

Deno.test("L4: a stream that is cut at any event has no terminal event", async () => {
  const events = eventsOf(ANSWERS[2]!);
  for (let end = 1; end < events.length; end++) {
    const body = encodeEvents(events.slice(0, end));
    assert(!/event: response\.(?:completed|incomplete|failed)/.test(body));
    const names = (await readEvents(body)).map(({ type }) => type);
    assertEquals(names.includes("response.completed"), false);
  }
});

Deno.test("B11, B2, L4: a failure at any event ends with error and failed, numbered on", async () => {
  const events = eventsOf(ANSWERS[2]!);
  const error = new UpstreamError("overloaded", "Too busy", { code: "busy" });
  for (let end = 0; end < events.length; end++) {
    const encoder = new ResponsesStreamEncoder();
    let body = events.slice(0, end).map((event) => encoder.push(event)).join(
      "",
    );
    body += encoder.fail(error, "req_1");
    assertEquals(encoder.push({ type: "finish", finish: "stop" }), "");
    assertEquals(encoder.fail(error, "req_1"), "");
    const wire = wireEvents(body);
    const [told, failed] = wire.slice(-2);
    assertEquals([told?.type, told?.code, told?.message], [
      "error",
      "busy",
      "Too busy",
    ]);
    assertEquals(failed?.type, "response.failed");
    const response = failed?.response as Record<string, unknown>;
    assertEquals(response.status, "failed");
    assertEquals(response.error, { code: "server_error", message: "Too busy" });
    const thrown = await readEvents(body).catch((error) => error);
    assertEquals([thrown.code, thrown.type], ["busy", "overloaded_error"]);
  }
});

Deno.test("B11: the code of response.error is one that clients act upon", () => {
  const cases: [GatewayError, string][] = [
    [
      new UpstreamError("rate_limit", "m", { code: "insufficient_quota" }),
      "insufficient_quota",
    ],
    [
      new UpstreamError("rate_limit", "m", { code: "x" }),
      "rate_limit_exceeded",
    ],
    [
      new UpstreamError("invalid_request", "m", {
        code: "context_length_exceeded",
      }),
      "context_length_exceeded",
    ],
    [
      new UpstreamError("timeout", "m", { code: "idle_timeout" }),
      "server_error",
    ],
  ];
  for (const [error, code] of cases) {
    const body = new ResponsesStreamEncoder().fail(error, "r");
    const failed = wireEvents(body).at(-1)?.response as Record<string, unknown>;
    assertEquals(failed.error, { code, message: "m" });
  }
});

Deno.test("B7: parts that overlap keep their items apart", async () => {
  const [start, ...text] = partEvents(TEXT, 0);
  const [begin, ...call] = partEvents(CALL, 1);
  const events: AnswerEvent[] = [
    { type: "start", id: "", model: "m" },
    start!,
    text[0]!,
    begin!,
    call[0]!,
    text[1]!,
    call[1]!,
    text[2]!,
    call[2]!,
    { type: "finish", finish: "tool" },
  ];
  checkStream(encodeEvents(events));
  const { answer } = await readStream(encodeEvents(events));
  assertEquals(answer.output_text, TEXT.type === "text" ? TEXT.text : "");
  assertEquals(answer.output.map(({ type }) => type), [
    "message",
    "function_call",
  ]);
});

Deno.test("L7: a call that was cut off keeps its half arguments and is incomplete", async () => {
  const events: AnswerEvent[] = [
    { type: "start", id: "", model: "m" },
    { type: "part_start", part: 0, kind: "tool_call", id: "c", name: "f" },
    { type: "part_delta", part: 0, text: '{"a' },
    { type: "finish", finish: "length" },
  ];
  const { answer } = await readStream(encodeEvents(events));
  const [call] = answer.output;
  assert(call?.type === "function_call");
  assertEquals([call.arguments, call.status], ['{"a', "incomplete"]);
  assertEquals(answer.status, "incomplete");
});

Deno.test("N7: the last usage counts, and a zero erases none", async () => {
  const events = eventsOf(answer([TEXT]));
  events.splice(1, 0, { type: "usage", usage: { ...USAGE, output: 1 } });
  events.splice(2, 0, { type: "ping" });
  const { answer: { usage } } = await readStream(encodeEvents(events));
  assertEquals(usage, {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 1 },
    output_tokens: 7,
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 17,
  });
});

Deno.test("O3: a stop sequence that matched is on the report", () => {
  const losses = new LossReport();
  const encoder = new ResponsesStreamEncoder({}, losses);
  encoder.push({ type: "finish", finish: "stop", stopSequence: "END" });
  assertEquals(
    losses.toString(),
    "dropped: answer.stop_sequence (openai_responses)",
  );
});

Deno.test("B28: every event of the response repeats the request on one line", () => {
  const request = parseJsonDocument(new TextEncoder().encode(
    '{"model":"m","input":"x","tools":[\n{"type":"function",\r\n"name":"f","parameters":{"maximum":12345678901234567890}}],"temperature":0.50,"metadata":{"a":"b"},"text":{"verbosity":"low"}}',
  ));
  const body = encodeEvents(eventsOf(answer([])), { request });
  for (const record of body.trimEnd().split("\n\n")) {
    assertEquals(record.split("\n").length, 2);
    assert(record.includes('"maximum":12345678901234567890'));
    assert(record.includes('"temperature":0.50,'));
  }
  for (const { response } of wireEvents(body)) {
    const { metadata, text } = response as Record<string, unknown>;
    assertEquals(metadata, { a: "b" });
    assertEquals(text, { verbosity: "low", format: { type: "text" } });
  }
});

Deno.test("ResponsesStreamEncoder fails when an answer is too long to be repeated", () => {
  const encoder = new ResponsesStreamEncoder();
  encoder.push({ type: "start", id: "", model: "m" });
  encoder.push({ type: "part_start", part: 0, kind: "text" });
  const text = "x".repeat(4 * 1024 * 1024);
  for (let i = 0; i < 7; i++) {
    encoder.push({ type: "part_delta", part: 0, text });
  }
  const { code } = assertThrows(
    () => encoder.push({ type: "part_delta", part: 0, text }),
    UpstreamError,
  );
  assertEquals(code, "upstream_response_too_large");
});
