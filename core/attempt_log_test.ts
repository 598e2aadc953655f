import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { AttemptLog, type AttemptRecord } from "./attempt_log.ts";

const OK: AttemptRecord = {
  deployment: "a/x",
  reason: "ok",
  status: 200,
  durationMs: 12.4,
};

/** Notes an attempt from begin to end. */
function add(log: AttemptLog, { deployment, ...how }: AttemptRecord): void {
  log.begin(deployment).end(how);
}

Deno.test("AttemptLog tells the number of attempts, and no fallback where there was none", () => {
  const log = new AttemptLog();
  assertEquals(log.headers(), { "x-llm-proxy-attempts": "0" });
  add(log, { ...OK, reason: "overloaded", status: 529 });
  add(log, OK);
  assertEquals(log.headers("a/x"), { "x-llm-proxy-attempts": "2" });
  assertEquals(
    log.toString(),
    '"a/x";reason=overloaded;status=529;ms=12, "a/x";reason=ok;status=200;ms=12',
  );
});

Deno.test("AttemptLog tells a fallback: what failed before, in order", () => {
  const log = new AttemptLog();
  add(log, { deployment: "a/x", reason: "timeout", durationMs: 5_000 });
  add(log, {
    deployment: "b/y",
    reason: "rate_limit",
    status: 429,
    durationMs: 7,
  });
  add(log, { ...OK, deployment: "c/z" });
  assertEquals(
    log.headers("c/z")["x-llm-proxy-fallback"],
    '"a/x";reason=timeout;ms=5000, "b/y";reason=rate_limit;status=429;ms=7',
  );
  assertEquals(log.records.map(({ deployment }) => deployment), [
    "a/x",
    "b/y",
    "c/z",
  ]);
});

Deno.test("AttemptLog is bounded: the first and the newest are kept, all are counted", () => {
  const log = new AttemptLog();
  for (let i = 1; i <= 1_000; i++) {
    const deployment = `${i}${"x".repeat(1_000)}`;
    add(log, { ...OK, deployment, reason: "r".repeat(1_000) });
  }
  assertEquals(log.count, 1_000);
  assertEquals(
    log.records.map(({ deployment }) => parseInt(deployment)),
    [1, 2, 3, 4, 5, 6, 7, 1_000],
  );
  assertLess(log.toString().length, 3_000);
});

Deno.test("C12: nothing in a name breaks out of a header", () => {
  const log = new AttemptLog();
  add(log, { ...OK, deployment: 'a"b\\c\r\nx: y\0é, "', reason: "x;y\r\n= z" });
  add(log, OK);
  const header = log.headers("a/x")["x-llm-proxy-fallback"] ?? "";
  assertMatch(header, /^"[^"\\\r\n]*";reason=[\w.-]+;status=200;ms=12$/);
  new Headers({ header });
});

Deno.test("AttemptLog counts an attempt from its beginning", () => {
  const log = new AttemptLog();
  add(log, { ...OK, deployment: "b/y", reason: "overloaded", status: 529 });
  const entry = log.begin("a/x");
  assertEquals(log.headers("a/x"), {
    "x-llm-proxy-attempts": "2",
    "x-llm-proxy-fallback": '"b/y";reason=overloaded;status=529;ms=12',
  });
  assertEquals(log.records[1]?.reason, "open");
  entry.end({ reason: "ok", durationMs: 3 });
  assertEquals(log.records[1]?.reason, "ok");
});

Deno.test("AttemptLog adds up how long a request waited for its turn, and before it tried again", () => {
  const log = new AttemptLog();
  assertEquals([log.queuedMs, log.pausedMs], [0, 0]);
  log.queued(3);
  log.queued(4);
  log.paused(500);
  assertEquals([log.queuedMs, log.pausedMs], [7, 500]);
});
