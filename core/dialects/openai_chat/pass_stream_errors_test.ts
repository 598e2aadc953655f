import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UpstreamError } from "../../errors.ts";
import { chunk, HEAD } from "./_test_pass.ts";
import { ChatPassStream } from "./pass_stream.ts";

function failure(data: string, event = ""): UpstreamError {
  const stream = new ChatPassStream({ includeUsage: true });
  stream.push({ event: "", data: chunk({ role: "assistant", content: "hi" }) });
  return assertThrows(() => stream.push({ event, data }), UpstreamError);
}

const errors: [
  rule: string,
  data: string,
  event: string,
  expected: [number, string],
][] = [
  [
    "J2: an error object",
    '{"error":{"code":502,"message":"Bad upstream"}}',
    "",
    [502, "Bad upstream"],
  ],
  [
    "J2: a chunk with an error",
    chunk({}, "error", { error: { code: 429, message: "Slow down" } }),
    "",
    [429, "Slow down"],
  ],
  ["J2: a finish that is an error", chunk({}, "error"), "", [
    502,
    "The provider ended its answer with an error",
  ]],
  [
    "J10: an event of type error",
    '{"error":{"message":"Overloaded","type":"overloaded_error"}}',
    "error",
    [503, "Overloaded"],
  ],
  ["J10: an event of type error without JSON", "it broke", "error", [
    502,
    "it broke",
  ]],
  ["J14: an error that is text", '{"error":"no more"}', "", [502, "no more"]],
  [
    "H7: an error without an error member",
    '{"object":"error","message":"Bad input","type":"invalid_request_error"}',
    "",
    [400, "Bad input"],
  ],
  ["U11: a message and no choices", '{"detail":"Not found"}', "", [
    502,
    "Not found",
  ]],
];

for (const [rule, data, event, [status, message]] of errors) {
  Deno.test(`${rule} in a stream is thrown`, () => {
    const error = failure(data, event);
    assertEquals([error.status, error.message], [status, message]);
  });
}

const invalid: [name: string, data: string][] = [
  ["that is cut", '{"id":"chatcmpl-1","choices":[{"del'],
  ["that is no JSON", "<html>502</html>"],
  ["that is null", "null"],
  ["that is an array", "[]"],
  ["that is a number", "3"],
  ["that is text", '"[DONE]"'],
  ["with a choice that is null", JSON.stringify({ ...HEAD, choices: [null] })],
  ["with content of the wrong type", chunk({ content: 3 })],
  ["with tool calls of the wrong type", chunk({ tool_calls: {} })],
  ["with a tool call that is null", chunk({ tool_calls: [null] })],
];

for (const [name, data] of invalid) {
  Deno.test(`M13: an event ${name} ends the stream with an error`, () => {
    const error = failure(data);
    assertEquals([error.status, error.code], [
      502,
      "upstream_invalid_response",
    ]);
    assert(!error.message.includes(data));
  });
}

Deno.test("M13: an event that nests a million levels does no harm", () => {
  const deep = "[".repeat(1_000_000) + "]".repeat(1_000_000);
  const data = `{"id":"other","choices":[{"index":0,"delta":{"x":${deep}}}]}`;
  const stream = new ChatPassStream({ includeUsage: false });
  try {
    stream.push({ event: "", data });
  } catch (error) {
    assert(error instanceof UpstreamError);
  }
});

Deno.test("U12: choices and tool calls are limited", () => {
  const choices = Array.from(
    { length: 200 },
    (_, index) => ({ index, delta: {} }),
  );
  failure(JSON.stringify({ ...HEAD, choices }));
  const calls = Array.from(
    { length: 2000 },
    (_, index) => ({ index, id: `${index}`, function: { name: "f" } }),
  );
  failure(chunk({ tool_calls: calls }));
});

const word = fc.constantFrom(
  "id",
  "object",
  "created",
  "model",
  "choices",
  "index",
  "delta",
  "role",
  "content",
  "tool_calls",
  "function",
  "arguments",
  "name",
  "finish_reason",
  "usage",
  "x_groq",
  "prompt_filter_results",
  "reasoning",
  "reasoning_content",
  "type",
  "message",
  "citations",
  "__proto__",
  "toString",
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom(
      null,
      true,
      0,
      -1,
      1.5,
      "",
      "stop",
      "tool_calls",
      "x",
      [],
      {},
    ),
    fc.array(tie("json"), { maxLength: 3 }),
    fc.array(fc.tuple(word, tie("json")), { maxLength: 5 }).map((entries) =>
      Object.fromEntries(entries)
    ),
  ),
}));

Deno.test("C11: odd JSON is passed or refused, and nothing else is thrown", () => {
  const call = fc.record(
    { index: json, id: json, type: json, function: json },
    { requiredKeys: [] },
  );
  const delta = fc.record({
    role: json,
    content: json,
    tool_calls: fc.oneof(
      json,
      fc.array(fc.oneof(call, json), { maxLength: 3 }),
    ),
  }, { requiredKeys: [] });
  const choice = fc.record({
    index: json,
    delta: fc.oneof(delta, json),
    finish_reason: json,
  }, { requiredKeys: [] });
  const event = fc.record({
    id: json,
    model: json,
    created: json,
    usage: json,
    choices: fc.oneof(json, fc.array(fc.oneof(choice, json), { maxLength: 3 })),
  }, { requiredKeys: [] });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(event, json), { maxLength: 6 }),
      fc.boolean(),
      (list, includeUsage) => {
        const stream = new ChatPassStream({
          includeUsage,
          streamEnd: "finish",
        });
        try {
          for (const value of list) {
            const text = stream.push({
              event: "",
              data: JSON.stringify(value),
            });
            if (text !== "") JSON.parse(text.slice(6));
          }
          stream.end();
        } catch (error) {
          if (!(error instanceof UpstreamError)) throw error;
        }
      },
    ),
    { numRuns: 3000 },
  );
});
