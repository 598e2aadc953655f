import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { AnswerCollector } from "./answer_collector.ts";
import { answerEvents } from "./answer_events.ts";
import type { Answer, AnswerPart } from "./answer.ts";

const text = fc.string({ unit: "binary", maxLength: 40 });
const signature = fc.option(fc.constant("proof"), { nil: undefined });

/** Leaves out what is not there. */
function trim<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as T;
}

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
    id: text,
    name: text,
    arguments: text,
    signature,
  }),
).map((part) => trim(part) as AnswerPart);

const answer: fc.Arbitrary<Answer> = fc.record({
  id: text,
  model: text,
  parts: fc.array(part, { maxLength: 5 }),
  finish: fc.constantFrom("stop", "tool", "length"),
  stopSequence: fc.option(text, { nil: undefined }),
  usage: fc.option(
    fc.constant({
      input: 1,
      cached: 0,
      cacheWrite: 0,
      cacheWrite1h: 0,
      output: 2,
      reasoning: 0,
      total: 3,
    }),
    { nil: undefined },
  ),
}).map((answer) => trim(answer) as Answer);

Deno.test("AnswerCollector makes of answerEvents() the answer that they were made of", () => {
  fc.assert(
    fc.property(answer, (answer) => {
      const collector = new AnswerCollector();
      for (const event of answerEvents(answer)) {
        assertEquals(collector.answer, undefined);
        collector.push(event);
      }
      assertEquals(collector.answer, answer);
    }),
    { numRuns: 300 },
  );
});

Deno.test("answerEvents() cuts long text, and no character", () => {
  const long = "a" + "😀".repeat(5_000);
  const pieces = [...answerEvents({
    id: "",
    model: "",
    parts: [{ type: "text", text: long }],
    finish: "stop",
  })].flatMap((event) => event.type === "part_delta" ? [event.text] : []);
  assertEquals(pieces.join(""), long);
  assert(pieces.length > 4 && pieces.every((piece) => piece.isWellFormed()));
});

Deno.test("AnswerCollector takes parts that overlap, and pings", () => {
  const collector = new AnswerCollector();
  collector.push({ type: "start", id: "1", model: "m" });
  collector.push({ type: "part_start", part: 0, kind: "text" });
  collector.push({ type: "part_start", part: 1, kind: "text" });
  collector.push({ type: "ping" });
  collector.push({ type: "part_delta", part: 1, text: "b" });
  collector.push({ type: "part_delta", part: 0, text: "a" });
  collector.push({ type: "finish", finish: "stop" });
  assertEquals(collector.answer?.parts, [
    { type: "text", text: "a" },
    { type: "text", text: "b" },
  ]);
});
