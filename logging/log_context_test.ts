import { assertEquals } from "@std/assert";
import { withLogContext } from "./log_context.ts";
import type { LogFields, Logger } from "./logger.ts";
import { redactingLogger } from "./redacting_logger.ts";
import { Redactor } from "./redactor.ts";
import { StructuredLogger } from "./structured_logger.ts";

function logInto(records: LogFields[]): StructuredLogger {
  return new StructuredLogger({
    format: "json",
    sink: (line) => {
      const { ts: _, level: __, ...fields } = JSON.parse(line);
      records.push(fields);
    },
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

Deno.test("withLogContext() is on every record of its own work, and on none of others' that goes on meanwhile", async () => {
  const records: LogFields[] = [];
  const log = logInto(records);
  const work = async (name: string): Promise<string> => {
    log.info("begun");
    await pause();
    queueMicrotask(() => log.info("later", { name }));
    await pause();
    return name;
  };
  const done = await Promise.all([
    withLogContext({ request_id: "a" }, () => work("a")),
    withLogContext({ request_id: "b" }, () => work("b")),
    work("none"),
  ]);
  assertEquals(done, ["a", "b", "none"]);
  assertEquals(records, [
    { msg: "begun", request_id: "a" },
    { msg: "begun", request_id: "b" },
    { msg: "begun" },
    { msg: "later", request_id: "a", name: "a" },
    { msg: "later", request_id: "b", name: "b" },
    { msg: "later", name: "none" },
  ]);
  log.info("after");
  assertEquals(records.at(-1), { msg: "after" });
});

Deno.test("withLogContext() within another adds to it, and takes back what is undefined", () => {
  const records: LogFields[] = [];
  const log = logInto(records);
  withLogContext({ request_id: "a", trace_id: "t" }, () => {
    withLogContext({ part: 1, trace_id: undefined }, () => log.info("inner"));
    log.info("outer");
  });
  assertEquals(records, [
    { msg: "inner", request_id: "a", part: 1 },
    { msg: "outer", request_id: "a", trace_id: "t" },
  ]);
});

Deno.test("a record's own fields and its logger's have precedence over withLogContext()'s", () => {
  const records: LogFields[] = [];
  const log = logInto(records);
  withLogContext({ a: 1, b: 1, c: 1 }, () => {
    log.child({ b: 2, c: 2 }).info("m", { c: 3 });
    log.child({ b: 2 }).info("m");
  });
  assertEquals(records, [
    { msg: "m", a: 1, b: 2, c: 3 },
    { msg: "m", a: 1, b: 2, c: 1 },
  ]);
});

Deno.test("X11: redactingLogger() gives a logger of another make the context too, without secrets", () => {
  const records: unknown[] = [];
  const mine: Logger = {
    debug: () => {},
    info: (message, fields) => void records.push([message, fields]),
    warn: () => {},
    error: () => {},
    child: () => mine,
  };
  const log = redactingLogger(mine, new Redactor(["correct-horse-battery"]));
  const fields = { request_id: "a", key: "correct-horse-battery" };
  withLogContext(fields, () => {
    log.info("one");
    log.child({ key: "k" }).info("two", { status: 200 });
  });
  log.info("three");
  assertEquals(records, [
    ["one", { request_id: "a", key: "[redacted]" }],
    ["two", { request_id: "a", key: "k", status: 200 }],
    ["three", undefined],
  ]);
});
