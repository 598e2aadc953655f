import { assertEquals } from "@std/assert";
import { assertRefused, decode } from "./_test_decode.ts";

Deno.test("O9: sampling within OpenAI's ranges", () => {
  const { sampling } = decode({
    temperature: 2,
    top_p: 0,
    top_k: 40,
    presence_penalty: -2,
    frequency_penalty: 0.5,
    seed: -7,
    stop: ["a", "b"],
  });
  assertEquals(sampling, {
    temperature: 2,
    topP: 0,
    topK: 40,
    presencePenalty: -2,
    frequencyPenalty: 0.5,
    seed: -7,
    stop: ["a", "b"],
  });
});

Deno.test("O9: sampling out of range or of the wrong type is refused", () => {
  const cases: [string, unknown, string][] = [
    ["temperature", 2.1, "decimal_above_max_value"],
    ["temperature", -0.1, "decimal_below_min_value"],
    ["temperature", "1", "invalid_type"],
    ["top_p", 1.5, "decimal_above_max_value"],
    ["presence_penalty", -3, "decimal_below_min_value"],
    ["seed", 1.5, "invalid_type"],
    ["seed", 1e300, "invalid_type"],
    ["top_k", -2, "integer_below_min_value"],
    ["max_tokens", 0, "integer_below_min_value"],
    ["max_completion_tokens", 1.5, "invalid_type"],
  ];
  for (const [param, value, code] of cases) {
    assertRefused({ [param]: value }, { param, code });
  }
});

Deno.test("decodeChatRequest() takes top_k of 0 and -1 for no limit", () => {
  assertEquals(decode({ top_k: 0 }).sampling, {});
  assertEquals(decode({ top_k: -1 }).sampling, {});
});

Deno.test("A30: stop as text or as a list of up to four", () => {
  assertEquals(decode({ stop: "x" }).sampling.stop, ["x"]);
  assertEquals(decode({ stop: [] }).sampling.stop, undefined);
  assertRefused({ stop: ["1", "2", "3", "4", "5"] }, {
    param: "stop",
    code: "array_above_max_length",
  });
  assertRefused({ stop: ["1", 2] }, { param: "stop[1]", code: "invalid_type" });
  assertRefused({ stop: 1 }, { param: "stop", code: "invalid_type" });
});

Deno.test("A21: of both limits max_completion_tokens wins", () => {
  assertEquals(decode({ max_tokens: 5 }).maxOutputTokens, 5);
  assertEquals(
    decode({ max_tokens: 5, max_completion_tokens: 9 }).maxOutputTokens,
    9,
  );
  assertRefused({ max_tokens: "5", max_completion_tokens: 9 }, {
    param: "max_tokens",
    code: "invalid_type",
  });
});

Deno.test("A28, O5: response_format in all its forms", () => {
  const schema = { type: "object" };
  assertEquals(decode({ response_format: { type: "text" } }).output, undefined);
  assertEquals(decode({ response_format: { type: "json_object" } }).output, {
    type: "json",
  });
  assertEquals(
    decode({
      response_format: {
        type: "json_schema",
        json_schema: { name: "n", description: "d", strict: true, schema },
      },
    }).output,
    { type: "json_schema", name: "n", schema, description: "d", strict: true },
  );
});

Deno.test("A28: a response_format that can't be kept is refused", () => {
  const missing = "missing_required_parameter";
  const cases: [unknown, string, string][] = [
    [{ type: "grammar" }, "response_format.type", "invalid_value"],
    [{}, "response_format.type", missing],
    ["json", "response_format", "invalid_type"],
    [{ type: "json_schema" }, "response_format.json_schema", missing],
    [
      { type: "json_schema", json_schema: { schema: {} } },
      "response_format.json_schema.name",
      missing,
    ],
    [
      { type: "json_schema", json_schema: { name: "n" } },
      "response_format.json_schema.schema",
      missing,
    ],
    [
      { type: "json_schema", json_schema: { name: "n", schema: [] } },
      "response_format.json_schema.schema",
      "invalid_type",
    ],
  ];
  for (const [format, param, code] of cases) {
    assertRefused({ response_format: format }, { param, code });
  }
});
