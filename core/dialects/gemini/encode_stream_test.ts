import { assert, assertEquals, assertThrows } from "@std/assert";
import type { AnswerEvent, FinishClass } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { GeminiStreamEncoder } from "./encode_stream.ts";

const START: AnswerEvent = { type: "start", id: "r1", model: "m" };

function call(part: number, id: string): AnswerEvent {
  return { type: "part_start", part, kind: "tool_call", id, name: "look" };
}

function delta(part: number, text: string): AnswerEvent {
  return { type: "part_delta", part, text };
}

function end(part: number, signature?: string): AnswerEvent {
  return { type: "part_end", part, ...(signature && { signature }) };
}

/** The objects of a stream. */
function write(events: readonly AnswerEvent[], losses?: LossReport) {
  const encoder = new GeminiStreamEncoder(losses);
  const text = events.map((event) => encoder.push(event)).join("");
  return text.split("\r\n\r\n").filter(Boolean).map((event) => {
    assert(event.startsWith("data: ") && !event.includes("\n"));
    return JSON.parse(event.slice("data: ".length));
  });
}

/** The parts of a stream that ends this way, the last empty one left out. */
function partsOf(
  events: readonly AnswerEvent[],
  finish: FinishClass = "stop",
): unknown[] {
  const pieces = write([START, ...events, { type: "finish", finish }]);
  return pieces.flatMap(({ candidates }) => candidates[0].content.parts)
    .slice(0, -1);
}

Deno.test("D2, D19: each piece is an object with a part, the last tells why it ended", () => {
  const usage = {
    input: 3,
    cached: 0,
    cacheWrite: 0,
    cacheWrite1h: 0,
    output: 2,
    reasoning: 0,
    total: 5,
  };
  const pieces = write([
    START,
    { type: "part_start", part: 0, kind: "text" },
    delta(0, "28 "),
    { type: "ping" },
    delta(0, ""),
    delta(0, "degrees"),
    end(0),
    { type: "usage", usage },
    { type: "finish", finish: "stop" },
    delta(0, "behind the end"),
  ]);
  assertEquals(
    pieces.map(({ candidates: [{ content, finishReason }] }) => [
      content.parts[0].text,
      finishReason,
    ]),
    [["28 ", undefined], ["degrees", undefined], ["", "STOP"]],
  );
  for (const piece of pieces) {
    assertEquals([piece.modelVersion, piece.responseId], ["m", "r1"]);
  }
  assertEquals(pieces.map(({ usageMetadata }) => usageMetadata), [
    undefined,
    undefined,
    { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 },
  ]);
});

Deno.test("D4, D6, A11: calls are told whole, in the order of their start", () => {
  assertEquals(
    partsOf([
      call(0, "a"),
      call(1, "b"),
      delta(1, '{"x":'),
      delta(0, "{}"),
      delta(1, "1}"),
      end(1),
      { type: "part_start", part: 2, kind: "text" },
      delta(2, "meanwhile"),
      end(0),
      call(3, "c"),
      end(3),
    ], "tool"),
    [
      { text: "meanwhile" },
      { functionCall: { id: "a", name: "look", args: {} } },
      { functionCall: { id: "b", name: "look", args: { x: 1 } } },
      { functionCall: { id: "c", name: "look", args: {} } },
    ],
  );
});

Deno.test("D9, D11, D12: thought is marked, signatures follow on empty parts", () => {
  const parts = partsOf([
    { type: "part_start", part: 0, kind: "reasoning" },
    delta(0, "hm"),
    end(0, "proof"),
    { type: "part_start", part: 1, kind: "reasoning", redacted: "hidden" },
    end(1),
    { type: "part_start", part: 2, kind: "text" },
    delta(2, "28"),
    end(2, "google"),
    {
      type: "part_start",
      part: 3,
      kind: "tool_call",
      id: "c",
      name: "f",
      signature: "s",
    },
    end(3),
  ]) as Record<string, unknown>[];
  assertEquals(parts.map(({ thought, text }) => [thought, text]), [
    [true, "hm"],
    [true, ""],
    [true, ""],
    [undefined, "28"],
    [undefined, ""],
    [undefined, undefined],
  ]);
  assertEquals(parts.slice(4).map(({ thoughtSignature: it }) => it), [
    "google",
    "s",
  ]);
});

Deno.test("D16: a stream of nothing that was filtered tells why", () => {
  const [piece, ...more] = write([START, { type: "finish", finish: "filter" }]);
  assertEquals(more, []);
  assertEquals(piece.promptFeedback, { blockReason: "SAFETY" });
});

Deno.test("L7: a call that was cut is left out where the answer was, else a fault", () => {
  const events = [START, call(0, "a"), delta(0, '{"x":')];
  const losses = new LossReport();
  const finish: AnswerEvent = { type: "finish", finish: "length" };
  const pieces = write([...events, end(0), finish], losses);
  assertEquals(pieces.length, 1);
  assertEquals(losses.toString(), "dropped: answer.functionCall (cut off)");
  for (const more of [[], [end(0)]]) {
    assertThrows(
      () => write([...events, ...more, { type: "finish", finish: "stop" }]),
      UpstreamError,
    );
  }
  assertThrows(() => write([{ type: "finish", finish: "error" }]));
});

Deno.test("A26: a streamed refusal is text, and told", () => {
  const losses = new LossReport();
  write([START, { type: "part_start", part: 0, kind: "refusal" }], losses);
  assertEquals(losses.toString(), "changed: answer.refusal (sent as text)");
});

Deno.test("GeminiStreamEncoder holds a bounded number of calls and arguments", () => {
  const calls = Array.from({ length: 257 }, (_, part) => call(part, `${part}`));
  assertThrows(() => write([START, ...calls]), UpstreamError);
  const text = "x".repeat(1024 * 1024);
  const deltas = Array.from({ length: 9 }, () => delta(0, text));
  assertThrows(() => write([START, call(0, "a"), ...deltas]), UpstreamError);
});
