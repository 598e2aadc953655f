import { assertEquals, assertThrows } from "@std/assert";
import type { Answer } from "../../answer.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { whole } from "./_test_answer.ts";
import { decodeTurns } from "./_test_decode.ts";
import { encodeGeminiAnswer } from "./encode_answer.ts";

const USAGE = {
  input: 60,
  cached: 20,
  cacheWrite: 0,
  cacheWrite1h: 0,
  output: 17,
  reasoning: 10,
  total: 77,
};

function encode(answer: Partial<Answer>, losses?: LossReport) {
  const body = encodeGeminiAnswer(
    { id: "r1", model: "m", parts: [], finish: "stop", ...answer },
    losses,
  );
  return JSON.parse(body);
}

function partsOf(parts: Answer["parts"], more: Partial<Answer> = {}) {
  return encode({ parts, ...more }).candidates[0].content.parts;
}

Deno.test("D19: an answer has the provider's own form, counts in full", () => {
  assertEquals(
    encode({ parts: [{ type: "text", text: "28" }], usage: USAGE }),
    {
      candidates: [{
        content: { parts: [{ text: "28" }], role: "model" },
        finishReason: "STOP",
        index: 0,
      }],
      usageMetadata: {
        promptTokenCount: 60,
        cachedContentTokenCount: 20,
        candidatesTokenCount: 7,
        thoughtsTokenCount: 10,
        totalTokenCount: 77,
      },
      modelVersion: "m",
      responseId: "r1",
    },
  );
  const { usageMetadata } = encode({
    usage: { ...USAGE, details: { audioInput: 40, imageOutput: 3 } },
  });
  assertEquals(usageMetadata.promptTokensDetails, [
    { modality: "TEXT", tokenCount: 20 },
    { modality: "AUDIO", tokenCount: 40 },
  ]);
  assertEquals(usageMetadata.candidatesTokensDetails, [
    { modality: "TEXT", tokenCount: 4 },
    { modality: "IMAGE", tokenCount: 3 },
  ]);
  const nameless = encode({ id: "" });
  assertEquals(typeof nameless.responseId, "string");
  assertEquals("usageMetadata" in nameless, false);
});

Deno.test("D4, D9, D11, A13, M16: calls have objects, signatures stand on their parts", () => {
  assertEquals(
    partsOf([
      { type: "text", text: "a", signature: "t" },
      {
        type: "tool_call",
        id: "c1",
        name: "look",
        arguments: '{ "n": 12345678901234567890 }',
        signature: "s",
      },
      { type: "tool_call", id: "c2", name: "now", arguments: "" },
      { type: "text", text: "" },
      { type: "text", text: "", signature: "u" },
    ]),
    [
      { text: "a", thoughtSignature: "t" },
      {
        functionCall: {
          id: "c1",
          name: "look",
          args: { n: 12345678901234567890 },
        },
        thoughtSignature: "s",
      },
      { functionCall: { id: "c2", name: "now", args: {} } },
      { text: "", thoughtSignature: "u" },
    ],
  );
  const body = encodeGeminiAnswer({
    id: "",
    model: "m",
    parts: [{
      type: "tool_call",
      id: "c",
      name: "f",
      arguments: '{"n": 12345678901234567890}',
    }],
    finish: "tool",
  });
  assertEquals(body.includes('{"n": 12345678901234567890}'), true);
});

Deno.test("D12, C12, B29: thought is marked, and proofs of others come back from clients that echo it", () => {
  const parts: Answer["parts"] = [
    { type: "reasoning", text: "hm", signature: "proof ü" },
    { type: "reasoning", text: "", redacted: "hidden" },
    { type: "reasoning", text: "" },
    { type: "text", text: "28" },
  ];
  const told = partsOf(parts);
  assertEquals(
    told.map((part: { thought?: boolean; text: string }) => [
      part.thought === true,
      part.text,
    ]),
    [[true, "hm"], [true, ""], [true, ""], [false, "28"]],
  );
  const [, turn] = decodeTurns(
    { parts: [{ text: "hi" }] },
    { role: "model", parts: told },
  );
  assertEquals(turn?.parts, parts.filter((_, index) => index !== 2));
});

Deno.test("D13, O1: how an answer ended", () => {
  const reasons = {
    stop: "STOP",
    tool: "STOP",
    length: "MAX_TOKENS",
    filter: "SAFETY",
    refusal: "SAFETY",
  } as const;
  for (const [finish, reason] of Object.entries(reasons)) {
    const { candidates } = encode({ finish: finish as keyof typeof reasons });
    assertEquals(candidates[0].finishReason, reason);
  }
  assertThrows(() => encode({ finish: "error" }), UpstreamError);
});

Deno.test("D16: an answer of nothing that was filtered tells why as the provider does", () => {
  const { promptFeedback } = encode({ finish: "filter" });
  assertEquals(promptFeedback, { blockReason: "SAFETY" });
  assertEquals(whole(encode({ finish: "filter" })).finish, "filter");
  const said = encode({
    finish: "filter",
    parts: [{ type: "text", text: "x" }],
  });
  assertEquals(said.promptFeedback, undefined);
});

Deno.test("A26, L7: a refusal becomes text, a call that was cut is left out, both are told", () => {
  const losses = new LossReport();
  const call = {
    type: "tool_call",
    id: "c",
    name: "f",
    arguments: '{"a":',
  } as const;
  const { candidates } = encode({
    parts: [{ type: "refusal", text: "No" }, call],
    finish: "length",
  }, losses);
  assertEquals(candidates[0].content.parts, [{ text: "No" }]);
  assertEquals(
    losses.toString(),
    "changed: answer.refusal (sent as text); dropped: answer.functionCall (cut off)",
  );
  assertThrows(() => encode({ parts: [call] }), UpstreamError);
});
