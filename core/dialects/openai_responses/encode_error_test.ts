import { assertEquals } from "@std/assert";
import { GatewayError } from "../../errors.ts";
import { readAnswer } from "./_test_sdk.ts";
import {
  encodeResponsesError,
  encodeResponsesStreamError,
} from "./encode_error.ts";

function error(param?: string): GatewayError {
  return new GatewayError("invalid_request", "Wrong", {
    code: "invalid_value",
    ...(param !== undefined && { param }),
  });
}

Deno.test("K1, K18: an error has OpenAI's shape", () => {
  assertEquals(
    JSON.parse(encodeResponsesError(error("input[0].role"), "req_1")),
    {
      error: {
        message: "Wrong",
        type: "invalid_request_error",
        param: "input[0].role",
        code: "invalid_value",
        request_id: "req_1",
      },
    },
  );
});

Deno.test("K17: fields have the names of this dialect, whoever found the fault", () => {
  const cases: [string, string][] = [
    ["messages", "input"],
    ["messages[3].content[0].image_url", "input"],
    ["response_format", "text.format"],
    ["response_format.json_schema.schema", "text.format.schema"],
    ["reasoning_effort", "reasoning.effort"],
    ["max_tokens", "max_output_tokens"],
    ["max_completion_tokens", "max_output_tokens"],
    ["tools[12].function.parameters", "tools[12].parameters"],
    ["tool_choice.function.name", "tool_choice.name"],
    ["temperature", "temperature"],
    ["messages_x", "messages_x"],
  ];
  for (const [param, expected] of cases) {
    const told = JSON.parse(encodeResponsesError(error(param), "r")).error;
    assertEquals(told.param, expected);
  }
});

Deno.test("B11, L4: an error within a stream is read flat and nested", () => {
  const text = encodeResponsesStreamError(error("messages"), "req_1");
  const [event, data] = text.trimEnd().split("\n");
  assertEquals(event, "event: error");
  const nested = {
    message: "Wrong",
    type: "invalid_request_error",
    param: "input",
    code: "invalid_value",
    request_id: "req_1",
  };
  assertEquals(JSON.parse(data!.slice(6)), {
    type: "error",
    code: "invalid_value",
    message: "Wrong",
    param: "input",
    sequence_number: 0,
    error: nested,
  });
});

Deno.test("K1: the SDK reads an error answer", async () => {
  const thrown = await readAnswer(
    encodeResponsesError(error("input"), "r"),
    400,
  ).catch((error) => error);
  assertEquals([thrown.status, thrown.code, thrown.param], [
    400,
    "invalid_value",
    "input",
  ]);
});
