import { assert, assertEquals } from "@std/assert";
import * as z from "@zod/zod";
import { parse as parseYaml } from "yaml";
import { exampleText } from "./_config_fixture_test.ts";
import { configDefaultsText } from "./_config_defaults.ts";
import { configJsonSchema, configSchemaText } from "./config_json_schema.ts";

Deno.test("config.schema.json and config.defaults.json are up to date (the task schema writes them)", () => {
  const read = (name: string): string =>
    Deno.readTextFileSync(new URL(name, import.meta.url));
  assertEquals(read("./config.schema.json"), configSchemaText());
  assertEquals(read("./config.defaults.json"), configDefaultsText());
});

type Json = Record<string, unknown>;

function keysWithoutDescription(schema: Json, path: string): string[] {
  const inner = [
    schema.items,
    ...Array.isArray(schema.anyOf) ? schema.anyOf : [],
  ] as (Json | undefined)[];
  const properties = Object.entries(
    (schema.properties ?? {}) as Record<string, Json>,
  );
  return [
    ...properties.flatMap(([key, it]) => [
      ...it.description === undefined ? [`${path}.${key}`] : [],
      ...keysWithoutDescription(it, `${path}.${key}`),
    ]),
    ...inner.flatMap((it) => it ? keysWithoutDescription(it, path) : []),
  ];
}

Deno.test("configJsonSchema() describes every key and says what it is", () => {
  const schema = configJsonSchema();
  assertEquals(keysWithoutDescription(schema as Json, ""), []);
  assertEquals(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
  assertEquals(schema.additionalProperties, false);
});

Deno.test("configJsonSchema() fits the example and lets variables stand for scalars", () => {
  const schema = z.fromJSONSchema(
    configJsonSchema() as Parameters<typeof z.fromJSONSchema>[0],
  );
  for (const every of [false, true]) {
    const result = schema.safeParse(parseYaml(exampleText(every)));
    assert(result.success, result.error?.message);
  }
  for (
    const [text, fits] of [
      ["server: {port: '${PORT}'}", true],
      ["server: {port: '${PORT:-1}'}", true],
      ["server: {port: 'PORT'}", false],
      ["server: {port: 70000}", false],
      ["server: {prot: 1}", false],
      ["logging: {level: '${LEVEL}'}", true],
      ["logging: {level: loud}", false],
      ["auth: {api_keys: ['${K}']}", true],
      ["auth: {api_keys: ['short']}", false],
      ["providers: [{}]", false],
    ] as const
  ) assertEquals(schema.safeParse(parseYaml(text)).success, fits, text);
});
