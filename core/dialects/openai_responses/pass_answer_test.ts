import { assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { passResponsesAnswer } from "./pass_answer.ts";

function pass(value: unknown): ReturnType<typeof passResponsesAnswer> {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return passResponsesAnswer(new TextEncoder().encode(text), { model: "m" });
}

const TEXT = { type: "message", content: [{ type: "output_text", text: "x" }] };
const REFUSAL = { type: "message", content: [{ type: "refusal" }] };

Deno.test("B12, B13, O1: how an answer ended", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ status: "completed", output: [TEXT] }, "stop"],
    [
      { status: "completed", output: [TEXT, { type: "function_call" }] },
      "tool",
    ],
    [{ status: "completed", output: [REFUSAL, null, 7] }, "refusal"],
    [{ status: "incomplete", output: [] }, "length"],
    [{
      status: "incomplete",
      incomplete_details: { reason: "content_filter" },
      output: [],
    }, "filter"],
    [{ status: "cancelled", output: [] }, "error"],
    [{ status: "queued", output: [] }, "stop"],
  ];
  for (const [value, finish] of cases) {
    const text = JSON.stringify(value, null, 1);
    assertEquals(pass(text), { body: text, finish, model: "m" } as never);
  }
});

Deno.test("U11: an error in a 200 is an error", () => {
  const error = { code: "rate_limit_exceeded", message: "Slow down" };
  for (
    const value of [
      { status: "failed", error, output: [] },
      { error },
    ]
  ) {
    const thrown = assertThrows(() => pass(value), UpstreamError, "Slow down");
    assertEquals([thrown.kind, thrown.status], ["rate_limit", 429]);
  }
  const failed = { status: "failed", error: null, output: [] };
  assertEquals(assertThrows(() => pass(failed), UpstreamError).status, 502);
});

Deno.test("U7: what is no whole answer is an error", () => {
  for (const value of ["", "{", "[]", "null", "{}", { output: {} }]) {
    const { code } = assertThrows(() => pass(value), UpstreamError);
    assertEquals(code, "upstream_invalid_response");
  }
});
