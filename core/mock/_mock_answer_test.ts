import { assertEquals } from "@std/assert";
import { mockAnswer } from "./_mock_answer.ts";
import { MockFiles } from "./_mock_files.ts";
import { ask, jsonOf, type Reception, user } from "./_test_util.ts";

function told(reception: Reception): unknown[] {
  const { type, param, code } = jsonOf(reception).error;
  return [reception.status, type, param, code];
}

Deno.test("K16: mockAnswer() gives 404 model_not_found for an unknown model", async () => {
  for (const model of ["gpt-4o", "__proto__", "", "x".repeat(10_000)]) {
    assertEquals(told(await ask({ model, messages: user("x") })), [
      404,
      "invalid_request_error",
      "model",
      "model_not_found",
    ]);
  }
});

Deno.test("K17: mockAnswer() refuses what is no chat request with a 400", async () => {
  assertEquals(told(await ask("{")), [
    400,
    "invalid_request_error",
    null,
    null,
  ]);
  assertEquals(told(await ask({ messages: user("x") })), [
    400,
    "invalid_request_error",
    "model",
    "missing_required_parameter",
  ]);
  assertEquals(told(await ask({ model: 1 }))[0], 400);
  assertEquals(told(await ask({ model: "echo" })), [
    400,
    "invalid_request_error",
    "messages",
    "missing_required_parameter",
  ]);
});

Deno.test("mockAnswer() refuses a model on the wrong endpoint", async () => {
  const code = "unsupported_model";
  const chat = await ask({ model: "embed", messages: user("x") });
  const embed = await ask({ model: "echo", input: "x" }, "/embeddings");
  assertEquals(told(chat), [400, "invalid_request_error", "model", code]);
  assertEquals(told(embed), [400, "invalid_request_error", "model", code]);
});

Deno.test("mockAnswer() fails as error-NNN asks, streamed or not, on both endpoints", async () => {
  const limited = await ask({ model: "error-429", messages: user("x") });
  assertEquals(limited.headers["retry-after"], "1");
  assertEquals(limited.headers["content-type"], "application/json");
  assertEquals(told(limited), [429, "requests", null, "rate_limit_exceeded"]);
  const failed = await ask({ model: "error-500", stream: true });
  assertEquals(told(failed), [500, "server_error", null, null]);
  assertEquals((await ask({ model: "error-418" })).status, 418);
  const embed = await ask({ model: "error-503", input: "x" }, "/embeddings");
  assertEquals(embed.status, 503);
});

Deno.test("mockAnswer() gives 404 for every other method and path", () => {
  const requests = [
    ["GET", "mock://mock/chat/completions"],
    ["POST", "mock://mock/models"],
    ["GET", "mock://mock/models/echo"],
    ["POST", "mock://mock/completions"],
    ["POST", "mock://other/chat/completions"],
    ["GET", "mock://mock"],
  ] as const;
  for (const [method, url] of requests) {
    const files = new MockFiles(() => ({}));
    const answer = mockAnswer({ method, url }, { id: "1", files });
    assertEquals(answer.status, 404, url);
    assertEquals(
      JSON.parse(String(answer.source.next().value)).error.code,
      "unknown_url",
    );
  }
});
