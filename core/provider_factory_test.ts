import { assertEquals, assertThrows } from "@std/assert";
import { ProviderFactory } from "./provider_factory.ts";
import { providerTypes } from "./provider_types.ts";

const KEY = "sk-3f9c1b7a55d2";

Deno.test("ProviderFactory.create() gives the credential in the header of the type", () => {
  const factory = new ProviderFactory();
  const headers = (type: string): Readonly<Record<string, string>> =>
    factory.create({
      name: type,
      type,
      apiKey: KEY,
      baseUrl: "https://llm.example/v1/",
    }).headers;
  assertEquals(headers("openai"), { authorization: `Bearer ${KEY}` });
  assertEquals(headers("azure_openai"), { "api-key": KEY });
  assertEquals(headers("anthropic"), {
    "anthropic-version": "2023-06-01",
    "x-api-key": KEY,
  });
  factory.close();
});

Deno.test("ProviderFactory.create() lets custom headers win, whatever their case", () => {
  const factory = new ProviderFactory();
  const { headers } = factory.create({
    name: "a",
    type: "anthropic",
    apiKey: KEY,
    headers: { "Anthropic-Version": "2099-01-01", "X-Team": "blue" },
  });
  assertEquals(headers["anthropic-version"], "2099-01-01");
  assertEquals(headers["x-team"], "blue");
  factory.close();
});

Deno.test("ProviderFactory.create() joins the quirks of type and settings", () => {
  const factory = new ProviderFactory();
  const { quirks, baseUrl } = factory.create({
    name: "p",
    type: "vllm",
    baseUrl: "http://127.0.0.1:9/v1/",
    quirks: { streamEnd: "finish" },
  });
  assertEquals(baseUrl, "http://127.0.0.1:9/v1");
  assertEquals(quirks, {
    rename: { max_completion_tokens: "max_tokens" },
    streamEnd: "finish",
  });
  factory.close();
});

Deno.test("ProviderFactory.create() refuses an unknown type and a missing address", () => {
  const factory = new ProviderFactory();
  assertThrows(
    () => factory.create({ name: "x", type: "constructor" }),
    TypeError,
    "its type 'constructor' is unknown",
  );
  assertThrows(
    () => factory.create({ name: "x", type: "openai_compatible" }),
    TypeError,
    "give a 'baseUrl'",
  );
  factory.close();
});

Deno.test("providerTypes: every type with an address of its own has https, or is local", () => {
  for (const [name, { baseUrl }] of providerTypes) {
    if (baseUrl === undefined) continue;
    assertEquals(
      /^(https:\/\/[\w.-]+|http:\/\/127\.0\.0\.1:\d+|mock:\/\/mock)(\/[\w./-]*[^/])?$/
        .test(baseUrl),
      true,
      `${name}: ${baseUrl}`,
    );
  }
});
