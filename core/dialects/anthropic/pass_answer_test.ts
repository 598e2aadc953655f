import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { passMessagesAnswer } from "./pass_answer.ts";

const pass = (text: string) =>
  passMessagesAnswer(new TextEncoder().encode(text), { model: "claude" });

Deno.test("U7, U11, K19: what is no whole message is an error", () => {
  const whole = `"content":[],"stop_reason":"end_turn"`;
  const cases = [
    ["", "upstream_invalid_response"],
    ["[]", "upstream_invalid_response"],
    [`{"stop_reason":"end_turn"}`, "upstream_invalid_response"],
    [`{"content":[],"stop_reason":null}`, "upstream_invalid_response"],
    [
      `{"type":"error","error":{"type":"overloaded_error","message":"x"}}`,
      "overloaded_error",
    ],
    [`{${whole},"error":{"message":"x"}}`, "upstream_error"],
  ] as const;
  for (const [text, code] of cases) {
    const error = assertThrows(() => pass(text), UpstreamError);
    assertEquals(error.code, code, text);
  }
});

Deno.test("C23: a message that lacks what clients read is mended, and keeps the rest", () => {
  const { body, model, usage } = pass(
    `{"content":[{"type":"new","n":9007199254740993}],"stop_reason":"end_turn"}`,
  );
  assertMatch(
    body,
    /^\{"content":\[\{"type":"new","n":9007199254740993\}\],"stop_reason":"end_turn","id":"msg_\w+","type":"message","role":"assistant","model":"claude","stop_sequence":null,"usage":\{"input_tokens":0,/,
  );
  assertEquals([model, usage], ["claude", undefined]);
});

Deno.test("A16: a message with a call ends as one, unless it says something else", () => {
  const call = `{"type":"tool_use","id":"t","name":"n","input":{}}`;
  const told = (reason: string) => {
    const { body, finish } = pass(
      `{"id":"i","type":"message","role":"assistant","model":"c","content":[${call}],"stop_reason":"${reason}","stop_sequence":null,"usage":{}}`,
    );
    return [JSON.parse(body).stop_reason, finish];
  };
  assertEquals(told("end_turn"), ["tool_use", "tool"]);
  assertEquals(told("max_tokens"), ["max_tokens", "length"]);
});

Deno.test("C20, C21: reasons of the provider's own pass as they are", () => {
  for (const reason of ["pause_turn", "a_new_reason", "refusal"]) {
    const text =
      `{"id":"i","type":"message","role":"assistant","model":"c","content":[],"stop_reason":"${reason}","stop_sequence":null,"usage":{"input_tokens":2}}`;
    const { body, usage } = pass(text);
    assertEquals([body, usage?.input], [text, 2]);
  }
});
