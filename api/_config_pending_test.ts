import { assert, assertEquals } from "@std/assert";
import { keyIndex } from "./_config_keys.ts";
import { PENDING, pendingNotices } from "./_config_pending.ts";
import { parse } from "./_config_fixture_test.ts";

Deno.test("pendingNotices() names each thing once, wherever it is set", () => {
  const text = `
providers:
  - {type: mock, models: [a, {name: b, max_output_tokens: 9}]}
caching: {response_cache: {ttl: 3}, summary_cache: {ttl: 3}}
`;
  const result = parse(text);
  assert(result.ok);
  assertEquals(
    result.notices,
    [
      "caching.summary_cache",
    ].map((it) => `${it} is accepted but not in force in this version`),
  );
});

Deno.test("pendingNotices() is silent about what has all its entries commented out", () => {
  const result = parse("memory:\n  # max_usage_percent: 90\n");
  assert(result.ok);
  assertEquals(result.notices, []);
});

Deno.test("pendingNotices() survives data of any shape", () => {
  for (
    const data of [undefined, null, 1, "x", [], { providers: {} }, {
      providers: [null, 1],
    }, { logging: 5 }]
  ) {
    assertEquals(pendingNotices(data), []);
  }
});

Deno.test("PENDING holds nothing but paths of the schema", () => {
  const { owners } = keyIndex();
  for (const path of PENDING) {
    const at = path.lastIndexOf(".");
    assert(
      owners.get(path.slice(at + 1))?.includes(path.slice(0, Math.max(at, 0))),
      path,
    );
  }
});
