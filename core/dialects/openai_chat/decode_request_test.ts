import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { GatewayError } from "../../errors.ts";
import { assertRefused, decode } from "./_test_decode.ts";
import { decodeChatRequest } from "./decode_request.ts";

Deno.test("decodeChatRequest() reads a plain request", () => {
  assertEquals(decode({}), {
    model: "m",
    messages: [{ role: "user", parts: [{ type: "text", text: "hi" }] }],
    sampling: {},
    stream: false,
    unmapped: [],
  });
});

Deno.test("K17: a missing or empty model or messages is named", () => {
  const code = "missing_required_parameter";
  assertRefused({ model: undefined }, { param: "model", code });
  assertRefused({ model: "" }, { param: "model", code });
  assertRefused({ model: null }, { param: "model", code });
  assertRefused({ model: 7 }, { param: "model", code: "invalid_type" });
  assertRefused({ messages: undefined }, { param: "messages", code });
  assertRefused({ messages: [] }, { param: "messages", code: "empty_array" });
  assertRefused({ messages: "hi" }, {
    param: "messages",
    code: "invalid_type",
  });
  assertRefused({ messages: [null] }, {
    param: "messages[0]",
    code: "invalid_type",
  });
});

Deno.test("A7: n above 1 is refused, n of 1 is fine", () => {
  assertRefused({ n: 2 }, { param: "n", code: "unsupported_parameter" });
  assertRefused({ n: 0 }, { param: "n", code: "integer_below_min_value" });
  assertEquals(decode({ n: 1 }).unmapped, []);
});

Deno.test("A34: legacy functions are refused with the way out", () => {
  const code = "unsupported_parameter";
  const message = assertRefused({ functions: [] }, {
    param: "functions",
    code,
  });
  assert(message.includes("'tools'"));
  assertRefused({ function_call: "auto" }, { param: "function_call", code });
});

Deno.test("C41: web_search_options is refused", () => {
  assertRefused({ web_search_options: {} }, {
    param: "web_search_options",
    code: "unsupported_parameter",
  });
});

Deno.test("A27: what has no word here is named in unmapped", () => {
  const fields = {
    logprobs: true,
    top_logprobs: 2,
    logit_bias: { "50256": -100 },
    store: true,
    service_tier: "flex",
    modalities: ["text", "audio"],
    prediction: { type: "content", content: "x" },
    verbosity: "low",
    provider_extra: 1,
  };
  assertEquals(decode(fields).unmapped, Object.keys(fields));
});

Deno.test("A25: values that change nothing are no loss", () => {
  const { unmapped } = decode({
    store: false,
    logprobs: false,
    top_logprobs: 0,
    logit_bias: {},
    service_tier: "auto",
    modalities: ["text"],
    metadata: { a: "b" },
    stream_options: { include_usage: true },
    usage: { include: true },
    prediction: null,
    verbosity: null,
    functions: null,
    tools: null,
    temperature: null,
    stop: null,
    response_format: null,
    user: null,
  });
  assertEquals(unmapped, []);
});

Deno.test("decodeChatRequest() caps the number and length of unmapped names", () => {
  const fields = Object.fromEntries(
    Array.from({ length: 500 }, (_, index) => [`x${index}`.repeat(50), 1]),
  );
  const { unmapped } = decode(fields);
  assertEquals(unmapped.length, 64);
  assert(unmapped.every((name) => name.length <= 64));
});

Deno.test("A31: user and safety_identifier become the end user", () => {
  assertEquals(decode({ user: "u" }).endUser, "u");
  assertEquals(decode({ user: "u", safety_identifier: "s" }).endUser, "s");
  assertEquals(decode({ user: "" }).endUser, undefined);
  assertRefused({ user: 1 }, { param: "user", code: "invalid_type" });
});

Deno.test("decodeChatRequest() reads stream as a boolean only", () => {
  assertEquals(decode({ stream: true }).stream, true);
  assertEquals(decode({ stream: null }).stream, false);
  assertRefused({ stream: "true" }, { param: "stream", code: "invalid_type" });
});

Deno.test("K17: a body that is no object is a 400", () => {
  for (const value of [[], null, "x", 1] as unknown[]) {
    assertThrows(
      () =>
        decodeChatRequest({
          text: "",
          value: value as Record<string, unknown>,
          spans: new Map(),
        }),
      GatewayError,
    );
  }
});

/** JSON of any shape, with the dialect's own names wherever a name can be. */
function hostileJson(): fc.Arbitrary<unknown> {
  const names = [
    "model messages role content tool_calls tool_call_id function name",
    "arguments id type text image_url url file file_data input_audio data",
    "refusal reasoning reasoning_details thinking_blocks signature index",
    "cache_control ttl tools tool_choice allowed_tools mode response_format",
    "json_schema schema stop temperature thinking budget_tokens n user",
    "__proto__ constructor toString",
  ].join(" ").split(" ");
  const words = [
    "user assistant tool system function text image_url file reasoning.text",
    "reasoning.encrypted data:image/png;base64,AA https://x auto ephemeral",
  ].join(" ").split(" ");
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "medium", withCrossShrink: true },
      fc.constantFrom<unknown>(null, true, 0, 1, -1.5, 1e300, "", ...words),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 6 }),
    ),
  })).value;
}

Deno.test("decodeChatRequest() throws nothing but a 400 whatever the JSON", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom("messages", "tools", "tool_choice", "thinking", "stop"),
        hostileJson(),
      ),
      fc.array(
        fc.record({ role: fc.constantFrom("user", "assistant", "tool") }),
      ),
      hostileJson(),
      (fields, messages, extra) => {
        const value = {
          model: "m",
          messages: messages.map((message) => ({
            ...message,
            ...Object(extra),
          })),
          ...fields,
        };
        try {
          decode(value);
        } catch (error) {
          assert(error instanceof GatewayError, String(error));
          assertEquals(error.status, 400);
        }
      },
    ),
    { numRuns: 500 },
  );
});
