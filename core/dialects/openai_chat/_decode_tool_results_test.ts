import { assert, assertEquals } from "@std/assert";
import { assertRefused, decodeAll } from "./_test_decode.ts";

function asked(...ids: string[]): unknown {
  return {
    role: "assistant",
    tool_calls: ids.map((id) => ({
      id,
      type: "function",
      function: { name: "f", arguments: "{}" },
    })),
  };
}

function answered(id: string): unknown {
  return { role: "tool", tool_call_id: id, content: "x" };
}

const USER = { role: "user", content: "hi" };

Deno.test("A23: results in any order that answer all calls are accepted", () => {
  const roles = decodeAll(
    USER,
    asked("a", "b"),
    answered("b"),
    answered("a"),
    USER,
    asked("a"),
    answered("a"),
  ).map(({ role }) => role);
  assertEquals(roles.join(" "), "user assistant tool tool user assistant tool");
});

Deno.test("A23: calls in the last message need no results yet", () => {
  assertEquals(decodeAll(USER, asked("a")).length, 2);
});

Deno.test("A23: a result without a call before it is refused", () => {
  const code = "invalid_value";
  const message = assertRefused({ messages: [USER, answered("a")] }, {
    param: "messages[1].role",
    code,
  });
  assert(message.includes("'tool_calls'"));
  assertRefused(
    { messages: [asked("a"), answered("a"), USER, answered("a")] },
    {
      param: "messages[3].role",
      code,
    },
  );
});

Deno.test("A23: a result with an id of no call is refused", () => {
  const message = assertRefused({
    messages: [USER, asked("a"), answered("b")],
  }, { param: "messages[2].tool_call_id", code: "invalid_value" });
  assert(message.includes("'b'"));
});

Deno.test("A23: a call answered twice or named twice is refused", () => {
  assertRefused({ messages: [asked("a"), answered("a"), answered("a")] }, {
    param: "messages[2].tool_call_id",
    code: "invalid_value",
  });
  assertRefused({ messages: [asked("a", "a")] }, {
    param: "messages[0].tool_calls",
    code: "invalid_value",
  });
});

Deno.test("A23: calls left open before another turn or the end are refused", () => {
  for (
    const messages of [
      [asked("a"), USER],
      [asked("a", "b"), answered("a"), USER],
      [asked("a", "b"), answered("a")],
      [asked("a"), asked("b")],
    ]
  ) {
    const message = assertRefused({ messages }, {
      param: "messages[0].tool_calls",
      code: "invalid_value",
    });
    assert(message.includes("tool_call_id"));
  }
});

Deno.test("A23: ids are compared as data, whatever they are called", () => {
  assertEquals(
    decodeAll(asked("__proto__"), answered("__proto__")).length,
    2,
  );
  assertRefused({ messages: [asked("a"), answered("toString")] }, {
    param: "messages[1].tool_call_id",
    code: "invalid_value",
  });
});
