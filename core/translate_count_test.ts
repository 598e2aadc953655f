import { assert, assertEquals } from "@std/assert";
import { UpstreamError } from "./errors.ts";
import { LossReport } from "./loss_report.ts";
import { ProviderFactory } from "./provider_factory.ts";
import { BASE, document } from "./dialects/anthropic/_test_client_decode.ts";
import { translateTokenCount } from "./translate_count.ts";
import { messagesCount } from "./dialects/mod.ts";

function translate(type: "anthropic" | "mock") {
  const factory = new ProviderFactory();
  try {
    const provider = factory.create({ name: "p", type, apiKey: "k" });
    const losses = new LossReport();
    const deployment = { provider, model: "x" };
    return {
      losses,
      count: translateTokenCount(document(BASE), {
        client: messagesCount,
        deployment,
        losses,
      }),
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

Deno.test("C37: clouds count the tokens of models that they count for, at their own addresses", () => {
  const factory = new ProviderFactory();
  const ask = (type: "bedrock" | "vertex", model: string) => {
    const provider = factory.create({
      name: `${type} ${model}`,
      type,
      apiKey: "k",
      baseUrl: "https://cloud.example",
    });
    const losses = new LossReport();
    const count = translateTokenCount(document(BASE), {
      client: messagesCount,
      deployment: { provider, model },
      losses,
    });
    if (!("request" in count)) return undefined;
    const { path, body } = count.request;
    return { count, path, body: JSON.parse(String(body)) };
  };
  const bedrock = ask("bedrock", "anthropic.claude-haiku-4-5-20251001-v1:0");
  assertEquals(
    bedrock?.path,
    "/model/anthropic.claude-haiku-4-5-20251001-v1%3A0/count-tokens",
  );
  assertEquals(Object.keys(bedrock?.body.input.converse), ["messages"]);
  const counted = new TextEncoder().encode(`{"inputTokens":7}`);
  assertEquals(bedrock?.count.answer(counted).body, `{"input_tokens":7}`);
  // Profiles have no count there.
  assertEquals(ask("bedrock", "us.anthropic.claude-haiku-4-5-v1:0"), undefined);
  assertEquals(ask("bedrock", "amazon.nova-pro-v1:0"), undefined);
  const gemini = ask("vertex", "gemini-2.5-pro");
  assertEquals(
    [gemini?.path, Object.keys(gemini?.body)],
    [
      "/publishers/google/models/gemini-2.5-pro:countTokens",
      ["generationConfig", "contents"],
    ],
  );
  const claude = ask("vertex", "claude-opus-4-6");
  assertEquals(
    [claude?.path, claude?.body.model],
    [
      "/publishers/anthropic/models/count-tokens:rawPredict",
      "claude-opus-4-6",
    ],
  );
  factory.close();
});

Deno.test("C37, N8: for any other the count is an estimate", () => {
  const { count, losses } = translate("mock");
  assert("inputTokens" in count);
  assertEquals(JSON.parse(count.body), { input_tokens: count.inputTokens });
  assertEquals(losses.toString(), "approximated: input_tokens (estimated)");
});
