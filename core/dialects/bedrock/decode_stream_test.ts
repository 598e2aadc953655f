import { assertEquals, assertThrows } from "@std/assert";
import type { AnswerEvent } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { EventStreamParser } from "../../eventstream_parser.ts";
import { LossReport } from "../../loss_report.ts";
import { ANSWER, frames, type Step, WHOLE } from "./_test_frames.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { ConverseStreamDecoder } from "./decode_stream.ts";

const USAGE = {
  input: 115,
  cached: 100,
  cacheWrite: 5,
  cacheWrite1h: 2,
  output: 7,
  reasoning: 0,
  total: 122,
};

const START = ANSWER[0]!;
const STOP: Step = ["messageStop", { stopReason: "end_turn" }];

function decode(
  steps: readonly Step[],
  losses?: LossReport,
): { readonly events: AnswerEvent[]; readonly done: boolean } {
  const decoder = new ConverseStreamDecoder(losses);
  const events = new EventStreamParser().push(frames(steps))
    .flatMap((event) => decoder.push(event));
  const { done } = decoder;
  return { events: [...events, ...decoder.end()], done };
}

function delta(contentBlockIndex: number, delta: object): Step {
  return ["contentBlockDelta", { contentBlockIndex, delta }];
}

function fails(steps: readonly Step[]): UpstreamError {
  return assertThrows(() => decode(steps), UpstreamError);
}

Deno.test("E6, E7, E8, A13: a stream decodes to its parts, text and thought without a start of their own", () => {
  const { events, done } = decode(ANSWER);
  assertEquals(done, true);
  assertEquals(events, [
    { type: "start", id: "", model: "" },
    { type: "part_start", part: 0, kind: "reasoning" },
    { type: "part_delta", part: 0, text: "Let me " },
    { type: "part_delta", part: 0, text: "look" },
    { type: "part_end", part: 0, signature: "c2lnbmVk" },
    { type: "part_start", part: 1, kind: "text" },
    { type: "part_delta", part: 1, text: "Olá " },
    { type: "part_delta", part: 1, text: "🙂" },
    { type: "part_end", part: 1 },
    {
      type: "part_start",
      part: 2,
      kind: "tool_call",
      id: "tooluse_1",
      name: "weather",
    },
    { type: "part_delta", part: 2, text: '{"city":' },
    { type: "part_delta", part: 2, text: '"Rome"}' },
    { type: "part_end", part: 2 },
    {
      type: "part_start",
      part: 3,
      kind: "tool_call",
      id: "tooluse_2",
      name: "now",
    },
    { type: "part_delta", part: 3, text: "{}" },
    { type: "part_end", part: 3 },
    { type: "usage", usage: USAGE },
    { type: "finish", finish: "tool" },
  ]);
});

Deno.test("E19: a whole answer has the parts and the counts of the streamed one", () => {
  const answer = decodeAnswer(new TextEncoder().encode(JSON.stringify(WHOLE)));
  assertEquals(answer, {
    id: "",
    model: "",
    parts: [
      { type: "reasoning", text: "Let me look", signature: "c2lnbmVk" },
      { type: "text", text: "Olá 🙂" },
      {
        type: "tool_call",
        id: "tooluse_1",
        name: "weather",
        arguments: '{"city":"Rome"}',
      },
      { type: "tool_call", id: "tooluse_2", name: "now", arguments: "{}" },
    ],
    finish: "tool",
    usage: USAGE,
  });
});

Deno.test("E9: the finish waits for the counts, takes them before it, and does without at the end", () => {
  const metadata = ANSWER.at(-1)!;
  const types = (steps: readonly Step[]) =>
    decode(steps).events.map(({ type }) => type);
  assertEquals(types([START, STOP]), ["start", "finish"]);
  assertEquals(types([START, STOP, metadata]), ["start", "usage", "finish"]);
  assertEquals(types([START, metadata, STOP]), ["start", "usage", "finish"]);
  const decoder = new ConverseStreamDecoder();
  const [start, stop] = new EventStreamParser().push(frames([START, STOP]));
  decoder.push(start!);
  assertEquals([decoder.push(stop!), decoder.done], [[], false]);
});

Deno.test("L4, U6: a stream without its reason to stop is cut, wherever that is", () => {
  for (let end = 0; end < ANSWER.length - 2; end++) {
    const { code } = fails(ANSWER.slice(0, end));
    assertEquals(code, "upstream_stream_truncated", `${end}`);
  }
});

