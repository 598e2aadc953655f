import { assert, assertEquals, assertThrows } from "@std/assert";
import { UpstreamError } from "../../errors.ts";
import { answer, lossesOf, whole } from "./_test_answer.ts";
import { decodeAnswer } from "./decode_answer.ts";

const callOf = (name: string, more: object = {}) => ({
  functionCall: { name, ...more },
});

function failure(value: unknown): [kind: string, code: string] {
  const { kind, code } = assertThrows(() => whole(value), UpstreamError);
  return [kind, code];
}

const INVALID: [string, string] = ["upstream", "upstream_invalid_response"];

Deno.test("decodeAnswer() reads text, thought and where they are from", () => {
  assertEquals(
    whole(answer(
      [
        { text: "Hm, ", thought: true },
        { text: "yes", thought: true },
        { text: "Hel" },
        { text: "lo" },
      ],
      "STOP",
      { usageMetadata: { promptTokenCount: 2, candidatesTokenCount: 3 } },
    )),
    {
      id: "r1",
      model: "gemini-x",
      parts: [
        { type: "reasoning", text: "Hm, yes" },
        { type: "text", text: "Hello" },
      ],
      finish: "stop",
      usage: {
        input: 2,
        cached: 0,
        cacheWrite: 0,
        cacheWrite1h: 0,
        output: 3,
        reasoning: 0,
        total: 5,
      },
    },
  );
});

Deno.test("D4, A13: arguments become JSON text, none become {}", () => {
  const { parts, finish } = whole(answer([
    callOf("a", { id: "1", args: { x: [1, "ü"], y: null } }),
    callOf("b", { id: "2" }),
    callOf("c", { id: "3", args: null }),
  ], "STOP"));
  assertEquals(
    parts.map((part) => part.type === "tool_call" && part.arguments),
    ['{"x":[1,"ü"],"y":null}', "{}", "{}"] as (string | false)[],
  );
  assertEquals(finish, "tool");
});

Deno.test("D4, M15: large numbers in arguments are not rounded", () => {
  const text = JSON.stringify(
    answer([callOf("a", { id: "1", args: { id: 7 } })], "STOP"),
  ).replace(":7", ":12345678901234567890");
  const [part] = decodeAnswer(new TextEncoder().encode(text)).parts;
  assert(part?.type === "tool_call");
  assertEquals(part.arguments, '{"id":12345678901234567890}');
});

Deno.test("D5, D6: calls without an id get one of their own, in every answer another", () => {
  const ids = new Set<string>();
  for (let turn = 0; turn < 3; turn++) {
    const { parts } = whole(answer([
      callOf("look", { args: {} }),
      callOf("look", { args: {} }),
      callOf("look", { id: "same" }),
      callOf("look", { id: "same" }),
    ], "STOP"));
    for (const part of parts) if (part.type === "tool_call") ids.add(part.id);
  }
  assertEquals(ids.size, 3 * 3 + 1);
  for (const id of ids) assert(/^[a-zA-Z0-9_-]{4,64}$/.test(id));
});

Deno.test("D9, D10: signatures stay on their parts, and on no other", () => {
  const { parts } = whole(answer([
    { text: "Hel" },
    { text: "lo", thoughtSignature: "s1" },
    { text: "!" },
    { ...callOf("a", { id: "1" }), thoughtSignature: "s2" },
    callOf("b", { id: "2" }),
  ], "STOP"));
  assertEquals(parts, [
    { type: "text", text: "Hel" },
    { type: "text", text: "lo", signature: "s1" },
    { type: "text", text: "!" },
    {
      type: "tool_call",
      id: "1",
      name: "a",
      arguments: "{}",
      signature: "s2",
    },
    { type: "tool_call", id: "2", name: "b", arguments: "{}" },
  ]);
});

Deno.test("D11: a signature on an empty text is kept, also where the text is left out", () => {
  for (const last of [{ text: "" }, {}]) {
    const { parts } = whole(
      answer([{ text: "Hi" }, { ...last, thoughtSignature: "s" }], "STOP"),
    );
    assertEquals(parts, [
      { type: "text", text: "Hi" },
      { type: "text", text: "", signature: "s" },
    ]);
  }
});

