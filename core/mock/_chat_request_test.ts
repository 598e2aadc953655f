import { assertEquals, assertThrows } from "@std/assert";
import { ApiError } from "./_api_error.ts";
import { type ChatRequest, readChatRequest } from "./_chat_request.ts";
import { user } from "./_test_util.ts";

function read(fields: Record<string, unknown>): ChatRequest {
  return readChatRequest({ messages: user("hi"), ...fields }, {
    name: "echo",
    behaviour: { kind: "echo" },
  });
}

Deno.test("readChatRequest() has a provider's defaults", () => {
  assertEquals(read({ n: null, stop: null, tools: null, stream: null }), {
    model: "echo",
    behaviour: { kind: "echo" },
    prompt: { chars: 2, userText: "hi", toolResults: undefined },
    stream: false,
    includeUsage: false,
    n: 1,
    stop: [],
    maxTokens: undefined,
    tool: undefined,
    format: { type: "text" },
  });
});

Deno.test("A21: readChatRequest() prefers max_completion_tokens", () => {
  assertEquals(read({ max_tokens: 5 }).maxTokens, 5);
  assertEquals(
    read({ max_tokens: 5, max_completion_tokens: 7 }).maxTokens,
    7,
  );
});

Deno.test("A30: readChatRequest() takes stop as string or array", () => {
  assertEquals(read({ stop: "a" }).stop, ["a"]);
  assertEquals(read({ stop: ["a", "b"] }).stop, ["a", "b"]);
});

Deno.test("K17: readChatRequest() names the field at fault", () => {
  const wrong: [Record<string, unknown>, string][] = [
    [{ messages: undefined }, "messages"],
    [{ stream: "yes" }, "stream"],
    [{ n: 0 }, "n"],
    [{ n: 9 }, "n"],
    [{ max_tokens: 0 }, "max_tokens"],
    [{ max_completion_tokens: 1.5 }, "max_completion_tokens"],
    [{ stop: [1] }, "stop"],
    [{ stop: "" }, "stop"],
    [{ stop: ["a", "b", "c", "d", "e"] }, "stop"],
    [{ stream_options: { include_usage: true } }, "stream_options"],
    [{ stream: true, stream_options: 1 }, "stream_options"],
    [{ response_format: "json" }, "response_format"],
    [{ response_format: { type: "xml" } }, "response_format.type"],
    [{ response_format: { type: "json_schema" } }, "json_schema"],
    [{ response_format: { type: "json_schema", json_schema: {} } }, "name"],
    [
      {
        response_format: {
          type: "json_schema",
          json_schema: { name: "a", schema: [] },
        },
      },
      "schema",
    ],
  ];
  for (const [fields, at] of wrong) {
    assertThrows(() => read(fields), ApiError, at);
  }
});
