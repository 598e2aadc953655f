import { assert, assertEquals } from "@std/assert";
import { parse as parseYaml } from "yaml";
import {
  EXAMPLE_VARIABLES,
  exampleText,
  faultsOf,
  parse,
} from "./_config_fixture_test.ts";
import { keyIndex } from "./_config_keys.ts";
import { defaultConfig } from "./default_config.ts";

Deno.test("config.example.yaml loads without a fault", () => {
  const result = parse(exampleText(false), EXAMPLE_VARIABLES);
  assert(result.ok);
  const config = defaultConfig();
  assertEquals(result.config.server, config.server);
  assertEquals(result.config.http_client, config.http_client);
  assertEquals(result.config.logging, config.logging);
  assertEquals(
    result.config.providers.map((it) => [it.name, it.api_key]),
    [
      ["openai", EXAMPLE_VARIABLES.OPENAI_API_KEY],
      ["anthropic", EXAMPLE_VARIABLES.ANTHROPIC_API_KEY],
    ],
  );
});

Deno.test("F3: config.example.yaml needs the variables that it names", () => {
  assertEquals(faultsOf(exampleText(false)).map(({ path }) => path), [
    "auth.api_keys[0].key",
    "providers[0].api_key_env",
    "providers[1].api_key",
  ]);
});

Deno.test("config.example.yaml stays valid with every setting switched on", () => {
  const result = parse(exampleText(true), EXAMPLE_VARIABLES);
  assert(result.ok, JSON.stringify(result));
  // What is switched off there shows the defaults.
  const config = defaultConfig();
  for (
    const section of [
      "caching",
      "health_check",
      "http_client",
      "retry",
    ] as const
  ) assertEquals<unknown>(result.config[section], config[section], section);
  const { summary_model: summary, ...condensation } =
    result.config.condensation;
  assertEquals(summary, "openai/gpt-5-mini");
  assertEquals(condensation, config.condensation);
  const { limit_mb: limit, ...memory } = result.config.memory;
  assertEquals(limit, 1024);
  assertEquals(memory, config.memory);
  const { slow_first_byte: _, ...breaker } = result.config.circuit_breaker;
  assertEquals(breaker, config.circuit_breaker);
  const bare = parse(
    "providers: [{type: mock}]\nroutes: [{match: a, targets: [mock/echo], hedge: {}}]",
  );
  assert(bare.ok);
  assertEquals(
    result.config.routes[0]?.hedge,
    bare.config.routes[0]?.hedge,
  );
});

/** Every map of the data with its keys, as `providers[].name`. */
function pathsOf(data: unknown, path = ""): string[] {
  if (Array.isArray(data)) {
    return data.flatMap((entry) => pathsOf(entry, `${path}[]`));
  }
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => {
    const inner = path === "" ? key : `${path}.${key}`;
    return [inner, ...pathsOf(value, inner)];
  });
}

Deno.test("config.example.yaml shows every key of the schema", () => {
  const shown = new Set(pathsOf(parseYaml(exampleText(true))));
  const known = [...keyIndex().owners].flatMap(([key, owners]) =>
    owners.map((owner) => owner === "" ? key : `${owner}.${key}`)
  );
  assert(known.length > 100);
  assertEquals(known.filter((path) => !shown.has(path)), []);
});
