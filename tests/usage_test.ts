import { assert, assertEquals } from "@std/assert";
import { AccountsRig } from "./_accounts_rig.ts";
import { completion } from "./_chat_answers.ts";

const KEYS = {
  ci: "qW7rTz2Lm9XcVb4N",
  web: "hJ3kPs8DfGy6QaZe",
  boss: "oP5lMn8JhGt2RfVc",
};
const CONFIG = `auth:
  api_keys:
    - {name: ci, key: ${KEYS.ci}, team: a}
    - {name: web, key: ${KEYS.web}, team: b}
    - {name: boss, key: ${KEYS.boss}, role: admin}`;

async function get(
  rig: AccountsRig,
  path: string,
  key: keyof typeof KEYS,
): Promise<Response> {
  return await fetch(rig.url + path, {
    headers: { "x-api-key": KEYS[key] },
  });
}

async function rigWithRows(): Promise<AccountsRig> {
  const rig = await AccountsRig.start({
    answer: () => completion({ content: "hi" }),
    config: CONFIG,
  });
  for (const key of ["ci", "ci", "web"] as const) {
    await (await rig.ask({}, { key: KEYS[key] })).body?.cancel();
  }
  await (await rig.ask({ messages: "=1+1" }, { key: KEYS.web })).body?.cancel();
  await rig.rows(4);
  return rig;
}

Deno.test("X6: GET /v1/usage shows a key its own usage, and an admin that of all, told apart as wanted", async () => {
  await using rig = await rigWithRows();
  const own = await (await get(rig, "/v1/usage?by=model", "ci")).json();
  assertEquals(own.data.length, 1);
  assertEquals(own.data[0], {
    model: "m",
    requests: 2,
    failed: 0,
    attempts: 2,
    input_tokens: 22,
    cached_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 14,
    reasoning_tokens: 0,
    cost_microdollars: 156,
    estimated_attempts: 0,
    unpriced_attempts: 0,
    reported_attempts: 0,
    reported_microdollars: 0,
  });
  const all = await (await get(rig, "/v1/usage?by=key,team", "boss")).json();
  assertEquals(
    // deno-lint-ignore no-explicit-any -- the wire's JSON
    all.data.map((it: any) => [it.key, it.team, it.requests, it.failed]),
    [["ci", "a", 2, 0], ["web", "b", 2, 1]],
  );
  const team = await (await get(rig, "/v1/usage?team=b", "boss")).json();
  assertEquals(team.data[0].cost_microdollars, 78);
  const none = await (await get(rig, "/v1/usage?team=b", "ci")).json();
  assertEquals(none.data, []);
});

Deno.test("X6: GET /v1/usage refuses foreign keys, existing or not, and ranges that are none", async () => {
  await using rig = await rigWithRows();
  const bodies: unknown[] = [];
  for (const path of ["/v1/usage?key=web", "/v1/usage/export?key=none"]) {
    const response = await get(rig, path, "ci");
    assertEquals(response.status, 403);
    bodies.push((await response.json()).error.message);
  }
  assertEquals(bodies[0], bodies[1]);
  for (
    const query of [
      "from=1900-01-01",
      "to=tomorrow",
      "by=secret",
      "group_by=model",
      "teams=a",
      "from=2026-02-02&to=2026-02-01",
      "from=__proto__",
    ]
  ) {
    const response = await get(rig, `/v1/usage?${query}`, "boss");
    assertEquals(response.status, 400, query);
    await response.body?.cancel();
  }
});

Deno.test("GET /v1/usage/export gives rows as JSON lines and CSV, the caller's own alone", async () => {
  await using rig = await rigWithRows();
  const lines = (await (await get(rig, "/v1/usage/export", "ci")).text())
    .trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(lines.map(({ key, cost_microdollars: cost }) => [key, cost]), [
    ["ci", 78],
    ["ci", 78],
  ]);
  const response = await get(rig, "/v1/usage/export?format=csv", "boss");
  assertEquals(response.headers.get("content-type"), "text/csv; charset=utf-8");
  const csv = (await response.text()).trimEnd().split("\r\n");
  assertEquals(csv.length, 5);
  const columns = csv[0]?.split(",") ?? [];
  assert(columns.includes("cost_microdollars"));
  const cells = csv.map((line) => line.split(","));
  const at = (name: string): string[] =>
    cells.slice(1).map((row) => row[columns.indexOf(name)] ?? "");
  assertEquals(at("key"), ["ci", "ci", "web", "web"]);
  assertEquals(at("price_source"), ["config", "config", "config", ""]);
  const long = await get(
    rig,
    "/v1/usage/export?from=2026-01-01&to=2026-11-01",
    "ci",
  );
  assertEquals(long.status, 400);
  await long.body?.cancel();
  const odd = await get(rig, "/v1/usage/export?format=xls", "boss");
  assertEquals(odd.status, 400);
  await odd.body?.cancel();
});
