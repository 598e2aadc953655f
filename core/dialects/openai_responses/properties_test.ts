import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Answer, AnswerEvent, AnswerPart } from "../../answer.ts";
import type { DialectTarget } from "../../dialect.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { checkStream } from "./_test_check_stream.ts";
import { decodeItems } from "./_test_decode.ts";
import { encodeEvents, eventsOf } from "./_test_events.ts";
import { decodeResponsesAnswer } from "./decode_answer.ts";
import { decodeResponsesRequest } from "./decode_request.ts";
import { ResponsesStreamDecoder } from "./decode_stream.ts";
import { encodeResponsesAnswer } from "./encode_answer.ts";
import { encodeResponsesRequest } from "./encode_request.ts";
import { ResponsesStreamEncoder } from "./encode_stream.ts";
import { passResponsesAnswer } from "./pass_answer.ts";
import { checkResponsesRequest, passResponsesRequest } from "./pass_request.ts";
import { ResponsesPassStream } from "./pass_stream.ts";

const encoder = new TextEncoder();

/** Words that mean something in one place or another. */
const WORDS = [
  "",
  "x",
  "user",
  "assistant",
  "message",
  "function",
  "function_call",
  "function_call_output",
  "reasoning",
  "item_reference",
  "input_text",
  "input_image",
  "output_text",
  "summary_text",
  "allowed_tools",
  "json_schema",
  "auto",
  "high",
  "llmp1.c.x",
  "llmp1.t.x",
  "data:image/png;base64,AA==",
  "response.completed",
  "response.created",
  "response.output_item.added",
  "failed",
  "__proto__",
] as const;

/** JSON with the names of requests and of streams in any place. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom(null, true, false, 0, 1, -1, 0.5, 2 ** 60, ...WORDS),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        "type",
        "role",
        "content",
        "text",
        "id",
        "call_id",
        "name",
        "arguments",
        "output",
        "summary",
        "encrypted_content",
        "image_url",
        "format",
        "schema",
        "parameters",
        "effort",
        "mode",
        "tools",
        "item",
        "item_id",
        "output_index",
        "delta",
        "response",
        "status",
        "error",
        "usage",
        "input_tokens",
        "message",
        "code",
        "__proto__",
        "toString",
      ),
      tie("value"),
      { maxKeys: 5 },
    ),
  ),
})).value;

/** Items in their places with odd values. */
const item = fc.record({
  type: fc.constantFrom(
    "message",
    "function_call",
    "function_call_output",
    "reasoning",
    "item_reference",
  ),
  role: fc.constantFrom("user", "assistant", "system", null),
  call_id: fc.constantFrom("a", "b", 7),
  name: fc.constantFrom("f", "", null),
  content: json,
  output: json,
  summary: json,
  encrypted_content: json,
}, { requiredKeys: ["type"] });

/** A request of which one or two fields are odd. */
const request = fc.tuple(
  fc.record({
    model: fc.constantFrom("m", "m", "m", null),
    input: fc.oneof(
      fc.array(item, { maxLength: 5 }),
      json,
      fc.constant("x"),
      fc.constant("x"),
    ),
  }),
  fc.dictionary(
    fc.constantFrom(
      "instructions",
      "tools",
      "tool_choice",
      "text",
      "reasoning",
      "metadata",
      "include",
      "stream",
      "stream_options",
      "store",
      "previous_response_id",
      "conversation",
      "background",
      "prompt",
      "temperature",
      "stop",
      "user",
      "x_new",
    ),
    json,
    { maxKeys: 2 },
  ),
).map(([base, odd]) => ({ ...base, ...odd }));

function onlyThrows(
  run: () => unknown,
  check: (error: unknown) => boolean,
): boolean {
  try {
    run();
    return true;
  } catch (error) {
    assert(check(error), String(error));
    return false;
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.status === 400 &&
    typeof error.param === "string" && error.param !== "";
}

function target(): DialectTarget {
  const quirks = { reasoningModels: ["m"] };
  return { provider: "p", model: "m", quirks, losses: new LossReport() };
}

Deno.test("K17: whatever a client sends is a conversation or a 400 that names a field", () => {
  let decoded = 0;
  fc.assert(
    fc.property(fc.oneof(request, json), (value) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        return;
      }
      const document = parseJsonDocument(encoder.encode(JSON.stringify(value)));
      if (onlyThrows(() => decodeResponsesRequest(document), isRefusal)) {
        decoded++;
        const conversation = decodeResponsesRequest(document);
        onlyThrows(
          () => encodeResponsesRequest(conversation, target()),
          isRefusal,
        );
        const told = JSON.parse(
          encodeResponsesAnswer(
            { id: "", model: "m", parts: [], finish: "stop" },
            undefined,
            document,
          ),
        );
        assertEquals(told.object, "response");
      }
      onlyThrows(() => checkResponsesRequest(document), isRefusal);
      JSON.parse(passResponsesRequest(document, target()));
    }),
    { numRuns: 3_000 },
  );
  assert(decoded > 100, `${decoded}`);
});

