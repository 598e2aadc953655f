import { assert, assertEquals, assertMatch } from "@std/assert";
import { keyVariable } from "./_config_provider_keys.ts";
import { formatFault, parseConfig } from "./config.ts";
import { defaultConfig } from "./default_config.ts";

const KEY = "sk-3f9c1b7a55d2";
const env = (name: string): string | undefined =>
  name === "OPENAI_API_KEY" ? KEY : undefined;

function keyOf(entry: string): string | undefined {
  const text = `providers: [${entry}]\n`;
  const result = parseConfig(text, { file: "t.yaml", env });
  assert(result.ok, JSON.stringify(result));
  return result.config.providers[0]?.api_key;
}

Deno.test("keyVariable() is the named variable, else the usual one of the type", () => {
  assertEquals(
    keyVariable({ type: "openai", api_key_env: "MINE" }, env),
    "MINE",
  );
  assertEquals(keyVariable({ type: "openai" }, env), "OPENAI_API_KEY");
  assertEquals(keyVariable({ type: "openai", api_key: "x" }, env), undefined);
  assertEquals(keyVariable({ type: "mock" }, env), undefined);
  assertEquals(keyVariable({ type: "constructor" }, env), undefined);
  assertEquals(keyVariable({}, env), undefined);
});

Deno.test("keyVariable() is a type's second variable where only that one is set", () => {
  const only = (...names: string[]) => (name: string) =>
    names.includes(name) ? KEY : undefined;
  const gemini = { type: "gemini" };
  assertEquals(keyVariable(gemini, only("GOOGLE_API_KEY")), "GOOGLE_API_KEY");
  assertEquals(
    keyVariable(gemini, only("GEMINI_API_KEY", "GOOGLE_API_KEY")),
    "GEMINI_API_KEY",
  );
  assertEquals(keyVariable(gemini, only()), "GEMINI_API_KEY");
});

Deno.test("X8: a usual key never goes to an address of the config's own", () => {
  assertEquals(keyOf("{type: openai}"), KEY);
  assertEquals(
    keyOf('{type: openai, base_url: "https://elsewhere.example/v1"}'),
    undefined,
  );
  assertEquals(
    keyOf("{type: openai, custom_headers: {Authorization: Bearer 123456}}"),
    undefined,
  );
});

Deno.test("F3: a provider whose usual key is missing is a fault that says what to do", () => {
  const result = parseConfig("providers:\n  - type: groq\n", {
    file: "t.yaml",
    env,
  });
  assert(!result.ok);
  assertEquals(result.faults.length, 1);
  const [fault] = result.faults;
  assert(fault);
  assertMatch(
    formatFault(fault),
    /^t\.yaml:2:11: .*GROQ_API_KEY.*set it, or give api_key or api_key_env/,
  );
});

Deno.test("a provider that is off needs no key", () => {
  assertEquals(keyOf("{type: groq, enabled: false}"), undefined);
});

Deno.test("defaultConfig() is what a file with the same providers would be", () => {
  const variables = new Map([
    ["GROQ_API_KEY", "gsk-9fK2mQ7xWb4tRz"],
    ["AZURE_OPENAI_ENDPOINT", "https://acme.openai.azure.com"],
    ["AZURE_OPENAI_API_VERSION", "2024-10-21"],
    ["AZURE_TENANT_ID", "tenant-1"],
    ["AZURE_CLIENT_ID", "client-1"],
    ["AZURE_CLIENT_SECRET", "secret-9fK2mQ7xWb4t"],
  ]);
  const env = (name: string) => variables.get(name);
  const file = parseConfig(
    `providers:
  - {type: mock}
  - {type: azure_openai, base_url: "https://acme.openai.azure.com/openai", api_version: "2024-10-21", entra: {}}
  - {type: groq, api_key_env: GROQ_API_KEY}
`,
    { file: "config.yaml", env },
  );
  assert(file.ok);
  assertEquals(defaultConfig({ env }), file.config);
});

Deno.test("defaultConfig() has the mock and the providers whose key is set", () => {
  const { providers } = defaultConfig({ env });
  assertEquals(
    providers.map(({ name, api_key: key }) => [name, key]),
    [["mock", undefined], ["openai", KEY]],
  );
});
