import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AnswerEvent } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { answer, stream } from "./_test_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";

const START: AnswerEvent = { type: "start", id: "r1", model: "gemini-x" };
const FINISH: AnswerEvent = { type: "finish", finish: "stop" };

function failure(...values: readonly unknown[]): [kind: string, code: string] {
  const error = assertThrows(() => stream(...values), UpstreamError);
  return [error.kind, error.code];
}

const INVALID: [string, string] = ["upstream", "upstream_invalid_response"];
const TRUNCATED: [string, string] = ["upstream", "upstream_stream_truncated"];

Deno.test("D2, D12: pieces of text and thought become parts in their order", () => {
  assertEquals(
    stream(
      answer([{ text: "Hm", thought: true }]),
      answer([{ text: "m", thought: true }, { text: "Hel" }]),
      answer([{ text: "" }]),
      answer([{ text: "lo" }], "STOP"),
    ),
    [
      START,
      { type: "part_start", part: 0, kind: "reasoning" },
      { type: "part_delta", part: 0, text: "Hm" },
      { type: "part_delta", part: 0, text: "m" },
      { type: "part_end", part: 0 },
      { type: "part_start", part: 1, kind: "text" },
      { type: "part_delta", part: 1, text: "Hel" },
      { type: "part_delta", part: 1, text: "lo" },
      { type: "part_end", part: 1 },
      FINISH,
    ],
  );
});

Deno.test("D9, D11, A12: a call comes whole and signed, an empty text with its signature too", () => {
  const functionCall = { id: "c1", name: "look", args: { a: 1 } };
  assertEquals(
    stream(
      answer([{ functionCall, thoughtSignature: "s1" }]),
      answer([{ text: "", thoughtSignature: "s2" }], "STOP"),
    ),
    [
      START,
      {
        type: "part_start",
        part: 0,
        kind: "tool_call",
        id: "c1",
        name: "look",
        signature: "s1",
      },
      { type: "part_delta", part: 0, text: '{"a":1}' },
      { type: "part_end", part: 0 },
      { type: "part_start", part: 1, kind: "text" },
      { type: "part_end", part: 1, signature: "s2" },
      { type: "finish", finish: "tool" },
    ],
  );
});

Deno.test("D5: ids made for the calls of one stream differ", () => {
  const functionCall = { name: "look", args: {} };
  const ids = stream(
    answer([{ functionCall }]),
    answer([{ functionCall }], "STOP"),
  ).flatMap((event) => "id" in event && "name" in event ? [event.id] : []);
  assertEquals(new Set(ids).size, 2);
});

Deno.test("D13, D14: a call makes the finish that of a tool, also where STOP comes later", () => {
  const functionCall = { id: "c1", name: "look", args: {} };
  for (const last of [answer([], "STOP"), answer(undefined, "STOP")]) {
    assertEquals(
      stream(answer([{ functionCall }]), last).at(-1)!,
      { type: "finish", finish: "tool" },
    );
  }
});

Deno.test("D14: the finish is told with the end of the body, once", () => {
  const decoder = new GeminiStreamDecoder();
  const push = (value: object) =>
    decoder.push({ event: "", data: JSON.stringify(value) });
  push(answer([{ text: "a" }], "STOP"));
  assertEquals(decoder.done, false);
  push(answer([{ text: "b" }], "STOP"));
  assertEquals(decoder.end().filter(({ type }) => type === "finish"), [FINISH]);
  assert(decoder.done);
  assertEquals(decoder.end(), []);
  assertEquals(push(answer([{ text: "c" }])), []);
});

Deno.test("D16: a blocked prompt ends a stream of nothing well", () => {
  const blocked = { promptFeedback: { blockReason: "SAFETY" } };
  assertEquals(stream(blocked).at(-1)!, { type: "finish", finish: "filter" });
});

Deno.test("D15: a stream that is filtered half way keeps what was said", () => {
  const events = stream(answer([{ text: "a" }]), answer(undefined, "SAFETY"));
  assertEquals(events.at(-1)!, { type: "finish", finish: "filter" });
  assert(events.some(({ type }) => type === "part_delta"));
});

