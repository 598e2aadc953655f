import { assert, assertEquals } from "@std/assert";
import { faultsOf, parse } from "./_config_fixture_test.ts";
import { loadPatterns } from "./_guard_patterns.ts";
import { permissionFlags } from "./_permissions.ts";
import { secretsOf } from "./_config_secret_list.ts";

const HOOK =
  "type: webhook, url: 'https://moderation.example:8443/check', secret: grd-Mn3Bv6Cx9Za2Qw";

/** The faults of these guardrails, each with its place. */
async function told(guardrails: string, more = ""): Promise<string[]> {
  await loadPatterns();
  return faultsOf(
    `providers: [{type: mock}]\nguardrails:\n${guardrails}\n${more}`,
  ).map(({ path, message }) => `${path}: ${message}`);
}

Deno.test("guardrails that do nothing, have one name, or are not there are faults", async () => {
  assertEquals(
    await told(
      "  - {name: a, type: max}\n  - {name: a, type: pii}",
      "default_guardrails: [a, b]\nroutes: [{match: m, targets: [mock/echo], guardrails: [c]}]",
    ),
    [
      "guardrails[0]: guardrails[0] does nothing without one of input_chars, input_tokens, output_chars, output_tokens",
      "guardrails[1].name: guardrails holds this name already",
      "default_guardrails[1]: default_guardrails[1] names no guardrail of guardrails",
      "routes[0].guardrails[0]: routes[0].guardrails[0] names no guardrail of guardrails",
    ],
  );
});

Deno.test("a pattern that RE2 does not know is a fault that tells why, at its place", async () => {
  const [fault = "", ...more] = await told(
    `  - {name: a, type: patterns, patterns: ['ok\\d+', '(?<=a)b']}`,
  );
  assertEquals(more, []);
  assert(
    fault.startsWith(
      "guardrails[0].patterns[1]: guardrails[0].patterns[1] cannot be used as a pattern: ",
    ),
  );
});

Deno.test("X12: a pattern of a schema that RE2 does not know is a fault too, wherever it stands", async () => {
  const faults = await told(
    `  - {name: a, type: json_schema, schema: {properties: {x: {pattern: '(?=a)b'}}, patternProperties: {'(a)\\1': {}, '^\\u0061': {}}, const: {pattern: '('}}}`,
  );
  assertEquals(faults.length, 2, faults.join("\n"));
  assert(
    faults[0]?.startsWith(
      "guardrails[0].schema.properties.x.pattern: guardrails[0].schema.properties.x.pattern cannot be used as a pattern: ",
    ),
    faults[0],
  );
});

Deno.test("a guardrail of no type, or of one that there is none of, is told which there are", async () => {
  const kinds = "deny, patterns, pii, json_schema, max or webhook";
  assertEquals(
    await told("  - {name: a, type: pattern, patterns: [b]}\n  - {name: c}"),
    [
      `guardrails[0].type: guardrails[0].type must be ${kinds}, not 'pattern' (did you mean 'patterns'?)`,
      "guardrails[1].type: guardrails[1].type is missing",
    ],
  );
});

Deno.test("a guardrail has a name that a log's list can hold", async () => {
  for (const name of ["'a b'", "'a,b'", "'a=b'", "''"]) {
    const [fault = ""] = await told(`  - {name: ${name}, type: pii}`);
    assert(fault.startsWith("guardrails[0].name: "), fault);
  }
});

Deno.test("X11: a webhook's secret is among a config's, and its host among those that may be reached", () => {
  const result = parse(
    `providers: [{type: mock}]\nguardrails: [{name: a, ${HOOK}}]\n`,
  );
  assert(result.ok, JSON.stringify(result));
  assert(secretsOf(result.config).includes("grd-Mn3Bv6Cx9Za2Qw"));
  const flags = permissionFlags(result.config, { writes: [], sockets: [] });
  assert(
    flags.some((it) => it.includes("moderation.example:8443")),
    `${flags}`,
  );
});
