import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { AnswerEvent } from "../../answer.ts";
import type { Conversation, Message, Part } from "../../conversation.ts";
import type { Quirks } from "../../dialect.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { LossReport } from "../../loss_report.ts";
import { assistant, call, encode, result, user } from "./_test_provider.ts";
import { collectParts } from "./_collect_parts.ts";
import { decodeChatAnswer } from "./decode_answer.ts";
import { decodeChatRequest } from "./decode_request.ts";
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

const filled = fc.string({ minLength: 1 });
const schema = fc.constantFrom(
  { type: "object", properties: {} },
  { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
);
const mark = fc.constantFrom({}, { ttl: "5m" as const }, {
  ttl: "1h" as const,
});
const spoken = fc.record({
  type: fc.constant("text" as const),
  text: filled,
  cacheControl: mark,
}, { requiredKeys: ["type", "text"] });
const shown: fc.Arbitrary<Part> = fc.oneof(
  spoken,
  fc.record({
    type: fc.constant("image" as const),
    url: fc.constant("https://x.example/a.png"),
    detail: fc.constantFrom("auto" as const, "low" as const, "high" as const),
    cacheControl: mark,
  }, { requiredKeys: ["type", "url"] }),
  fc.record({
    type: fc.constant("file" as const),
    data: fc.constant("JVBERi0="),
    mediaType: fc.constant("application/pdf"),
    filename: fc.constant("a.pdf"),
  }),
  fc.record({
    type: fc.constant("audio" as const),
    data: fc.constant("aGk="),
    format: fc.constantFrom("wav", "mp3"),
  }),
);
/** A tool loop with its results, or a plain turn. */
const loop: fc.Arbitrary<readonly Message[]> = fc.oneof(
  fc.array(shown, { minLength: 1, maxLength: 3 }).map((parts) => [user(parts)]),
  fc.array(spoken, { minLength: 1, maxLength: 2 }).map((parts) => [
    assistant(parts),
  ]),
  fc.record({ text: filled, args: fc.constantFrom("{}", '{ "a": 1e2 }') })
    .map(({ text, args }) => [
      assistant([
        { type: "reasoning", text },
        call("c1", { args }),
        call("c2"),
      ]),
      result("c1", text),
      result("c2"),
    ]),
  filled.map((text) => [assistant([{ type: "refusal", text }])]),
  fc.tuple(fc.constantFrom("system" as const, "developer" as const), spoken)
    .map(([role, part]) => [{ role, parts: [part] }]),
);
const conversation: fc.Arbitrary<Conversation> = fc.record({
  model: fc.constant("m"),
  messages: fc.array(loop, { minLength: 1, maxLength: 4 }).map((all) =>
    all.flat()
  ),
  tools: fc.array(
    fc.record({
      name: fc.constant("look"),
      description: filled,
      parameters: schema,
      strict: fc.boolean(),
      cacheControl: mark,
    }, { requiredKeys: ["name", "parameters"] }),
    { minLength: 1, maxLength: 2 },
  ),
  toolChoice: fc.constantFrom(
    { type: "auto" as const },
    { type: "none" as const },
    { type: "required" as const },
    { type: "tool" as const, name: "look" },
  ),
  parallelToolCalls: fc.boolean(),
  output: fc.record({
    type: fc.constant("json_schema" as const),
    name: fc.constant("x"),
    schema,
    description: filled,
    strict: fc.boolean(),
  }, { requiredKeys: ["type", "name", "schema"] }),
  maxOutputTokens: fc.nat().map((n) => n + 1),
  sampling: fc.record({
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    topP: fc.double({ min: 0, max: 1, noNaN: true }),
    topK: fc.constant(5),
    presencePenalty: fc.constantFrom(-2, 0.5),
    frequencyPenalty: fc.constantFrom(-2, 0.5),
    seed: fc.integer(),
    stop: fc.array(filled, { minLength: 1, maxLength: 4 }),
  }, { requiredKeys: [] }),
  reasoning: fc.record({
    effort: fc.constantFrom(
      "none" as const,
      "low" as const,
      "medium" as const,
      "high" as const,
    ),
  }),
  endUser: filled,
  stream: fc.boolean(),
  unmapped: fc.constant([]),
}, { requiredKeys: ["model", "messages", "sampling", "stream", "unmapped"] })
  .map(({ toolChoice, parallelToolCalls, ...rest }) => ({
    ...rest,
    // Without tools neither says anything.
    ...(rest.tools && toolChoice && { toolChoice }),
    ...(rest.tools && parallelToolCalls !== undefined &&
      { parallelToolCalls }),
  }));

/** JSON has no negative zero. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("what the dialect can say is the same after it was written and read again", () => {
  fc.assert(
    fc.property(conversation, (given) => {
      const { text, losses } = encode(given, {
        quirks: { thought: "reasoning_content" },
      });
      assertEquals(losses, []);
      const document = parseJsonDocument(bytes.encode(text));
      assertEquals(plain(decodeChatRequest(document)), plain(given));
    }),
    { numRuns: 1_000 },
  );
});
