import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Answer, AnswerEvent, AnswerPart } from "../../answer.ts";
import type { Message, Part } from "../../conversation.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { SseParser } from "../../sse_parser.ts";
import { collectParts } from "../_collect_parts.ts";
import { encode } from "./_test_encode.ts";
import { decodeAnswer } from "./decode_answer.ts";
import { GeminiStreamDecoder } from "./decode_stream.ts";
import { encodeGeminiAnswer } from "./encode_answer.ts";
import { GeminiStreamEncoder } from "./encode_stream.ts";
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

const words = fc.string({ minLength: 1, maxLength: 8 });
const signature = fc.option(words, { nil: undefined });
const answerPart: fc.Arbitrary<AnswerPart> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text: words, signature }),
  fc.record({
    type: fc.constant("reasoning" as const),
    text: words,
    signature: words,
  }),
  fc.record({
    type: fc.constant("reasoning" as const),
    text: fc.constant(""),
    redacted: words,
  }),
  fc.record({
    type: fc.constant("tool_call" as const),
    id: fc.uuid(),
    name: words,
    arguments: fc.constantFrom("{}", '{"a":1}'),
    signature,
  }),
).map((part) => JSON.parse(JSON.stringify(part)) as AnswerPart);

Deno.test("D9, D11, B29: every answer, whole and streamed, comes back as it was told", () => {
  fc.assert(
    fc.property(fc.array(answerPart, { maxLength: 6 }), (parts) => {
      const answer = { id: "r", model: "m", parts, finish: "length" } as const;
      const told = decodeAnswer(encoder.encode(encodeGeminiAnswer(answer)));
      const stream = new GeminiStreamEncoder();
      const text = eventsOf(answer).map((event) => stream.push(event)).join("");
      const decoder = new GeminiStreamDecoder();
      const events = [
        ...new SseParser().push(encoder.encode(text))
          .flatMap((event) => decoder.push(event)),
        ...decoder.end(),
      ];
      const said = joined(parts);
      assertEquals(joined(told.parts), said);
      assertEquals(joined(collectParts(events)), said);
    }),
    { numRuns: 500 },
  );
});

/** Texts that follow one another are one, and so are their signatures' places. */
function joined(parts: readonly AnswerPart[]): unknown[] {
  const list: unknown[] = [];
  let text = "";
  for (const part of parts) {
    if (part.type === "text") {
      text += part.text;
      if (part.signature === undefined) continue;
      list.push([text, part.signature]);
      text = "";
      continue;
    }
    if (text !== "") list.push(text);
    text = "";
    list.push(part);
  }
  if (text !== "") list.push(text);
  return list;
}

function eventsOf({ id, model, parts, finish }: Answer): AnswerEvent[] {
  return [
    { type: "start", id, model },
    ...parts.flatMap((one, part): AnswerEvent[] => {
      const { signature } = one as { signature?: string };
      const end = {
        type: "part_end",
        part,
        ...(one.type !== "tool_call" && signature && { signature }),
      } as const;
      if (one.type === "tool_call") {
        const { id, name, arguments: text } = one;
        return [
          {
            type: "part_start",
            part,
            kind: "tool_call",
            id,
            name,
            ...(signature && { signature }),
          },
          { type: "part_delta", part, text },
          end,
        ];
      }
      assert(one.type !== "image");
      const redacted = one.type === "reasoning" && one.redacted;
      return [
        redacted
          ? { type: "part_start", part, kind: "reasoning", redacted }
          : { type: "part_start", part, kind: one.type },
        { type: "part_delta", part, text: one.text },
        end,
      ];
    }),
    { type: "finish", finish },
  ];
}