Deno.test("D12: thought is no content", () => {
  const { parts } = whole(answer([{ text: "Hm", thought: true }], "STOP"));
  assertEquals(parts, [{ type: "reasoning", text: "Hm" }]);
});

Deno.test("D15: an answer that is cut or filtered says so", () => {
  assertEquals(whole(answer([{ text: "a" }], "MAX_TOKENS")).finish, "length");
  assertEquals(whole(answer([{ text: "a" }], "SAFETY")).finish, "filter");
  const { finish, parts } = whole(answer(undefined, "MALFORMED_FUNCTION_CALL"));
  assertEquals([finish, parts.length], ["error", 0] as [string, number]);
});

Deno.test("D16: a prompt that was blocked is a filtered answer without content", () => {
  const value = {
    promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
    usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
    modelVersion: "gemini-x",
  };
  const { parts, finish, usage } = whole(value);
  assertEquals([parts.length, finish], [0, "filter"] as [number, string]);
  assertEquals([usage?.input, usage?.output], [4, 0]);
});

Deno.test("D17: a candidate without parts keeps its finish and its usage", () => {
  const usageMetadata = { promptTokenCount: 4, thoughtsTokenCount: 9 };
  for (const content of [undefined, {}, { role: "model" }, { parts: [] }]) {
    const { parts, finish, usage } = whole({
      candidates: [{ content, finishReason: "MAX_TOKENS" }],
      usageMetadata,
    });
    assertEquals([parts.length, finish], [0, "length"] as [number, string]);
    assertEquals(usage?.output, 9);
  }
});

Deno.test("D30, D32: sound, code and the like are no text, and their loss is told", () => {
  const value = {
    candidates: [{
      content: {
        parts: [
          { inlineData: { mimeType: "audio/wav", data: "AA==" } },
          { executableCode: { code: "1" }, thoughtSignature: "s" },
          { text: "Hi" },
        ],
      },
      finishReason: "STOP",
      groundingMetadata: { webSearchQueries: ["x"] },
      citationMetadata: { citationSources: [{ startIndex: 0 }] },
    }],
  };
  assertEquals(whole(value).parts, [{ type: "text", text: "Hi" }]);
  assertEquals(lossesOf(value), [
    "dropped: answer.inlineData (no word for it)",
    "dropped: answer.executableCode (no word for it)",
    "dropped: answer.citations (no address on the web)",
  ]);
});

Deno.test("A7: of several candidates the first is read", () => {
  const [first] = (answer([{ text: "a" }], "STOP") as {
    candidates: object[];
  }).candidates;
  const second = { ...first, index: 1 };
  assertEquals(whole({ candidates: [second, first] }).parts, [
    { type: "text", text: "a" },
  ]);
});

Deno.test("D27, U11: an error in a 200 is an error, also in an array", () => {
  const error = { code: 503, message: "Busy", status: "UNAVAILABLE" };
  const expected: [string, string] = ["overloaded", "overloaded_error"];
  assertEquals(failure({ error }), expected);
  assertEquals(failure([{ error }]), expected);
});

Deno.test("U7, K19: what is no answer is refused", () => {
  for (
    const value of [
      null,
      [],
      1,
      "x",
      {},
      { candidates: [] },
      { candidates: null },
      { candidates: [null] },
      answer([{ text: "a" }]),
      answer([{ functionCall: { args: {} } }], "STOP"),
      answer([callOf("a", { args: [] })], "STOP"),
      answer([callOf("a", { args: "{}" })], "STOP"),
      answer([callOf("a", { willContinue: true })], "STOP"),
      answer(Array.from({ length: 2_000 }, () => callOf("a")), "STOP"),
    ]
  ) assertEquals(failure(value), INVALID);
});

Deno.test("U7: members of odd types are passed over", () => {
  const { parts, finish } = whole({
    candidates: [{
      content: { parts: [null, 1, [], {}, { text: 1 }, { text: "a" }] },
      finishReason: "STOP",
      index: 0,
    }],
    usageMetadata: { promptTokenCount: "4" },
    promptFeedback: [],
    responseId: 7,
  });
  assertEquals(parts, [{ type: "text", text: "a" }]);
  assertEquals(finish, "stop");
});
