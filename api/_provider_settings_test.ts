import { assert, assertEquals } from "@std/assert";
import { linesOf, parse } from "./_config_fixture_test.ts";
import { providerSettings } from "./_provider_settings.ts";

function quirksOf(members: string): unknown {
  const entry = `{type: azure_openai, api_key: azure-T4rEw2Qz, ` +
    `base_url: "https://r.openai.azure.com/openai"${members}}`;
  const result = parse(`providers: [${entry}]`, {});
  assert(result.ok, JSON.stringify(result));
  const [provider] = result.config.providers;
  assert(provider);
  return providerSettings(provider, result.config).quirks;
}

Deno.test("F1, F2, F11: Azure's dated API has its version, and an old one no stream options and no Responses", () => {
  assertEquals(quirksOf(""), {});
  assertEquals(quirksOf(", api_version: 2024-10-21"), {
    apiVersion: "2024-10-21",
    noStreamOptions: false,
    wireApi: "chat",
  });
  assertEquals(quirksOf(", api_version: 2025-04-01-preview"), {
    apiVersion: "2025-04-01-preview",
    noStreamOptions: false,
  });
  assertEquals(quirksOf(', api_version: "2024-06-01"'), {
    apiVersion: "2024-06-01",
    noStreamOptions: true,
    wireApi: "chat",
  });
});

Deno.test("K17: an api_version that is no date is refused", () => {
  const [line = ""] = linesOf(
    "providers: [{type: mock, api_version: 2024-10-21&x=1}]",
  );
  assert(line.includes("must be a date"), line);
});
