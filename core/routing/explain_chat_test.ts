import { assert, assertEquals, assertRejects } from "@std/assert";
import { GatewayError } from "../errors.ts";
import { type JsonDocument, parseJsonDocument } from "../json_document.ts";
import { ProviderFactory } from "../provider_factory.ts";
import { explainChat } from "./explain_chat.ts";
import { explainRoute } from "./explain_route.ts";
import { testContext, testProvider, testTable } from "./_test_routing.ts";

function parse(value: unknown): JsonDocument {
  return parseJsonDocument(new TextEncoder().encode(JSON.stringify(value)));
}

const messages = [{ role: "user", content: "hi" }];

Deno.test("explainChat() tells what explainRoute() does, the request and what it loses", async () => {
  const factory = new ProviderFactory();
  const provider = factory.create({
    name: "an",
    type: "anthropic",
    apiKey: "a-secret-of-an",
    baseUrl: "https://me:word@llm.example/v1?key=hidden&b=too",
    headers: { "X-Team": "a-secret-too", "anthropic-beta": "b-1" },
  });
  const table = testTable([{ match: "m", targets: ["an/claude-x"] }], [
    { provider },
  ]);
  const context = testContext(table);
  const document = parse({ model: "m", messages, logit_bias: { 1: 1 } });
  const { upstream, ...rest } = await explainChat(document, context);
  assertEquals(
    rest,
    explainRoute({ model: "m", needs: [], inputTokens: 0 }, context),
  );
  assert(upstream);
  assertEquals(upstream.deployment, "an/claude-x");
  assertEquals(
    upstream.url,
    "https://[redacted]@llm.example/v1?key=[redacted]&b=[redacted]/messages",
  );
  assertEquals(upstream.headers["x-api-key"], "[redacted]");
  assertEquals(upstream.headers["x-team"], "[redacted]");
  assertEquals(upstream.headers["anthropic-beta"], "b-1");
  assertEquals(upstream.headers["anthropic-version"], "2023-06-01");
  assertEquals(JSON.parse(upstream.body).model, "claude-x");
  assertEquals(upstream.losses.map(({ field }) => field), ["logit_bias"]);
  const text = JSON.stringify(upstream);
  for (const secret of ["a-secret-of-an", "a-secret-too", "word@", "hidden"]) {
    assert(!text.includes(secret), secret);
  }
  factory.close();
});

Deno.test("explainChat() shows the last resort where everything is out, and nothing where nothing fits", async () => {
  const table = testTable([{ match: "m", targets: ["a/x"] }], [
    {
      provider: testProvider("a"),
      settings: { capabilities: { vision: false } },
    },
  ]);
  const context = testContext(table, {
    views: [{ isAvailable: () => ({ reason: "it cools" }) }],
  });
  const out = await explainChat(parse({ model: "m", messages }), context);
  assertEquals([out.candidates, out.upstream?.deployment], [[], "a/x"]);
  const picture = {
    type: "image_url",
    image_url: { url: "https://e.x/a.png" },
  };
  const blind = await explainChat(
    parse({ model: "m", messages: [{ role: "user", content: [picture] }] }),
    context,
  );
  assertEquals(blind.upstream, null);
  assertEquals(blind.skipped.map(({ code }) => code), ["capability"]);
});

Deno.test("explainChat() throws what the request itself would be refused with", async () => {
  const factory = new ProviderFactory();
  const settings = { name: "an", type: "anthropic", models: ["m"] };
  const provider = factory.create(settings);
  const context = testContext(testTable([], [{ provider }]));
  const refusals: Record<string, unknown> = {
    model_not_found: { model: "unknown", messages },
    invalid_type: { model: "an/m", messages: [3] },
  };
  for (const [code, value] of Object.entries(refusals)) {
    const error = await assertRejects(
      () => explainChat(parse(value), context),
      GatewayError,
    );
    assertEquals(error.code, code);
  }
  factory.close();
});

Deno.test("explainChat() follows what is known of the request besides its body", async () => {
  const table = testTable([{
    match: "m",
    targets: ["a/x"],
    arms: [{ name: "new", share: 1, targets: ["b/y"] }],
  }], [{ provider: testProvider("a") }, { provider: testProvider("b") }]);
  const { arm, upstream } = await explainChat(parse({ model: "m", messages }), {
    ...testContext(table),
    request: { subject: "key-1" },
  });
  assertEquals([arm, upstream?.deployment], ["new", "b/y"]);
});
