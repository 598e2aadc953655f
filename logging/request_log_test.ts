import { assert, assertEquals, assertThrows } from "@std/assert";
import { Redactor } from "./redactor.ts";
import { RequestLog, type RequestLogPage } from "./request_log.ts";
import type { RequestLogFilter } from "./request_log_filter.ts";
import { requestLogCsv, requestLogJson } from "./request_log_text.ts";

function ids({ rows }: Pick<RequestLogPage, "rows">): unknown[] {
  return rows.map(({ fields }) => fields.request_id);
}

/** A log of so many requests, `r-1` and so on. */
function filled(count: number, options = {}): RequestLog {
  const log = new RequestLog(options);
  for (let number = 1; number <= count; number++) {
    log.add({ request_id: `r-${number}`, status: 200 }, number);
  }
  return log;
}

Deno.test("RequestLog gives the newest first, page by page, each row once", () => {
  const log = filled(7);
  const first = log.page({ limit: 3 });
  assertEquals(ids(first), ["r-7", "r-6", "r-5"]);
  assertEquals([first.next, first.newest], [5, 7]);
  // What comes meanwhile moves no page.
  log.add({ request_id: "r-8" });
  const second = log.page({ limit: 3, before: first.next! });
  assertEquals(ids(second), ["r-4", "r-3", "r-2"]);
  const third = log.page({ limit: 3, before: second.next! });
  assertEquals([ids(third), third.next], [["r-1"], undefined]);
  assertEquals(log.page({ before: 1 }), {
    rows: [],
    next: undefined,
    newest: 8,
  });
});

Deno.test("RequestLog gives what came since, the oldest first", () => {
  const log = filled(5);
  const first = log.page({ after: 2, limit: 2 });
  assertEquals([ids(first), first.next], [["r-3", "r-4"], 4]);
  const second = log.page({ after: 4 });
  assertEquals([ids(second), second.next, second.newest], [
    ["r-5"],
    undefined,
    5,
  ]);
  assertEquals(ids(log.page({ after: 5 })), []);
  assertEquals(ids(log.page({ after: 99 })), []);
});

Deno.test("RequestLog keeps so many rows, and cursors stay good when the oldest go", () => {
  const log = filled(10, { maxRows: 4 });
  assertEquals(log.size, 4);
  assertEquals(ids(log.page()), ["r-10", "r-9", "r-8", "r-7"]);
  assertEquals(ids(log.page({ after: 1 })), ["r-7", "r-8", "r-9", "r-10"]);
  assertEquals(ids(log.page({ before: 3 })), []);
  log.resize({ maxRows: 2, maxBytes: 1_000_000 });
  assertEquals(ids(log.page()), ["r-10", "r-9"]);
  assertEquals(filled(3, { maxRows: 0 }).size, 0);
});

Deno.test("RequestLog keeps so many bytes", () => {
  const log = new RequestLog({ maxBytes: 10_000 });
  for (let count = 0; count < 50; count++) {
    log.add({ request_id: `r-${count}`, prompt: "x".repeat(1_000) });
    assert(log.bytes <= 10_000, `${log.bytes}`);
  }
  const newest = Array.from({ length: 9 }, (_, index) => `r-${49 - index}`);
  assertEquals(ids(log.page()), newest);
  // One that is larger than all there is room for is not kept, and breaks nothing.
  log.add({ prompt: "x".repeat(20_000) });
  log.add({ prompt: "€".repeat(3_400) });
  assertEquals(ids(log.page()), newest);
  log.add({ request_id: "after" });
  assertEquals(ids(log.page({ limit: 1 })), ["after"]);
});

Deno.test("RequestLog looks at so many rows for a page, and says where to go on", () => {
  const log = filled(4_500);
  log.add({ request_id: "needle", key: "k" });
  for (let number = 0; number < 4_400; number++) log.add({ status: 200 });
  let before: number | undefined;
  let pages = 0;
  const found: unknown[] = [];
  do {
    const page: RequestLogPage = log.page({
      filter: { key: "k" },
      ...before !== undefined && { before },
    });
    found.push(...ids(page));
    before = page.next;
    pages++;
  } while (before !== undefined);
  assertEquals(found, ["needle"]);
  assert(pages >= 5 && pages <= 6, `${pages} pages`);
});

Deno.test("RequestLog gives back what it was given, rows of any length in any order, wherever its buffer ends", () => {
  let seed = 1;
  const random = (below: number): number => {
    seed = seed * 48_271 % 2_147_483_647;
    return seed % below;
  };
  const log = new RequestLog({ maxRows: 50, maxBytes: 3_000 });
  const all: string[] = [];
  for (let count = 1; count <= 2_000; count++) {
    const text = "aß€😀".slice(0, random(5)).repeat(random(60));
    all.push(`${text} ${count}`);
    log.add({ text: `${text} ${count}` }, count);
    const { rows } = log.page({ limit: 100 });
    assert(rows.length > 0 && rows.length <= 50 && log.bytes <= 3_000);
    assertEquals(rows.length, log.size);
    rows.forEach(({ cursor, at, fields }, index) => {
      assertEquals([cursor, at], [count - index, count - index]);
      assertEquals(fields.text, all[count - index - 1]);
    });
  }
  log.resize({ maxRows: 5, maxBytes: 100_000 });
  assertEquals(log.page().rows.map(({ cursor }) => cursor), [
    2_000,
    1_999,
    1_998,
    1_997,
    1_996,
  ]);
});

