import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AnswerEvent } from "../../answer.ts";
import type { Message, Part } from "../../conversation.ts";
import type { Quirks } from "../../dialect.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { encode } from "./_test_provider.ts";
import { collectParts } from "../_collect_parts.ts";
import { decodeChatAnswer } from "./decode_answer.ts";
import { ChatStreamDecoder } from "./decode_stream.ts";

const bytes = new TextEncoder();

const NAMES = [
  "choices",
  "message",
  "delta",
  "index",
  "content",
  "text",
  "type",
  "thinking",
  "reasoning",
  "reasoning_content",
  "reasoning_details",
  "signature",
  "data",
  "format",
  "refusal",
  "tool_calls",
  "function",
  "name",
  "arguments",
  "id",
  "extra_content",
  "google",
  "thought_signature",
  "finish_reason",
  "usage",
  "x_groq",
  "prompt_tokens",
  "total_tokens",
  "error",
  "code",
  "logprobs",
  "citations",
  "prompt_filter_results",
  "__proto__",
];
const WORDS = [
  null,
  true,
  0,
  1,
  -1,
  2 ** 60,
  "",
  " ",
  "x",
  "{}",
  '{"a"',
  "null",
  "stop",
  "length",
  "tool_calls",
  "function",
  "reasoning.text",
  "reasoning.encrypted",
  "google-gemini-v1",
  "openai-responses-v1",
];

/** JSON that is an answer now and then, and something odd in any place. */
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "medium" },
    fc.constantFrom(...WORDS),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 5 }),
  ),
})).value;

const words = fc.constantFrom("", "a", '{"x":', "1}", "{}", "null", " ");
const callOf = fc.record({
  index: fc.constantFrom(0, 1, 2, null),
  id: fc.constantFrom("a", "b", "", null),
  function: fc.record({
    name: fc.constantFrom("f", "g", "", null),
    arguments: fc.oneof(words, json),
  }, { requiredKeys: [] }),
}, { requiredKeys: [] });
const detail = fc.record({
  type: fc.constantFrom(
    "reasoning.text",
    "reasoning.summary",
    "reasoning.encrypted",
  ),
  text: words,
  summary: words,
  data: words,
  signature: words,
  format: fc.constantFrom("google-gemini-v1", "xai-responses-v1", "unknown"),
  id: fc.constantFrom("a", "b"),
  index: fc.constantFrom(0, 1),
}, { requiredKeys: ["type"] });
const said = fc.record({
  content: fc.oneof(words, fc.constant(null)),
  refusal: words,
  reasoning: words,
  reasoning_content: words,
  reasoning_details: fc.array(detail, { maxLength: 2 }),
  tool_calls: fc.array(callOf, { maxLength: 3 }),
}, { requiredKeys: [] });

/** Chunks in their form with odd values, which a stream may be of. */
const chunk = fc.record({
  choices: fc.array(
    fc.record({
      delta: fc.oneof({ weight: 4, arbitrary: said }, json),
      message: said,
      finish_reason: fc.constantFrom(
        null,
        null,
        "stop",
        "length",
        "tool_calls",
      ),
    }, { requiredKeys: [] }),
    { minLength: 1, maxLength: 2 },
  ),
  usage: json,
}, { requiredKeys: ["choices"] });

function onlyThrows<T>(
  run: () => T,
  kind: typeof GatewayError | typeof UpstreamError,
): T | undefined {
  try {
    return run();
  } catch (error) {
    assert(error instanceof kind, String(error));
    return undefined;
  }
}

/** What holds of the events of every stream, and of a part of one. */
function checkOrder(events: readonly AnswerEvent[], isWhole: boolean): void {
  const open = new Set<number>();
  let parts = 0;
  for (const [place, event] of events.entries()) {
    if (event.type === "start") assertEquals(place, 0);
    else if (event.type === "part_start") {
      assertEquals(event.part, parts++);
      open.add(event.part);
    } else if (event.type === "part_delta") {
      assert(open.has(event.part) && event.text !== "");
    } else if (event.type === "part_end") assert(open.delete(event.part));
    else if (event.type === "finish") {
      assert(isWhole && place === events.length - 1 && open.size === 0);
    }
  }
  if (isWhole) assertEquals(events.at(-1)?.type, "finish");
}

Deno.test("U7, M13: whatever a provider sends is an answer or its own kind of error", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(json, chunk)), (values) => {
      for (const value of values) {
        const body = bytes.encode(JSON.stringify(value));
        onlyThrows(
          () => decodeChatAnswer(body, new LossReport()),
          UpstreamError,
        );
      }
      const decoder = new ChatStreamDecoder(new LossReport());
      onlyThrows(() => {
        for (const value of values) {
          decoder.push({ event: "", data: JSON.stringify(value) });
        }
        decoder.end();
      }, UpstreamError);
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("C24: the events of any stream are in order, and its parts make sense", () => {
  let whole = 0;
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 8 }), (chunks) => {
      const decoder = new ChatStreamDecoder();
      const events: AnswerEvent[] = [];
      onlyThrows(() => {
        for (const value of chunks) {
          const data = JSON.stringify(value);
          events.push(...decoder.push({ event: "", data }));
        }
        events.push(...decoder.push({ event: "", data: "[DONE]" }));
      }, UpstreamError);
      checkOrder(events, decoder.done);
      if (!decoder.done) return;
      whole++;
      const last = events.at(-1);
      const calls = collectParts(events).filter((part) =>
        part.type === "tool_call"
      );
      assertEquals(new Set(calls.map(({ id }) => id)).size, calls.length);
      if (last?.type !== "finish" || last.finish !== "tool") return;
      for (const part of calls) JSON.parse(part.arguments);
    }),
    { numRuns: 2_000 },
  );
  assert(whole > 100, `${whole} were whole`);
});

const text = fc.constantFrom("", " ", "x", "{}", '{"a":1}', "[", "\ud800");
const id = fc.constantFrom("a", "b", "c".repeat(50));
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ type: fc.constant("text" as const), text, signature: text }, {
    requiredKeys: ["type", "text"],
  }),
  fc.record({
    type: fc.constant("reasoning" as const),
    text,
    signature: text,
    redacted: text,
  }, { requiredKeys: ["type", "text"] }),
  fc.record({ type: fc.constant("refusal" as const), text }),
  fc.record({ type: fc.constant("image" as const), data: text }),
  fc.record({
    type: fc.constant("file" as const),
    url: text,
    data: text,
    mediaType: fc.constantFrom("text/plain", "image/png", "a/b"),
  }, { requiredKeys: ["type"] }),
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
    isError: fc.boolean(),
  }),
);
const message: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom("system", "developer", "user", "assistant", "tool"),
  parts: fc.array(part, { maxLength: 4 }),
});
const quirks: fc.Arbitrary<Quirks> = fc.record({
  thought: fc.constantFrom(
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "extra_content",
  ),
  missingThought: fc.constant(" "),
  stringContent: fc.boolean(),
  callIdLength: fc.constant(9),
}, { requiredKeys: [] });

Deno.test("K17: every conversation becomes JSON with content, or a 400 that names a field", () => {
  fc.assert(
    fc.property(
      fc.array(message, { maxLength: 6 }),
      quirks,
      (messages, quirks) => {
        try {
          const { messages: wire } = encode({ messages }, { quirks });
          assert(wire.length > 0);
          for (const { role, content, refusal, tool_calls: calls } of wire) {
            assert(
              content !== null ||
                role === "assistant" && (calls || refusal !== undefined),
            );
          }
        } catch (error) {
          assert(error instanceof GatewayError, String(error));
          assert(error.status === 400 && error.param !== undefined);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
