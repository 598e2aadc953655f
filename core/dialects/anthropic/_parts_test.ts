import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { ToolResultPart } from "../../conversation.ts";
import { GatewayError } from "../../errors.ts";
import { assistant, call, encode, result, user } from "./_test_encode.ts";

function withArguments(args: string): string {
  return encode({
    messages: [user("Go"), assistant([call("a", args)]), result("a")],
  }).text;
}

Deno.test("C9: arguments that are no JSON object are refused, naming the call", () => {
  for (const args of ['{"a":', "[1]", '"{}"', "7", "nope", "{} {}"]) {
    const error = assertThrows(() => withArguments(args), GatewayError);
    assertEquals(
      [error.status, error.param],
      [400, "messages[1].tool_calls[0].function.arguments"],
      args,
    );
  }
});

Deno.test("A14: empty arguments become an empty object", () => {
  for (const args of ["", "  ", "null"]) {
    assertStringIncludes(withArguments(args), `"input":{}`);
  }
});

Deno.test("D9: another model's thought signatures are dropped and reported once", () => {
  const signed = { ...call("a"), signature: "s" } as const;
  const { text, losses } = encode({
    messages: [
      user("Go"),
      assistant([{ type: "text", text: "Well", signature: "s" }, signed]),
      result("a"),
    ],
  });
  assertEquals(text.includes('"s"'), false);
  assertEquals(losses, ["dropped: thought_signature (anthropic)"]);
});

Deno.test("M15, M16: arguments keep their numbers, order and white space", () => {
  const args = `{"b": 12345678901234567890, "a" : 1.10}`;
  assertStringIncludes(withArguments(` ${args}\n`), `"input":${args}}`);
});

Deno.test("M14: a lone surrogate in arguments is escaped, not replaced", () => {
  assertStringIncludes(
    withArguments('{"a":"\ud800","n":12345678901234567890}'),
    '{"a":"\\ud800","n":12345678901234567890}',
  );
});

function resultBlock(result: Omit<ToolResultPart, "type" | "callId">): unknown {
  const { body } = encode({
    messages: [user("Go"), assistant([call("a")]), {
      role: "tool",
      parts: [{ type: "tool_result", callId: "a", ...result }],
    }],
  });
  const turns = body.messages as { content: unknown[] }[];
  return turns[2]?.content[0];
}

const BLOCK = { type: "tool_result", tool_use_id: "a" };

Deno.test("C10: a failed tool is told", () => {
  assertEquals(
    resultBlock({ parts: [{ type: "text", text: "No" }], isError: true }),
    { ...BLOCK, content: "No", is_error: true },
  );
});

Deno.test("C11: a result of several parts keeps its images and documents", () => {
  assertEquals(
    resultBlock({
      parts: [
        { type: "text", text: "See" },
        { type: "text", text: "" },
        { type: "image", data: "aGk=", mediaType: "image/png" },
        { type: "file", data: "aGk=", mediaType: "application/pdf" },
      ],
    }),
    {
      ...BLOCK,
      content: [
        { type: "text", text: "See" },
        {
          type: "image",
          source: { type: "base64", media_type: "image/png", data: "aGk=" },
        },
        {
          type: "document",
          source: {
            type: "base64",
            media_type: "application/pdf",
            data: "aGk=",
          },
        },
      ],
    },
  );
});

Deno.test("C11, C45: a result without content is sent without", () => {
  assertEquals(resultBlock({ parts: [] }), BLOCK);
  assertEquals(resultBlock({ parts: [{ type: "text", text: " " }] }), BLOCK);
});

Deno.test("C17: a breakpoint inside a result moves to the result", () => {
  assertEquals(
    resultBlock({
      parts: [{ type: "text", text: "Long", cacheControl: {} }],
    }),
    { ...BLOCK, content: "Long", cache_control: { type: "ephemeral" } },
  );
  assertEquals(
    resultBlock({
      parts: [
        { type: "text", text: "See", cacheControl: {} },
        {
          type: "image",
          url: "https://x.test/a.png",
          cacheControl: { ttl: "1h" },
        },
      ],
    }),
    {
      ...BLOCK,
      content: [
        { type: "text", text: "See" },
        { type: "image", source: { type: "url", url: "https://x.test/a.png" } },
      ],
      cache_control: { type: "ephemeral", ttl: "1h" },
    },
  );
});

Deno.test("C17, C45: what a tool result loses is reported", () => {
  const losses = (...parts: ToolResultPart["parts"]) =>
    encode({
      messages: [user("Go"), assistant([call("a")]), {
        role: "tool",
        parts: [{ type: "tool_result", callId: "a", parts }],
      }],
    }).losses;
  assertEquals(losses({ type: "text", text: " " }), [
    "dropped: messages[2].content (nothing but white space)",
  ]);
  assertEquals(losses({ type: "text", text: "", cacheControl: {} }), []);
  const marked = { type: "text", text: "x", cacheControl: {} } as const;
  assertEquals(losses(marked), []);
  assertEquals(losses(marked, marked), [
    "dropped: cache_control (one in a tool result)",
  ]);
});
