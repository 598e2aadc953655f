import { assert, assertEquals, assertThrows } from "@std/assert";
import { GatewayError, UpstreamError } from "../../errors.ts";
import { estimateInputTokens } from "../../estimate_tokens.ts";
import { LossReport } from "../../loss_report.ts";
import { BASE, document } from "./_test_client_decode.ts";
import {
  decodeCountRequest,
  encodeTokenCount,
  passCountAnswer,
  passCountRequest,
} from "./count_tokens.ts";

const { max_tokens: _, ...REQUEST } = BASE;

Deno.test("C37: a request to count needs no max_tokens, and all else", () => {
  const { model, maxOutputTokens } = decodeCountRequest(document(REQUEST));
  assertEquals([model, maxOutputTokens], ["m", undefined]);
  const error = assertThrows(
    () => decodeCountRequest(document({ model: "m" })),
    GatewayError,
  );
  assertEquals(error.param, "messages");
});

Deno.test("C37, C40: it passes with another model and the caller's version", () => {
  const losses = new LossReport();
  const target = { provider: "p", model: "claude", quirks: {}, losses };
  const { path, headers, body } = passCountRequest(
    document(REQUEST),
    target,
    { header: () => undefined },
  );
  assertEquals(path, "/messages/count_tokens");
  assertEquals(headers, { "anthropic-version": "2023-06-01" });
  assertEquals(JSON.parse(body), { ...REQUEST, model: "claude" });
});

Deno.test("C37: the provider's count passes as it is", () => {
  const pass = (text: string) =>
    passCountAnswer(new TextEncoder().encode(text));
  const text = '{"input_tokens":14,"context_management":null}';
  assertEquals(pass(text), { body: text, inputTokens: 14 });
  for (const odd of ["", "[]", "{}", '{"input_tokens":-1}', '{"error":{}}']) {
    assertThrows(() => pass(odd), UpstreamError);
  }
  assertEquals(encodeTokenCount(14), '{"input_tokens":14}');
});

Deno.test("C37, N8: an estimate is near", () => {
  const estimate = (fields: object) =>
    estimateInputTokens(
      decodeCountRequest(document({ ...REQUEST, ...fields })),
    );
  const words = "The quick brown fox jumps over the lazy dog. ".repeat(20);
  // Tokenizers make about ten tokens of this sentence.
  const english = estimate({ system: words });
  assert(english > 180 && english < 260);
  const chinese = estimate({ system: "\u4f60\u597d".repeat(100) });
  assert(chinese > 150 && chinese < 260);
  const picture = {
    type: "image",
    source: { type: "url", url: "https://x/a.png" },
  };
  const tools = [{ name: "look", input_schema: { type: "object" } }];
  const plain = estimate({});
  assert(estimate({ tools }) > plain + 5);
  assert(
    estimate({ messages: [{ role: "user", content: [picture] }] }) > 1_500,
  );
});