Deno.test("U7, M13: whatever a provider sends passes or is its own kind of error", () => {
  const isFault = (error: unknown) => error instanceof UpstreamError;
  fc.assert(
    fc.property(fc.array(json), (values) => {
      const stream = new ResponsesPassStream();
      const decoder = new ResponsesStreamDecoder();
      for (const value of values) {
        const data = JSON.stringify(value);
        onlyThrows(() => stream.push({ event: "", data }), isFault);
        const body = encoder.encode(data);
        onlyThrows(() => passResponsesAnswer(body), isFault);
        onlyThrows(() => decodeResponsesAnswer(body), isFault);
        onlyThrows(() => decoder.push({ event: "", data }), isFault);
      }
      onlyThrows(() => stream.end(), isFault);
      onlyThrows(() => decoder.end(), isFault);
      stream.fail(new UpstreamError("upstream", "x", { code: "x" }), "r");
    }),
    { numRuns: 1_000 },
  );
});

const text = fc.oneof(
  fc.constantFrom("", "a", "\n", "🎉", "\ud800", '"\\'),
  fc.string({ maxLength: 20 }),
);
const signature = fc.option(text.filter((text) => text !== ""), {
  nil: undefined,
});
const part: fc.Arbitrary<AnswerPart> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text, signature }),
  fc.record({ type: fc.constant("refusal" as const), text }),
  fc.record({ type: fc.constant("reasoning" as const), text, signature }),
  fc.record({
    type: fc.constant("reasoning" as const),
    text: fc.constant(""),
    redacted: text,
  }),
  fc.record({
    type: fc.constant("tool_call" as const),
    id: fc.uuid(),
    name: fc.constantFrom("f", "g"),
    arguments: fc.constantFrom("{}", '{"a":1}'),
    signature,
  }),
).map((part) => JSON.parse(JSON.stringify(part)) as AnswerPart);
const answer: fc.Arbitrary<Answer> = fc.record({
  id: text,
  model: text,
  parts: fc.array(part, { maxLength: 6 }),
  finish: fc.constantFrom(
    "stop",
    "tool",
    "length",
    "filter",
    "refusal",
    "error",
  ),
});

Deno.test("B5, B9, B29: every answer is a whole stream, and comes back as it was", () => {
  fc.assert(
    fc.property(answer, (answer) => {
      const last = checkStream(encodeEvents(eventsOf(answer))).at(-1);
      const { output } = last?.response as { output: unknown[] };
      const whole = JSON.parse(encodeResponsesAnswer(answer));
      assertEquals(output.length, whole.output.length);
      const results = answer.parts.flatMap((part) =>
        part.type === "tool_call"
          ? [{ type: "function_call_output", call_id: part.id, output: "" }]
          : []
      );
      // Words without text have no place, thought without anything says nothing.
      const kept = answer.parts.filter((part) =>
        !("text" in part) || part.text !== "" ||
        part.type !== "refusal" && "signature" in part ||
        part.type === "reasoning" && part.redacted !== undefined
      );
      const user = { role: "user", content: "x" };
      const [, turn] = decodeItems(user, ...output, ...results);
      assertEquals(turn?.parts ?? [], JSON.parse(JSON.stringify(kept)));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("B14, B18: every answer that this dialect writes is read as it was written", () => {
  fc.assert(
    fc.property(answer, (answer) => {
      const body = encodeResponsesAnswer(answer);
      const run = () => decodeResponsesAnswer(encoder.encode(body)).parts;
      const isFault = (error: unknown) => error instanceof UpstreamError;
      if (answer.finish === "error") {
        assert(!onlyThrows(run, isFault));
        return;
      }
      const said = (parts: readonly AnswerPart[]) =>
        parts.flatMap((part) =>
          part.type === "tool_call"
            ? [[part.id, part.name, part.arguments]]
            : !("text" in part) || part.text === ""
            ? []
            : [[part.type, part.text]]
        );
      assertEquals(said(run()), JSON.parse(JSON.stringify(said(answer.parts))));
    }),
    { numRuns: 500 },
  );
});

Deno.test("B3, B7: events in any order never break a stream", () => {
  const number = fc.integer({ min: 0, max: 3 });
  const event: fc.Arbitrary<AnswerEvent> = fc.oneof(
    fc.record({ type: fc.constant("start" as const), id: text, model: text }),
    fc.record({
      type: fc.constant("part_start" as const),
      part: number,
      kind: fc.constantFrom("text" as const, "refusal" as const),
    }),
    fc.record({
      type: fc.constant("part_start" as const),
      part: number,
      kind: fc.constant("reasoning" as const),
    }),
    fc.record({
      type: fc.constant("part_start" as const),
      part: number,
      kind: fc.constant("tool_call" as const),
      id: text,
      name: text,
    }),
    fc.record({ type: fc.constant("part_delta" as const), part: number, text }),
    fc.record({ type: fc.constant("part_end" as const), part: number }),
    fc.record({ type: fc.constant("ping" as const) }),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const encoder = new ResponsesStreamEncoder();
      let body = events.map((event) => encoder.push(event)).join("");
      body += encoder.push({ type: "finish", finish: "stop" });
      checkStream(body);
    }),
    { numRuns: 1_000 },
  );
});
