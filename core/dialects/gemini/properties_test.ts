import { assert } from "@std/assert";
import fc from "fast-check";
import type { Message, Part } from "../../conversation.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { encode } from "./_test_encode.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";
import { decodeErrorAnswer } from "./errors.ts";

const encoder = new TextEncoder();

/** JSON that is an answer now and then, and something odd in any place. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom(null, true, 0, 1, -1, 2 ** 60, "", "x", "STOP", "$.a[0]"),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        "candidates",
        "content",
        "parts",
        "text",
        "thought",
        "thoughtSignature",
        "functionCall",
        "name",
        "args",
        "partialArgs",
        "jsonPath",
        "stringValue",
        "willContinue",
        "finishReason",
        "usageMetadata",
        "promptTokenCount",
        "promptFeedback",
        "blockReason",
        "error",
        "details",
        "code",
        "status",
        "message",
        "index",
        "__proto__",
      ),
      tie("value"),
      { maxKeys: 5 },
    ),
  ),
})).value;

/** Parts in their places with odd values. */
const candidate = fc.record({
  candidates: fc.array(
    fc.record({
      content: fc.record({ parts: fc.array(json, { maxLength: 4 }) }),
      finishReason: json,
    }, { requiredKeys: [] }),
    { maxLength: 2 },
  ),
  usageMetadata: json,
}, { requiredKeys: [] });

function onlyThrows(
  run: () => unknown,
  kind: typeof GatewayError | typeof UpstreamError,
): void {
  try {
    run();
  } catch (error) {
    assert(error instanceof kind, String(error));
  }
}

Deno.test("U7, M13: whatever a provider sends is an answer or its own kind of error", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(json, candidate)), (values) => {
      const decoder = new GeminiStreamDecoder();
      onlyThrows(() => {
        for (const value of values) {
          decoder.push({ event: "", data: JSON.stringify(value) });
        }
        decoder.end();
      }, UpstreamError);
      for (const value of values) {
        const body = encoder.encode(JSON.stringify(value));
        onlyThrows(() => decodeAnswer(body), UpstreamError);
        const error = decodeErrorAnswer({ status: 400, headers: {}, body });
        assert(error instanceof UpstreamError);
      }
    }),
    { numRuns: 1_000 },
  );
});

const text = fc.constantFrom("", " ", "x", "{}", '{"a":1}', "[", "\ud800");
const id = fc.constantFrom("a", "b", "c");
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text, signature: text }, {
    requiredKeys: ["type", "text"],
  }),
  fc.record({ type: fc.constant("reasoning" as const), text }),
  fc.record({ type: fc.constant("refusal" as const), text }),
  fc.record({ type: fc.constant("image" as const), data: text }),
  fc.record({ type: fc.constant("file" as const), url: text }),
  fc.record({ type: fc.constant("audio" as const), data: text, format: text }),
  fc.record({
    type: fc.constant("tool_call" as const),
    id,
    name: text,
    arguments: text,
  }),
  fc.record({
    type: fc.constant("tool_result" as const),
    callId: id,
    parts: fc.array(fc.record({ type: fc.constant("text" as const), text })),
  }),
);
const message: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom("system", "developer", "user", "assistant", "tool"),
  parts: fc.array(part, { maxLength: 4 }),
});

Deno.test("K17: every conversation becomes JSON with a user's turn first, or a 400 that names a field", () => {
  const models = fc.constantFrom("gemini-2.5-pro", "gemini-3-pro", "x");
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      models,
      (messages, model) => {
        let body: Readonly<Record<string, unknown>>;
        try {
          ({ body } = encode({ messages }, model));
        } catch (error) {
          assert(error instanceof GatewayError, String(error));
          assert(error.status === 400 && error.param !== undefined);
          return;
        }
        const contents = body.contents as { role: string; parts: unknown[] }[];
        assert(contents[0]?.role === "user");
        assert(contents.every(({ parts }) => parts.length > 0));
      },
    ),
    { numRuns: 1_000 },
  );
});
