import { assert, assertEquals, assertThrows } from "@std/assert";
import { GatewayError } from "../../errors.ts";
import { call, encode, system, user } from "./_test_encode.ts";

Deno.test("encodeRequest() writes the least body", () => {
  const { path, text, losses } = encode({ stream: false });
  assertEquals(path, "/models/gemini-2.5-flash:generateContent");
  assertEquals(text, `{"contents":[{"role":"user","parts":[{"text":"Hi"}]}]}`);
  assertEquals(losses, []);
});

Deno.test("D1: a stream is asked for by its method and in the form of events", () => {
  const path = "/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
  assertEquals(encode({ stream: true }).path, path);
});

Deno.test("D24: nothing of a key is in the path or the body", () => {
  const { path, text } = encode();
  assert(!/key/i.test(path + text));
});

Deno.test("C19: equal conversations give equal bytes", () => {
  const conversation = {
    messages: [system("Be kind"), user("Hi")],
    sampling: { temperature: 1, stop: ["x"] },
    tools: [{ name: "look", parameters: { type: "object" } }],
  };
  assertEquals(encode(conversation).text, encode(conversation).text);
});

Deno.test("A25, A31: what has no place is reported, each", () => {
  const { losses } = encode({
    unmapped: ["logit_bias", "logprobs"],
    endUser: "u-1",
    messages: [user([{ type: "text", text: "Hi", cacheControl: {} }])],
  });
  assertEquals(losses, [
    "dropped: logit_bias (gemini)",
    "dropped: logprobs (gemini)",
    "dropped: user (gemini)",
    "dropped: cache_control (gemini caches by itself)",
  ]);
});

Deno.test("encodeRequest() passes safety settings as the caller spelled them", () => {
  const settings = [{
    category: "HARM_CATEGORY_HARASSMENT",
    threshold: "BLOCK_NONE",
  }];
  const { body, losses } = encode({
    unmapped: ["safety_settings", "top_a"],
    extras: new Map<string, unknown>([["safety_settings", settings]]),
  });
  assertEquals(body.safetySettings, settings as unknown);
  assertEquals(losses, ["dropped: top_a (gemini)"]);
  assertEquals(
    encode({ unmapped: ["safety_settings"] }).losses,
    ["dropped: safety_settings (gemini)"],
  );
  const extras = new Map<string, unknown>([["safety_settings", "none"]]);
  const error = assertThrows(
    () => encode({ unmapped: ["safety_settings"], extras }),
    GatewayError,
  );
  assertEquals(error.param, "safety_settings");
});

Deno.test("encodeRequest() refuses a conversation without content", () => {
  const error = assertThrows(
    () => encode({ messages: [user("")] }),
    GatewayError,
  );
  assertEquals([error.status, error.param], [400, "messages"]);
});

Deno.test("O8, O9, A30: limit and sampling keep their values under the provider's names", () => {
  const { body, losses } = encode({
    maxOutputTokens: 7,
    sampling: {
      temperature: 2,
      topP: 0.5,
      topK: 3,
      presencePenalty: -1,
      frequencyPenalty: 1,
      seed: 42,
      stop: ["a", "", "b"],
    },
  });
  assertEquals(body.generationConfig as object, {
    maxOutputTokens: 7,
    temperature: 2,
    topP: 0.5,
    topK: 3,
    presencePenalty: -1,
    frequencyPenalty: 1,
    seed: 42,
    stopSequences: ["a", "b"],
  });
  assertEquals(losses, []);
});

Deno.test("A30: more stop sequences than the provider takes are cut, a seed too long is left out", () => {
  const { body, losses } = encode({
    sampling: { stop: ["1", "2", "3", "4", "5", "6"], seed: 2 ** 31 },
  });
  assertEquals(body.generationConfig as object, {
    stopSequences: ["1", "2", "3", "4", "5"],
  });
  assertEquals(losses, [
    "dropped: seed (gemini: over 32 bits)",
    "changed: stop (the first 5 are kept)",
  ]);
});

Deno.test("C9: arguments that are no JSON object are refused, naming the field", () => {
  for (const args of ["{", "[]", "1", '"x"']) {
    const error = assertThrows(
      () =>
        encode({
          messages: [
            user("Hi"),
            { role: "assistant", parts: [call("a", { args })] },
          ],
        }),
      GatewayError,
    );
    assertEquals(error.param, "messages[1].tool_calls[0].function.arguments");
  }
});
