import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { GatewayError } from "../../errors.ts";
import { parseJsonDocument } from "../../json_document.ts";
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

Deno.test("A27: the value of a field that some provider knows goes with its name", () => {
  const settings = [{ category: "HARM", threshold: "BLOCK_NONE" }];
  const { unmapped, extras } = decode({ safety_settings: settings });
  assertEquals(unmapped, ["safety_settings"]);
  assertEquals(extras, new Map([["safety_settings", settings]]));
  assertEquals("extras" in decode({ safety_settings: null }), false);
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
    metadata: {},
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

const endUsers: [
  fields: object,
  endUser: string | undefined,
  lost: string[],
][] = [
  [{ user: "u" }, "u", []],
  [{ user: "" }, undefined, []],
  [{ user: "u", safety_identifier: "u" }, "u", []],
  [{ user: "u", safety_identifier: "s" }, "s", ["user"]],
  [{ metadata: { user_id: "m" } }, "m", []],
  [{ metadata: { user_id: "m", a: "b" } }, "m", ["metadata"]],
  [{ metadata: { user_id: "m" }, user: "u" }, "u", ["metadata"]],
  [{ metadata: { user_id: null } }, undefined, []],
  [{ metadata: { user_id: 7 } }, undefined, ["metadata"]],
  [{ metadata: { a: "b" } }, undefined, ["metadata"]],
  [{ metadata: {} }, undefined, []],
  [{ metadata: null }, undefined, []],
];

for (const [fields, endUser, lost] of endUsers) {
  Deno.test(`A31: of ${JSON.stringify(fields)} the end user is ${endUser}, lost is ${lost.join() || "nothing"}`, () => {
    const decoded = decode({ ...fields });
    assertEquals([decoded.endUser, decoded.unmapped], [endUser, lost]);
  });
}

Deno.test("A31: a user that is no text, or metadata that are no object, are refused", () => {
  const code = "invalid_type";
  assertRefused({ user: 1 }, { param: "user", code });
  assertRefused({ metadata: "m" }, { param: "metadata", code });
});

Deno.test("A4, A25: wishes for the stream that stay unfulfilled are named", () => {
  const lost = (fields: Record<string, unknown>) => decode(fields).unmapped;
  const usage = { include: true };
  assertEquals(lost({ usage }), []);
  assertEquals(lost({ usage, stream: true }), ["usage"]);
  const counts = { include_usage: true };
  assertEquals(lost({ usage, stream: true, stream_options: counts }), []);
  const padded = { include_obfuscation: true, x: 1 };
  assertEquals(lost({ stream: true, stream_options: padded }), [
    "stream_options.x",
    "stream_options.include_obfuscation",
  ]);
  const plain = { include_obfuscation: false };
  assertEquals(lost({ stream: true, stream_options: plain }), []);
});

Deno.test("A21: of two limits that differ the older one is lost", () => {
  const limits = (older: number, newer: number) =>
    decode({ max_tokens: older, max_completion_tokens: newer });
  assertEquals(limits(7, 9).maxOutputTokens, 9);
  assertEquals(limits(7, 9).unmapped, ["max_tokens"]);
  assertEquals(limits(9, 9).unmapped, []);
});

Deno.test("M15: numbers in schemas that a double would round keep their digits", () => {
  const schema = '{"type":"object","maximum":12345678901234567890}';
  const text = `{"model":"m","messages":[{"role":"user","content":"hi"}],` +
    `"tools":[{"type":"function","function":{"name":"f","parameters":${schema}}}],` +
    `"response_format":{"type":"json_schema","json_schema":{"name":"o","schema":${schema}}}}`;
  const bytes = new TextEncoder().encode(text);
  const { tools, output } = decodeChatRequest(parseJsonDocument(bytes));
  assertEquals(JSON.stringify(tools?.[0]?.parameters), schema);
  assert(output?.type === "json_schema");
  assertEquals(JSON.stringify(output.schema), schema);
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
