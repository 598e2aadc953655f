import { assert, assertEquals } from "@std/assert";
import { UpstreamError } from "./errors.ts";
import { LossReport } from "./loss_report.ts";
import { ProviderFactory } from "./provider_factory.ts";
import { BASE, document } from "./dialects/anthropic/_test_client_decode.ts";
import { translateTokenCount } from "./translate_count.ts";

function translate(type: "anthropic" | "mock") {
  const factory = new ProviderFactory();
  try {
    const provider = factory.create({ name: "p", type, apiKey: "k" });
    const losses = new LossReport();
    const deployment = { provider, model: "x" };
    return {
      losses,
      count: translateTokenCount(document(BASE), { deployment, losses }),
    };
  } finally {
    factory.close();
  }
}

Deno.test("C37: a provider of the same dialect counts", () => {
  const { count, losses } = translate("anthropic");
  assert("request" in count && losses.empty);
  assertEquals(count.request.path, "/messages/count_tokens");
  const bytes = new TextEncoder().encode(`{"input_tokens":3}`);
  assertEquals(count.answer(bytes).inputTokens, 3);
  const error = count.error(404, {}, new Uint8Array());
  assert(error instanceof UpstreamError && error.status === 404);
});

Deno.test("C37, N8: for any other the count is an estimate", () => {
  const { count, losses } = translate("mock");
  assert("inputTokens" in count);
  assertEquals(JSON.parse(count.body), { input_tokens: count.inputTokens });
  assertEquals(losses.toString(), "approximated: input_tokens (estimated)");
});
