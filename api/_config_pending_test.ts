import { assert, assertEquals } from "@std/assert";
import { keyIndex } from "./_config_keys.ts";
import { PENDING, pendingNotices } from "./_config_pending.ts";
import { parse } from "./_config_fixture_test.ts";

Deno.test("pendingNotices() names each thing once, wherever it is set", () => {
  const data = {
    providers: [{ type: "mock" }, { type: "mock", models: [] }, { models: [] }],
    caching: { summary_cache: { ttl: 3 } },
  };
  const paths = ["caching.summary_cache", "providers[].models", "memory"];
  assertEquals(
    pendingNotices(data, paths),
    ["caching.summary_cache", "providers[].models"]
      .map((it) => `${it} is accepted but not in force in this version`),
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