Deno.test("D18: the last usage counts, and is not a sum", () => {
  const usage = (candidatesTokenCount: number) => ({
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount },
  });
  const usages = stream(
    answer([{ text: "a" }], "", usage(1)),
    answer([{ text: "b" }], "", usage(2)),
    answer([], "STOP", usage(4)),
  ).flatMap((event) => event.type === "usage" ? [event.usage.total] : []);
  assertEquals(usages, [6, 7, 9]);
});

Deno.test("A3, L4, U6: a stream without a finish reason was cut", () => {
  assertEquals(failure(), TRUNCATED);
  assertEquals(failure(answer([{ text: "a" }])), TRUNCATED);
});

Deno.test("D27, L4: an error within a stream is an error, also in an array", () => {
  const error = {
    code: 429,
    message: "Slow down",
    status: "RESOURCE_EXHAUSTED",
    details: [{
      "@type": "type.googleapis.com/google.rpc.RetryInfo",
      retryDelay: "3s",
    }],
  };
  for (const value of [{ error }, [{ error }]]) {
    const thrown = assertThrows(
      () => stream(answer([{ text: "a" }]), value),
      UpstreamError,
    );
    assertEquals(
      [thrown.kind, thrown.message, thrown.headers["retry-after"]],
      ["rate_limit", "Slow down", "3"] as (string | undefined)[],
    );
  }
});

Deno.test("M13: an event that is no JSON object is an error, an end mark is none", () => {
  const decoder = new GeminiStreamDecoder();
  for (const data of ["{", "null", "[]", "1", "nonsense"]) {
    const error = assertThrows(
      () => decoder.push({ event: "", data }),
      UpstreamError,
    );
    assertEquals(error.code, "upstream_invalid_response");
  }
  assertEquals(decoder.push({ event: "", data: "[DONE]" }), []);
  assertEquals(decoder.push({ event: "", data: "" }), []);
});

const piece = (functionCall: object, reason?: string) =>
  answer([{ functionCall }], reason);
const partial = (jsonPath: string, more: object) =>
  piece({ partialArgs: [{ jsonPath, ...more }], willContinue: true });

Deno.test("D31: arguments that come by path are put together", () => {
  const events = stream(
    piece({ id: "c1", name: "look", willContinue: true }),
    partial("$.place.name", { stringValue: "Flo", willContinue: true }),
    partial("$.place.name", { stringValue: "rence" }),
    partial("$.list[0].n", { numberValue: 1.5 }),
    partial("$['list'][1]", { boolValue: false }),
    partial('$["__proto__"]', { nullValue: "NULL_VALUE" }),
    piece({}),
    answer([], "STOP"),
  );
  const text = events.flatMap((event) =>
    event.type === "part_delta" ? [event.text] : []
  );
  assertEquals(text, [
    '{"place":{"name":"Florence"},"list":[{"n":1.5},false],"__proto__":null}',
  ]);
  assertEquals(events.at(-1)!, { type: "finish", finish: "tool" });
});

Deno.test("D31, L7: a call that is not complete is not completed", () => {
  const begun = piece({ name: "look", willContinue: true });
  assertEquals(failure(begun), TRUNCATED);
  assertEquals(failure(begun, answer([], "STOP")), INVALID);
  assertEquals(failure(begun, begun), INVALID);
  assertEquals(failure(begun, answer([{ text: "a" }])), INVALID);
});

Deno.test("D31: paths that are none or far away are refused", () => {
  const begun = piece({ name: "look", willContinue: true });
  for (
    const path of [
      "",
      "$",
      "a",
      "$.",
      "$..a",
      "$.a[",
      "$[*]",
      "$.a[1]",
      "$.a[999999]",
      "$" + ".a".repeat(100),
    ]
  ) {
    assertEquals(failure(begun, partial(path, { numberValue: 1 })), INVALID);
  }
  assertEquals(
    failure(
      begun,
      ...Array.from(
        { length: 10 },
        () => partial("$.a", { stringValue: "x".repeat(1_000_000) }),
      ),
    ),
    INVALID,
  );
});