Deno.test("E5: an exception in the stream is the error it names", () => {
  const kinds = [
    ["throttlingException", "rate_limit"],
    ["validationException", "invalid_request"],
    ["modelStreamErrorException", "upstream"],
    ["internalServerException", "upstream"],
    ["serviceUnavailableException", "overloaded"],
    ["modelTimeoutException", "timeout"],
    ["unheardOfException", "upstream"],
  ] as const;
  for (const [name, kind] of kinds) {
    const error = fails([START, [name, { message: "It said so" }], STOP]);
    assertEquals([error.kind, error.message], [kind, "It said so"], name);
  }
  assertEquals(
    assertThrows(
      () =>
        new ConverseStreamDecoder().push({
          event: "error/InternalError",
          data: `{"message":"broke"}`,
        }),
      UpstreamError,
    ).message,
    "broke",
  );
});

Deno.test("A10, L7: a call that ends well without whole arguments is an error, a cut one stays as it is", () => {
  const call: readonly Step[] = [
    START,
    ["contentBlockStart", {
      contentBlockIndex: 0,
      start: { toolUse: { toolUseId: "t", name: "n" } },
    }],
    delta(0, { toolUse: { input: '{"a":' } }),
    ["contentBlockStop", { contentBlockIndex: 0 }],
  ];
  const { code } = fails([...call, ["messageStop", {
    stopReason: "tool_use",
  }]]);
  assertEquals(code, "upstream_invalid_response");
  const cut = decode([...call, ["messageStop", { stopReason: "max_tokens" }]]);
  assertEquals(cut.events.at(-1), { type: "finish", finish: "length" });
});

Deno.test("E11: reasons to stop have their classes", () => {
  const finish = (stopReason: string) =>
    decode([START, ["messageStop", { stopReason }]]).events.at(-1);
  const classes = {
    end_turn: "stop",
    stop_sequence: "stop",
    max_tokens: "length",
    model_context_window_exceeded: "length",
    guardrail_intervened: "filter",
    content_filtered: "filter",
    malformed_model_output: "error",
    malformed_tool_use: "error",
    tomorrows_reason: "stop",
  };
  for (const [reason, name] of Object.entries(classes)) {
    assertEquals(finish(reason), { type: "finish", finish: name as "stop" });
  }
});

Deno.test("E17: thought that is not readable comes as one part", () => {
  const { events } = decode([
    START,
    delta(0, { reasoningContent: { redactedContent: "cmVk" } }),
    ["contentBlockStop", { contentBlockIndex: 0 }],
    STOP,
  ]);
  assertEquals(events[1], {
    type: "part_start",
    part: 0,
    kind: "reasoning",
    redacted: "cmVk",
  });
});

Deno.test("O3: a stop sequence that a Claude tells is kept", () => {
  const { events } = decode([START, ["messageStop", {
    stopReason: "stop_sequence",
    additionalModelResponseFields: { stop_sequence: "END" },
  }]]);
  assertEquals(events.at(-1), {
    type: "finish",
    finish: "stop",
    stopSequence: "END",
  });
});

Deno.test("M18, C32: what nobody knows is left out and reported, calls of the provider's own tools too", () => {
  const losses = new LossReport();
  const { events } = decode([
    START,
    ["contentBlockStart", {
      contentBlockIndex: 0,
      start: {
        toolUse: { toolUseId: "s", name: "grounding", type: "server_tool_use" },
      },
    }],
    delta(0, { toolUse: { input: '{"q":1}' } }),
    ["contentBlockStop", { contentBlockIndex: 0 }],
    ["tomorrowsEvent", { x: 1 }],
    delta(1, { text: "So" }),
    delta(1, { citation: { title: "T" } }),
    ["contentBlockStop", { contentBlockIndex: 1 }],
    STOP,
  ], losses);
  assertEquals(
    events.filter((event) => event.type === "part_start"),
    [{ type: "part_start", part: 0, kind: "text" }],
  );
  assertEquals(losses.losses.map(({ field }) => field), [
    "answer.toolUse",
    "answer.citations",
  ]);
});

Deno.test("M13: what is no event of the dialect is an error", () => {
  const push = (event: string, data: string) =>
    assertThrows(
      () => new ConverseStreamDecoder().push({ event, data }),
      UpstreamError,
    );
  push("messageStart", "{");
  push("messageStart", "[]");
  push("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"x"}}`);
  push("messageStop", `{"stopReason":"end_turn"}`);
});

Deno.test("E3, U7, U11: a body that is no answer is an error in spite of its status", () => {
  const decodes = (body: string) =>
    assertThrows(
      () => decodeAnswer(new TextEncoder().encode(body)),
      UpstreamError,
    );
  const unknown =
    `{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}`;
  assertEquals(decodes(unknown).code, "upstream_invalid_response");
  assertEquals(decodes(`{"message":"no"}`).message, "no");
  for (const body of ["", "null", "[]", "{}", `{"output":{}}`, `{"output":`]) {
    assertEquals(decodes(body).code, "upstream_invalid_response", body);
  }
});
