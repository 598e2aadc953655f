import { assert, assertEquals, assertThrows } from "@std/assert";
import { GatewayError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { checkChatRequest } from "./pass_request.ts";

function check(fields: Record<string, unknown>): void {
  const text = JSON.stringify({ model: "m", messages: [USER], ...fields });
  checkChatRequest(parseJsonDocument(new TextEncoder().encode(text)));
}

const USER = { role: "user", content: "hi" };
const TURN = {
  role: "assistant",
  content: null,
  tool_calls: [
    { id: "a", type: "function", function: { name: "f", arguments: "{}" } },
    { id: "b", type: "function", function: { name: "f", arguments: "{}" } },
  ],
};
const result = (id: unknown) => ({
  role: "tool",
  tool_call_id: id,
  content: "x",
});

const refused: [
  rule: string,
  fields: Record<string, unknown>,
  param: string,
  code: string,
][] = [
  [
    "K17: no model",
    { model: undefined },
    "model",
    "missing_required_parameter",
  ],
  ["K17: an empty model", { model: "" }, "model", "missing_required_parameter"],
  ["C11: a model that is a number", { model: 3 }, "model", "invalid_type"],
  [
    "K17: no messages",
    { messages: undefined },
    "messages",
    "missing_required_parameter",
  ],
  [
    "C11: messages that are null",
    { messages: null },
    "messages",
    "missing_required_parameter",
  ],
  [
    "C11: messages that are an object",
    { messages: {} },
    "messages",
    "invalid_type",
  ],
  [
    "C11: messages that are text",
    { messages: "hi" },
    "messages",
    "invalid_type",
  ],
  [
    "C11: an empty list of messages",
    { messages: [] },
    "messages",
    "empty_array",
  ],
  [
    "C11: a message that is text",
    { messages: [USER, "hi"] },
    "messages[1]",
    "invalid_type",
  ],
  [
    "C11: a message that is null",
    { messages: [null] },
    "messages[0]",
    "invalid_type",
  ],
  [
    "C11: a message that is an array",
    { messages: [[]] },
    "messages[0]",
    "invalid_type",
  ],
  [
    "C11: a message without a role",
    { messages: [{ content: "x" }] },
    "messages[0].role",
    "missing_required_parameter",
  ],
  [
    "C11: a role that is a number",
    { messages: [{ role: 1 }] },
    "messages[0].role",
    "invalid_type",
  ],
  [
    "A23: a result without a turn",
    { messages: [result("a")] },
    "messages[0].role",
    "invalid_value",
  ],
  [
    "A23: a result behind a user",
    { messages: [TURN, result("a"), USER, result("b")] },
    "messages[3].role",
    "invalid_value",
  ],
  [
    "A23: a result behind a turn without calls",
    { messages: [{ role: "assistant", content: "x" }, result("a")] },
    "messages[1].role",
    "invalid_value",
  ],
  [
    "A23: a result of another call",
    { messages: [USER, TURN, result("a"), result("c")] },
    "messages[3].tool_call_id",
    "invalid_value",
  ],
  [
    "A23: a result without an id",
    { messages: [USER, TURN, result(undefined)] },
    "messages[2].tool_call_id",
    "missing_required_parameter",
  ],
  [
    "A23: an id that is a number",
    { messages: [USER, TURN, result(1)] },
    "messages[2].tool_call_id",
    "invalid_type",
  ],
];

for (const [rule, fields, param, code] of refused) {
  Deno.test(`${rule} is refused`, () => {
    const error = assertThrows(() => check(fields), GatewayError);
    assertEquals([error.status, error.param, error.code], [400, param, code]);
    assert(/^[A-Z].*[^.]$/.test(error.message));
  });
}

Deno.test("A23: results that answer the turn before them pass", () => {
  check({ messages: [USER, TURN, result("b"), result("a"), USER] });
  check({ messages: [TURN, result("a"), TURN, result("a"), result("b")] });
  check({ messages: [USER, TURN] });
});

Deno.test("A23: odd calls refuse a result and nothing else", () => {
  for (const calls of [null, {}, [], "a", [null], [3], [{ id: 3 }]]) {
    const turn = { role: "assistant", tool_calls: calls };
    check({ messages: [turn] });
    assertThrows(() => check({ messages: [turn, result("a")] }), GatewayError);
  }
});

Deno.test("A23: a long id is not repeated in full", () => {
  const messages = [TURN, result("x".repeat(10_000))];
  const error = assertThrows(() => check({ messages }), GatewayError);
  assert(error.message.length < 300);
});

Deno.test("contents are not looked into", () => {
  check({
    messages: [{ role: "user", content: { odd: true } }, { role: "any" }],
  });
});
