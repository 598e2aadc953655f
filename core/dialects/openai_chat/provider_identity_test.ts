import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Conversation, Message, Part } from "../../conversation.ts";
import { parseJsonDocument } from "../../json_document.ts";
import { assistant, call, encode, result, user } from "./_test_provider.ts";
import { decodeChatRequest } from "./decode_request.ts";

const bytes = new TextEncoder();

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
