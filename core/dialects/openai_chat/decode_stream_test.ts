import { assert, assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import {
  fragment,
  outline,
  piece,
  stream,
  streamedParts,
} from "./_test_provider.ts";
import { ChatStreamDecoder } from "./decode_stream.ts";

function codeOf(run: () => unknown): string {
  return assertThrows(run, UpstreamError).code;
}

Deno.test("A9, A17, A18: a stream is one start, parts in turn, counts and one finish", () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2 };
  const events = stream([
    piece({ role: "assistant", content: "" }),
    piece({ reasoning_content: "hm" }),
    piece({ content: "Hi" }),
    piece({ content: "!" }),
    piece({}, "stop", { usage }),
    piece(null, "length"),
    "[DONE]",
    piece({ content: "late" }),
  ]);
  assertEquals(outline(events), [
    "start",
    "part_start 0",
    "part_delta 0",
    "part_end 0",
    "part_start 1",
    "part_delta 1",
    "part_delta 1",
    "usage",
    "part_end 1",
    "finish",
  ]);
  assertEquals(events[0], { type: "start", id: "a1", model: "m-1" });
  assertEquals(events.at(-1), { type: "finish", finish: "stop" });
});

Deno.test("A3, L4, J18: without its end a stream is an error, with and without [DONE]", () => {
  const code = "upstream_stream_truncated";
  const whole = [piece({ content: "Hi" }), piece({}, "stop")];
  const quirks = { streamEnd: "finish" } as const;
  assertEquals(codeOf(() => stream(whole)), code);
  assertEquals(codeOf(() => stream([])), code);
  assertEquals(codeOf(() => stream([], { quirks })), code);
  assertEquals(codeOf(() => stream(whole.slice(0, 1), { quirks })), code);
  assertEquals(codeOf(() => stream([...whole.slice(0, 1), "[DONE]"])), code);
  assertEquals(stream(whole, { quirks }).at(-1)?.type, "finish");
});

Deno.test("J2, J10: an error within a stream ends it", () => {
  const error = { error: { message: "Too slow", code: 503 } };
  assertEquals(codeOf(() => stream([error])), "upstream_overloaded");
  assertEquals(codeOf(() => stream([piece({}, "error")])), "upstream_error");
  assertEquals(codeOf(() => stream([{ message: "no" }])), "upstream_error");
  const beside = piece({ content: "x" }, null, { error: { code: 503 } });
  assertEquals(codeOf(() => stream([beside])), "upstream_overloaded");
  const decoder = new ChatStreamDecoder();
  const named = { event: "error", data: "gone" };
  assertEquals(codeOf(() => decoder.push(named)), "upstream_error");
});

Deno.test("F3: Azure's verdict on the prompt is neither start nor error", () => {
  const verdict = { id: "", model: "", choices: [], prompt_filter_results: [] };
  const events = stream([verdict, piece({ content: "x" }, "stop"), "[DONE]"]);
  assertEquals(events[0], { type: "start", id: "a1", model: "m-1" });
});

Deno.test("J9, J16, N7: the last counts win, zeros erase none", () => {
  const counts = (prompt: number, completion: number) => ({
    usage: { prompt_tokens: prompt, completion_tokens: completion },
  });
  const events = stream([
    piece({ content: "a" }, null, counts(5, 1)),
    piece({ content: "b" }, null, counts(5, 2)),
    { ...piece({}, "stop"), x_groq: { usage: counts(5, 3).usage } },
    { choices: [], ...counts(0, 0) },
    { choices: [], usage: null },
    "[DONE]",
  ]);
  const last = events.findLast((event) => event.type === "usage");
  assertEquals([last?.usage.input, last?.usage.output], [5, 3]);
});

Deno.test("I6, J4, J12: thought comes from the details where they have words", () => {
  const format = "anthropic-claude-v1";
  const detail = (text: string, more = {}) => ({
    reasoning: text,
    reasoning_details: [
      { type: "reasoning.text", text, format, index: 0, ...more },
    ],
  });
  assertEquals(
    streamedParts([
      { reasoning: "a" },
      { content: "x" },
      detail("b"),
      detail("c"),
      detail("", { signature: "s" }),
      detail("d", { index: 1 }),
      detail("e", { index: 2 }),
    ]),
    [
      { type: "reasoning", text: "a" },
      { type: "text", text: "x" },
      { type: "reasoning", text: "bc", signature: "s" },
      { type: "reasoning", text: "d" },
      { type: "reasoning", text: "e" },
    ],
  );
});

Deno.test("D9: Gemini's signature comes to its call, before or after it", () => {
  const signature = {
    reasoning_details: [{
      type: "reasoning.encrypted",
      data: "s",
      format: "google-gemini-v1",
      id: "a",
    }],
  };
  const begin = fragment(0, "{}", { id: "a", name: "f" });
  const [call] = streamedParts([signature, begin], "tool_calls");
  assertEquals(call, {
    type: "tool_call",
    id: "a",
    name: "f",
    signature: "s",
    arguments: "{}",
  });
  // Too late for the call, so it is kept as a proof like others.
  const [bare, proof] = streamedParts([begin, signature], "tool_calls");
  assertEquals(bare && "signature" in bare, false);
  assert(proof?.type === "reasoning" && proof.redacted?.includes('"id":"a"'));
});

Deno.test("J24, A6: deltas that are missing and choices not asked for do no harm", () => {
  const losses = new LossReport();
  const other = { index: 1, delta: { content: "no" }, finish_reason: "length" };
  const events = stream([
    piece(undefined),
    { choices: [{ index: 0, delta: { content: "x" } }, other] },
    { choices: [{ index: 0, finish_reason: "stop" }] },
    { choices: null },
    "[DONE]",
  ], { losses });
  assertEquals(events.at(-1), { type: "finish", finish: "stop" });
  assertEquals(
    losses.toString(),
    "dropped: answer.choices (only the first is read)",
  );
});

Deno.test("M13: an event that is no chunk is an error", () => {
  for (const data of ["{", "null", "[]", '{"choices":[null]}']) {
    assertEquals(codeOf(() => stream([data])), "upstream_invalid_response");
  }
});
