import { assertEquals, assertLess, assertMatch } from "@std/assert";
import { AttemptLog, type AttemptRecord } from "./attempt_log.ts";

const OK: AttemptRecord = {
  deployment: "a/x",
  reason: "ok",
  status: 200,
  durationMs: 12.4,
};

Deno.test("AttemptLog tells the number of attempts, and no fallback where there was none", () => {
  const log = new AttemptLog();
  assertEquals(log.headers(), { "x-llm-proxy-attempts": "0" });
  log.add({ ...OK, reason: "overloaded", status: 529 });
  log.add(OK);
  assertEquals(log.headers(), { "x-llm-proxy-attempts": "2" });
  assertEquals(
    log.toString(),
    '"a/x";reason=overloaded;status=529;ms=12, "a/x";reason=ok;status=200;ms=12',
  );
});

Deno.test("AttemptLog tells a fallback: what failed before, in order", () => {
  const log = new AttemptLog();
  log.add({ deployment: "a/x", reason: "timeout", durationMs: 5_000 });
  log.add({
    deployment: "b/y",
    reason: "rate_limit",
    status: 429,
    durationMs: 7,
  });
  log.add({ ...OK, deployment: "c/z" });
  assertEquals(
    log.headers()["x-llm-proxy-fallback"],
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
    log.add({ ...OK, deployment, reason: "r".repeat(1_000) });
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
  log.add({ ...OK, deployment: 'a"b\\c\r\nx: y\0é, "', reason: "x;y\r\n= z" });
  log.add(OK);
  const header = log.headers()["x-llm-proxy-fallback"] ?? "";
  assertMatch(header, /^"[^"\\\r\n]*";reason=[\w.-]+;status=200;ms=12$/);
  new Headers({ header });
});
