import { assert, assertEquals, assertThrows } from "@std/assert";
import type { StreamTranslator } from "../../dialect.ts";
import { UpstreamError } from "../../errors.ts";
import { LossReport } from "../../loss_report.ts";
import { answer } from "./_test_answer.ts";
import { ASKED, asked } from "./_test_decode.ts";
import { sealThought } from "./_thought_seal.ts";
import { GeminiArrayStream } from "./array_stream.ts";
import { passGemini } from "./pass.ts";
import { passGeminiAnswer } from "./pass_answer.ts";
import { passGeminiRequest } from "./pass_request.ts";
import { GeminiPassStream } from "./pass_stream.ts";

const encoder = new TextEncoder();

function pass(
  request: object,
  model = "gemini-2.5-flash",
  drop: readonly string[] = [],
) {
  const losses = new LossReport();
  const document = asked(request);
  const target = { provider: "p", model, quirks: { drop }, losses };
  const { body, path } = passGeminiRequest(document, target);
  return { body, path, text: document.text, losses: losses.toString() };
}

function bytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** What a client gets of these events, and what is held back until the end. */
function stream(
  values: readonly unknown[],
  stream: StreamTranslator = new GeminiPassStream(),
) {
  const told = values.map((value) =>
    stream.push({
      event: "",
      data: typeof value === "string" ? value : JSON.stringify(value),
    })
  );
  return { stream, told };
}

Deno.test("D1, D28, A25: a request passes as it is, its model in the path", () => {
  const { body, path, text, losses } = pass({
    odd: 1.50,
    safetySettings: [],
    contents: ASKED,
  });
  assertEquals([body, losses], [text, ""]);
  assertEquals(path, "/models/gemini-2.5-flash:generateContent");
  const named = pass({ model: "models/other" });
  assertEquals(JSON.parse(named.body).model, "models/gemini-2.5-flash");
  const { request } = passGemini(asked({}), {
    target: { provider: "p", model: "m", quirks: {}, losses: new LossReport() },
    stream: true,
    includeUsage: true,
  });
  assertEquals(request.path, "/models/m:streamGenerateContent?alt=sse");
});

Deno.test("passGeminiRequest() drops what the provider refuses", () => {
  const { body, losses } = pass({ labels: { a: "b" } }, "m", ["labels"]);
  assertEquals(JSON.parse(body), { contents: ASKED });
  assertEquals(losses, "dropped: labels (p)");
});

Deno.test("D9, M15: other providers' thought goes, and what they have not signed is marked for Gemini 3", () => {
  const call = { functionCall: { name: "f", args: {} } };
  const sealed = sealThought({ kind: "signature", data: "x" });
  const contents = [
    ...ASKED,
    {
      role: "model",
      parts: [
        { text: "hm", thought: true },
        { text: "", thought: true, thoughtSignature: sealed },
        call,
        call,
      ],
    },
    { role: "model", parts: [{ thoughtSignature: sealed, text: "" }] },
    { role: "model", parts: [{ ...call, thoughtSignature: "google" }] },
    { role: "model", parts: [{ text: "own", thought: true }] },
  ];
  const [, turn, own, thought] = JSON.parse(pass({ contents }).body).contents;
  assertEquals(turn, { role: "model", parts: [call, call] });
  assertEquals([own, thought], [contents[3], contents[4]]);
  const third = pass({ contents }, "gemini-3-pro");
  assertEquals(JSON.parse(third.body).contents[1].parts, [
    { ...call, thoughtSignature: "skip_thought_signature_validator" },
    call,
  ]);
  assertEquals(
    third.losses,
    "dropped: contents.thought (not of this provider); approximated: contents.functionCall (thought signature is missing)",
  );
});

Deno.test("U7, U11, K19: what is no whole answer is an error", () => {
  const good = answer([{ text: "28" }], "STOP", {
    usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 },
  });
  const { body, finish, model, usage } = passGeminiAnswer(bytes(good));
  assertEquals(body, JSON.stringify(good));
  assertEquals([finish, model, usage?.total], ["stop", "gemini-x", 1]);
  const error = { error: { code: 503, status: "UNAVAILABLE", message: "x" } };
  for (
    const bad of [answer([{ text: "28" }]), error, [error], null, {}, "x"]
  ) {
    assertThrows(() => passGeminiAnswer(bytes(bad)), UpstreamError);
  }
  assertThrows(() => passGeminiAnswer(encoder.encode("{")), UpstreamError);
});

Deno.test("D2, L4, U6: events pass as they are, the reason to stop waits for the end of the body", () => {
  const first = answer([{ text: "28" }]);
  const last = answer([{ text: " degrees" }], "STOP");
  const usage = { usageMetadata: { promptTokenCount: 1, totalTokenCount: 3 } };
  const { stream: pass, told } = stream([first, "", "[DONE]", last, usage]);
  const frame = (value: unknown) => `data: ${JSON.stringify(value)}\r\n\r\n`;
  assertEquals(told, [frame(first), "", "", "", ""]);
  assertEquals([pass.done, pass.finish, pass.progress], [false, undefined, 2]);
  assertEquals(pass.end(), frame(last) + frame(usage));
  assertEquals([pass.done, pass.finish, pass.usage?.total], [true, "stop", 1]);
  assertEquals(pass.end(), "");
  assertThrows(() => stream([first]).stream.end(), UpstreamError);
});

Deno.test("M4, D27: an event of several lines becomes one, an error in one is an error", () => {
  const { told } = stream([`{"candidates":\n[]}`]);
  assertEquals(told, [`data: {"candidates": []}\r\n\r\n`]);
  const error = { error: { code: 503, status: "UNAVAILABLE", message: "x" } };
  for (const bad of [error, [error], "{", "null"]) {
    assertThrows(() => stream([bad]), UpstreamError);
  }
});

Deno.test("D30: a picture counts as content", () => {
  const picture = answer([{
    inlineData: { mimeType: "image/png", data: "A" },
  }]);
  assertEquals(stream([picture]).stream.progress, 1);
  const call = answer([{ functionCall: { name: "f", args: {} } }]);
  assert(stream([call]).stream.progress > 0);
});

Deno.test("D1: the same stream as an array, which ends whole or with an error", () => {
  const first = answer([{ text: "28" }]);
  const last = answer([{ text: "" }], "STOP");
  const make = () => new GeminiArrayStream(new GeminiPassStream());
  const { stream: array, told } = stream([first, last], make());
  const text = told.join("") + array.end();
  assertEquals(JSON.parse(text), [first, last]);
  assertEquals([array.contentType, array.done], ["application/json", true]);
  assertEquals(array.keepAlive?.trim(), "");
  assertEquals([array.finish, array.model], ["stop", "gemini-x"]);
  const error = new UpstreamError("overloaded", "Not now", { code: "x" });
  for (const values of [[], [first]]) {
    const { stream: array, told } = stream(values, make());
    const all = JSON.parse(told.join("") + array.fail?.(error, "req_1"));
    assertEquals(all.at(-1).error.code, 503);
    assertEquals(all.length, values.length + 1);
  }
});
