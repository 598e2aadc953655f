import { GatewayError, UpstreamError } from "@llm-proxy/core";
import { assertEquals } from "@std/assert";
import { isTooLong, toldLength } from "./context_length.ts";

Deno.test("toldLength() reads what providers say of a request that was too long", () => {
  const cases: readonly (readonly [
    message: string,
    limit: number | undefined,
    actual: number | undefined,
  ])[] = [
    [
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9100 tokens. Please reduce the length of the messages.",
      8192,
      9100,
    ],
    [
      "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4500 in the messages, 500 in the completion).",
      4096,
      4500,
    ],
    ["prompt is too long: 208310 tokens > 200000 maximum", 200000, 208310],
    [
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
      1048576,
      1200000,
    ],
    ["The context window of this model is 131,072 tokens", 131072, undefined],
    ["Too long", undefined, undefined],
    ["maximum context length is 99999999999999999999", undefined, undefined],
  ];
  for (const [message, limit, actual] of cases) {
    const told = toldLength(message);
    assertEquals([told.limit, told.actual], [limit, actual], message);
  }
});

Deno.test("isTooLong() goes by the class of an error, or by the config's texts where the request is at fault", () => {
  const error = (kind: "invalid_request" | "upstream", code: string) =>
    new UpstreamError(kind, "Prompt Is Too Long, friend", { code });
  const patterns = ["prompt is too long"];
  assertEquals(
    isTooLong(error("invalid_request", "context_length_exceeded"), []),
    true,
  );
  assertEquals(isTooLong(error("invalid_request", "x"), patterns), true);
  assertEquals(isTooLong(error("invalid_request", "x"), ["other"]), false);
  assertEquals(isTooLong(error("upstream", "x"), patterns), false);
  assertEquals(
    isTooLong(new GatewayError("invalid_request", "No", { code: "n" }), []),
    false,
  );
  assertEquals(isTooLong(new Error("prompt is too long"), patterns), false);
});