Deno.test("RequestLog takes memory as its rows need it, and loses none when it grows", () => {
  const before = Deno.memoryUsage().external;
  const log = new RequestLog({ maxRows: 300, maxBytes: 64 * 1024 * 1024 });
  const all: string[] = [];
  for (let count = 1; count <= 2_000; count++) {
    all.push("x".repeat(count * 7_919 % 40_000));
    log.add({ text: all[count - 1] });
    if (count === 20) {
      const taken = Deno.memoryUsage().external - before;
      assert(taken < 16 * 1024 * 1024, `${taken} bytes`);
    }
    if (count % 50 > 0) continue;
    const { rows } = log.page({ limit: 300 });
    assertEquals(rows.length, Math.min(count, 300));
    rows.forEach(({ cursor, fields }, index) => {
      assertEquals(cursor, count - index);
      assert(fields.text === all[count - index - 1], `row ${cursor}`);
    });
  }
});

Deno.test("RequestLog finds by each filter, and by all of them together", () => {
  const log = new RequestLog();
  log.add({
    request_id: "r-1",
    key: "a",
    route: "/v1/chat/completions",
    requested_model: "fast",
    model: "gpt-5-mini",
    deployment: "openai/gpt-5-mini",
    provider: "openai",
    status: 200,
    duration_ms: 900,
    cost_usd: 0.002,
  }, 1_000);
  log.add({
    request_id: "r-2",
    key: "b",
    route: "/v1/messages",
    requested_model: "claude-x",
    answered_by: "claude-x-2",
    provider: "anthropic",
    status: 502,
    duration_ms: 30,
    error: "upstream_reset",
    error_message: "The provider's connection broke",
    cause: new TypeError("ECONNRESET"),
  }, 2_000);
  log.add({
    request_id: "r-3",
    key: "a",
    route: "/v1/messages",
    status: 404,
    duration_ms: 1,
    error: "model_not_found",
  }, 3_000);
  const expected: readonly (readonly [RequestLogFilter, string[]])[] = [
    [{}, ["r-3", "r-2", "r-1"]],
    [{ id: "r-2" }, ["r-2"]],
    [{ key: "a" }, ["r-3", "r-1"]],
    [{ key: "A" }, []],
    [{ model: "fast" }, ["r-1"]],
    [{ model: "gpt-5-mini" }, ["r-1"]],
    [{ model: "openai/gpt-5-mini" }, ["r-1"]],
    [{ model: "claude-*" }, ["r-2"]],
    [{ model: "claude" }, []],
    [{ provider: "openai" }, ["r-1"]],
    [{ route: "/v1/*" }, ["r-3", "r-2", "r-1"]],
    [{ route: "/v1/messages" }, ["r-3", "r-2"]],
    [{ status: "200" }, ["r-1"]],
    [{ status: "4xx" }, ["r-3"]],
    [{ status: "5XX" }, ["r-2"]],
    [{ status: "9xx" }, []],
    [{ since: 2_000 }, ["r-3", "r-2"]],
    [{ until: 2_000 }, ["r-1"]],
    [{ since: 1_500, until: 2_500 }, ["r-2"]],
    [{ minDurationMs: 30 }, ["r-2", "r-1"]],
    [{ minCostUsd: 0.001 }, ["r-1"]],
    [{ error: "" }, ["r-3", "r-2"]],
    [{ error: "CONNECTION broke" }, ["r-2"]],
    [{ error: "econnreset" }, ["r-2"]],
    [{ error: "not_found", key: "a" }, ["r-3"]],
    [{ error: "not_found", key: "b" }, []],
  ];
  for (const [filter, wanted] of expected) {
    assertEquals(ids(log.page({ filter })), wanted, JSON.stringify(filter));
  }
});

Deno.test("X11: RequestLog keeps no secret, and lets nothing out later that it may forget", () => {
  const secret = "correct-horse-battery-7731";
  const redactor = new Redactor([secret]);
  const log = new RequestLog({ redactor });
  log.add({
    requested_model: `mock/${secret}`,
    error_message: `Bad key ${secret}`,
    cause: new TypeError(`https://x.example/?key=${secret}`),
    status: 401,
  });
  redactor.remove(secret);
  const text = JSON.stringify(log.page().rows);
  assert(!text.includes("horse"), text);
  assertEquals(log.page().rows[0]?.fields.status, 401);
});

Deno.test("RequestLog takes values of any kind", () => {
  const log = new RequestLog();
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  log.add({
    none: undefined,
    call: () => {},
    nan: NaN,
    big: 7n,
    list: [1, "a"],
    loop,
    __proto__: { polluted: true },
  });
  const { fields } = log.page().rows[0]!;
  assertEquals([fields.nan, fields.big, fields.list], [
    "NaN",
    '"7"',
    '[1,"a"]',
  ]);
  assertEquals("none" in fields || "call" in fields, false);
});

Deno.test("RequestLog refuses bounds that are none", () => {
  for (const maxRows of [-1, 1.5, NaN]) {
    assertThrows(() => new RequestLog({ maxRows }), RangeError, "maxRows");
  }
});

Deno.test("requestLogJson() and requestLogCsv() write a line that breaks out of nothing", () => {
  const row = {
    cursor: 3,
    at: Date.UTC(2026, 0, 2),
    fields: { error: 'a "b"\nc', model: "=cmd|' /C calc'!A0", status: 1 },
  };
  const json = requestLogJson(row);
  assertEquals(json.split("\n").length, 1);
  assertEquals(JSON.parse(json), {
    cursor: 3,
    ts: "2026-01-02T00:00:00.000Z",
    ...row.fields,
  });
  assertEquals(
    requestLogCsv(row, ["status", "model", "error", "key"]),
    `3,2026-01-02T00:00:00.000Z,1,'=cmd|' /C calc'!A0,"a ""b""\nc",`,
  );
});
