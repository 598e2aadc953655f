import { assert, assertEquals } from "@std/assert";
import { linesOf, parse } from "./_config_fixture_test.ts";

const refusal =
  "Faults are refused unless chaos_engineering.enabled is true: take them out, or say so";

Deno.test("faults are refused unless chaos_engineering.enabled is true", () => {
  const faults = "faults: [{type: error, probability: 1}]";
  for (const enabled of ["", "enabled: false, "]) {
    assertEquals(
      linesOf(`chaos_engineering: {${enabled}${faults}}`)
        .map((line) => line.split(": ").slice(1).join(": ")),
      [refusal],
    );
  }
  const result = parse(`chaos_engineering: {enabled: true, ${faults}}`);
  assert(result.ok);
  assertEquals(result.config.chaos_engineering, {
    enabled: true,
    faults: [{ type: "error", probability: 1, match: {} }],
  });
  const on = parse("chaos_engineering: {enabled: '${ON}', faults: []}", {
    ON: "true",
  });
  assert(on.ok);
  assertEquals(on.config.chaos_engineering.enabled, true);
});

Deno.test("F6: a fault's settings and its provider must mean something", () => {
  assertEquals(
    linesOf(`providers: [{type: mock}]
chaos_engineering:
  enabled: true
  faults:
    - {type: error, probability: 1, delay: 1}
    - {type: delay, probability: 1}
    - {type: timeout, probability: 2, delay: 1}
    - {type: cut_stream, probability: 0, status: 500}
    - {type: rate_limit, probability: 0, retry_after: 1, match: {provider: mokc}}
    - {type: network_failure, probability: 0, match: {provider: mock, model: m}}
`),
    [
      "5:37 chaos_engineering.faults[0].delay: delay belongs to faults of type delay or timeout",
      "6:7 chaos_engineering.faults[1].delay: A fault of type delay needs a delay",
      "7:36 chaos_engineering.faults[2].probability: chaos_engineering.faults[2].probability must be at most 1, not 2",
      "8:42 chaos_engineering.faults[3].status: status belongs to faults of type error",
      "9:76 chaos_engineering.faults[4].match.provider: No provider has this name",
    ],
  );
});
