import { RequestLog, type RequestLogPage } from "@llm-proxy/logging";
import { assert, assertEquals } from "@std/assert";
import { joinPages, settledPage, timeCursors } from "./_worker_requests.ts";

/** The logs of three workers, in which 300 rows are spread unevenly. */
function threeLogs(): { readonly logs: RequestLog[]; readonly ids: number[] } {
  const logs = [1, 2, 3].map((number) =>
    new RequestLog({ nextCursor: timeCursors(number) })
  );
  const ids: number[] = [];
  for (let id = 0; id < 300; id++) {
    logs[id % 7 === 0 ? 2 : id % 2]?.add({ id, even: id % 2 === 0 });
    ids.push(id);
  }
  return { logs, ids };
}

/** Reads page by page to the end. */
function readAll(
  logs: readonly RequestLog[],
  from: { readonly after?: number },
): number[] {
  const found: number[] = [];
  let query: { before?: number; after?: number } = from;
  for (let count = 0; count < 1_000; count++) {
    const asked = { ...query, limit: 7 };
    const pages = logs.map((log) => settledPage(log.page(asked)));
    const page: RequestLogPage = joinPages(pages, asked);
    const cursors = page.rows.map(({ cursor }) => cursor);
    const sorted = cursors.toSorted((a, b) =>
      from.after === undefined ? b - a : a - b
    );
    assertEquals(cursors, sorted);
    found.push(...page.rows.map(({ fields }) => Number(fields.id)));
    if (page.next === undefined) return found;
    query = from.after === undefined
      ? { before: page.next }
      : { after: page.next };
  }
  throw new Error("There is no end");
}

Deno.test("joinPages() gives every row of all workers once, both ways", async () => {
  const { logs, ids } = threeLogs();
  const byNumber = (a: number, b: number): number => a - b;
  // So many at once were not of one moment, and what is of this one is for the next look.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(readAll(logs, {}).sort(byNumber), ids);
  assertEquals(readAll(logs, { after: 0 }).sort(byNumber), ids);
  assertEquals(readAll([new RequestLog()], {}), []);
});

Deno.test("joinPages() looks no further than the worker that has looked least", () => {
  const row = (cursor: number) => ({ cursor, at: 0, fields: {} });
  const pages = [
    { rows: [row(90), row(20)], next: undefined, newest: 95 },
    { rows: [row(80)], next: 50, newest: 99 },
  ];
  const down = joinPages(pages, {});
  assertEquals(down.rows.map(({ cursor }) => cursor), [90, 80]);
  assertEquals([down.next, down.newest], [50, 95]);
  const up = joinPages([
    { rows: [row(20), row(97)], next: undefined, newest: 97 },
    { rows: [row(30)], next: 40, newest: 95 },
  ], { after: 10 });
  assertEquals(up.rows.map(({ cursor }) => cursor), [20, 30]);
  assertEquals([up.next, up.newest], [40, 95]);
});

Deno.test("timeCursors() only grow, are never the same for two workers, and go on after a restart", () => {
  const seen = new Set<number>();
  for (const worker of [1, 2, 3]) {
    const next = timeCursors(worker);
    let last = 0;
    for (let count = 0; count < 1_000; count++) {
      const cursor = next(last);
      assert(Number.isSafeInteger(cursor) && cursor > last);
      assert(!seen.has(cursor));
      seen.add(last = cursor);
    }
  }
  assert(Number.isSafeInteger(timeCursors(63)(Date.UTC(2080, 0) * 2_048)));
});
