import { assertEquals } from "@std/assert";
import type { Answer, AnswerPart } from "../../answer.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { decodeItems } from "./_test_decode.ts";
import { encodeEvents, eventsOf, wireEvents } from "./_test_events.ts";
import { readAnswer } from "./_test_sdk.ts";
import { encodeResponsesAnswer } from "./encode_answer.ts";

const CALL: AnswerPart = {
  type: "tool_call",
  id: "toolu_1",
  name: "f",
  arguments: '{"a": 1.0}',
};

function answer(
  parts: readonly AnswerPart[],
  fields: Partial<Answer> = {},
): Answer {
  return { id: "x", model: "m-1", parts, finish: "stop", ...fields };
}

Deno.test("B28: everything that strict clients want is there", () => {
  const { id, created_at: created, completed_at: completed, ...rest } = JSON
    .parse(encodeResponsesAnswer(answer([])));
  assertEquals([typeof created, typeof completed], ["number", "number"]);
  assertEquals(/^resp_[0-9a-f]{32}$/.test(id), true);
  assertEquals(rest, {
    object: "response",
    status: "completed",
    error: null,
    incomplete_details: null,
    model: "m-1",
    output: [],
    usage: null,
    background: false,
    service_tier: "default",
    top_logprobs: 0,
    truncation: "disabled",
    text: { format: { type: "text" } },
    instructions: null,
    max_output_tokens: null,
    max_tool_calls: null,
    metadata: {},
    parallel_tool_calls: true,
    presence_penalty: 0,
    frequency_penalty: 0,
    previous_response_id: null,
    prompt_cache_key: null,
    reasoning: { effort: null, summary: null },
    safety_identifier: null,
    store: false,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    user: null,
  });
});

Deno.test("B28: what the request says is repeated", () => {
  const asked = {
    model: "a",
    input: "x",
    instructions: "be brief",
    metadata: { a: "b" },
    temperature: 0,
    tools: [{ type: "function", name: "f", parameters: null, strict: true }],
    tool_choice: "required",
    max_output_tokens: 99,
    top_p: null,
    text: { format: { type: "json_object" } },
  };
  const text = JSON.stringify(asked, null, 2);
  const request = parseJsonDocument(new TextEncoder().encode(text));
  const told = JSON.parse(
    encodeResponsesAnswer(answer([]), new LossReport(), request),
  );
  const { model: _, input: __, top_p: ___, ...repeated } = asked;
  for (const [key, value] of Object.entries(repeated)) {
    assertEquals(told[key], value);
  }
  assertEquals([told.top_p, told.model], [1, "m-1"]);
});

Deno.test("B13, B14: the SDK reads text, calls and counts", async () => {
  const read = await readAnswer(encodeResponsesAnswer(answer([
    { type: "text", text: "a" },
    { type: "text", text: "b" },
    CALL,
  ], {
    finish: "tool",
    usage: {
      input: 5,
      cached: 2,
      cacheWrite: 1,
      cacheWrite1h: 1,
      output: 3,
      reasoning: 1,
      total: 8,
    },
  })));
  assertEquals([read.output_text, read.status], ["ab", "completed"]);
  const [message, call] = read.output;
  assertEquals(message?.type === "message" && message.content.length, 2);
  const { id, ...rest } = { ...call } as Record<string, unknown>;
  assertEquals(/^fc_[0-9a-f]{36}$/.test(String(id)), true);
  assertEquals(rest, {
    type: "function_call",
    status: "completed",
    arguments: '{"a": 1.0}',
    call_id: "toolu_1",
    name: "f",
  });
  assertEquals(read.usage, {
    input_tokens: 5,
    input_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 1 },
    total_tokens: 8,
  });
});

Deno.test("B12, O1: how an answer ended", () => {
  const text: AnswerPart = { type: "text", text: "a" };
  const refusal: AnswerPart = { type: "refusal", text: "no" };
  const cases: [Answer["finish"], AnswerPart, string, string | undefined][] = [
    ["stop", text, "completed", undefined],
    ["tool", CALL, "completed", undefined],
    ["length", text, "incomplete", "max_output_tokens"],
    ["filter", text, "incomplete", "content_filter"],
    ["refusal", text, "incomplete", "content_filter"],
    ["refusal", refusal, "completed", undefined],
    ["error", text, "failed", undefined],
  ];
  for (const [finish, part, status, reason] of cases) {
    const told = JSON.parse(encodeResponsesAnswer(answer([part], { finish })));
    assertEquals(
      [told.status, told.incomplete_details?.reason, told.output[0].status],
      [status, reason, status === "completed" ? "completed" : "incomplete"],
    );
    assertEquals(
      told.error?.code,
      finish === "error" ? "server_error" : undefined,
    );
  }
});

Deno.test("A13: a call without arguments gets an empty object", () => {
  const call = { ...CALL, arguments: " " };
  const told = JSON.parse(encodeResponsesAnswer(answer([call])));
  assertEquals(told.output[0].arguments, "{}");
});

Deno.test("O3: a stop sequence that matched is on the report", () => {
  const losses = new LossReport();
  encodeResponsesAnswer(answer([], { stopSequence: "END" }), losses);
  assertEquals(
    losses.toString(),
    "dropped: answer.stop_sequence (openai_responses)",
  );
});

/** Answers with proofs in every place, which must come back as they were. */
const PROVEN: readonly (readonly AnswerPart[])[] = [
  [{ type: "reasoning", text: "Hm,\n\nso", signature: "s+/=" }, CALL],
  [{ type: "reasoning", text: "", signature: "hidden" }, CALL],
  [
    { type: "reasoning", text: "", redacted: "r" },
    {
      type: "reasoning",
      text: "b",
      signature: "2",
    },
    { type: "text", text: "a" },
    CALL,
  ],
  [{ type: "reasoning", text: "unsigned" }, { ...CALL, signature: "g" }, {
    ...CALL,
    id: "2",
  }],
  [{ type: "text", text: "a", signature: "g" }],
  [{ type: "text", text: "a" }, { type: "text", text: "", signature: "g" }],
  [{ type: "text", text: "a" }, { type: "refusal", text: "no" }],
];

Deno.test("B29, C12, D9, D11: proofs of thought come back from clients that echo the output", () => {
  for (const parts of PROVEN) {
    const one = answer(parts);
    const whole = JSON.parse(encodeResponsesAnswer(one)).output;
    const last = wireEvents(encodeEvents(eventsOf(one))).at(-1);
    const streamed = (last?.response as { output: unknown[] }).output;
    for (const output of [whole, streamed]) {
      const results = parts.flatMap((part) =>
        part.type === "tool_call"
          ? [{ type: "function_call_output", call_id: part.id, output: "" }]
          : []
      );
      const [, turn] = decodeItems(
        { role: "user", content: "hi" },
        ...output,
        ...results,
      );
      assertEquals(turn, { role: "assistant", parts });
    }
  }
});
