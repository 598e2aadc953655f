import { assert, assertEquals, assertMatch } from "@std/assert";
import * as fc from "fast-check";
import type { LogSink } from "./log_sink.ts";
import {
  StructuredLogger,
  type StructuredLoggerOptions,
} from "./structured_logger.ts";

// deno-lint-ignore no-control-regex
const BREAKS = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

interface Kept {
  readonly log: StructuredLogger;
  readonly lines: string[];
}

function logInto(options: Omit<StructuredLoggerOptions, "sink"> = {}): Kept {
  const lines: string[] = [];
  const sink = (line: string) => void lines.push(line);
  return {
    log: new StructuredLogger({ format: "json", ...options, sink }),
    lines,
  };
}

function record(line: string | undefined): Record<string, unknown> {
  const { ts, ...rest } = JSON.parse(line ?? "");
  assertMatch(String(ts), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  return rest;
}

Deno.test("StructuredLogger writes one JSON object a record", () => {
  const { log, lines } = logInto();
  log.info("Answered", {
    status: 200,
    model: "gpt-4o",
    stream: true,
    cost: null,
  });
  assertEquals(lines.map(record), [
    {
      level: "info",
      msg: "Answered",
      status: 200,
      model: "gpt-4o",
      stream: true,
      cost: null,
    },
  ]);
});

Deno.test("StructuredLogger leaves out what is below its level, which can change", () => {
  const { log, lines } = logInto({ level: "warn" });
  const child = log.child({ part: "child" });
  const all = (logger: StructuredLogger) => {
    for (const level of ["debug", "info", "warn", "error"] as const) {
      logger[level](level);
    }
  };
  all(log);
  assertEquals(lines.splice(0).map((line) => record(line).level), [
    "warn",
    "error",
  ]);
  log.level = "debug";
  assertEquals(child.level, "debug");
  assert(child.isEnabled("debug"));
  all(child);
  assertEquals(lines.length, 4);
});

Deno.test("StructuredLogger.child() adds its fields and may override its parent's", () => {
  const { log, lines } = logInto({
    fields: { service: "llm-proxy", zone: "a" },
  });
  const child = log.child({ zone: "b", request: "r1" });
  child.info("One");
  child.info("Two", { request: "r2", more: 1 });
  log.info("Three", { zone: "c" });
  assertEquals(lines.map(record), [
    {
      level: "info",
      msg: "One",
      service: "llm-proxy",
      zone: "b",
      request: "r1",
    },
    {
      level: "info",
      msg: "Two",
      service: "llm-proxy",
      zone: "b",
      request: "r2",
      more: 1,
    },
    { level: "info", msg: "Three", service: "llm-proxy", zone: "c" },
  ]);
  assertEquals(lines[1]?.match(/"request"/g)?.length, 1);
});

Deno.test("StructuredLogger.child() does not follow later changes of the object", () => {
  const { log, lines } = logInto();
  const fields = { user: "a" };
  const child = log.child(fields);
  fields.user = "b";
  child.info("One");
  child.child({ x: 1 }).info("Two");
  assertEquals(lines.map((line) => record(line).user), ["a", "a"]);
});

Deno.test("StructuredLogger keeps its own names: ts, level, msg", () => {
  const { log, lines } = logInto();
  log.info("Real", { msg: "false", level: "error", ts: "never" });
  const { _msg, _level, _ts, msg, level } = record(lines[0]);
  assertEquals([msg, level, _msg, _level, _ts], [
    "Real",
    "info",
    "false",
    "error",
    "never",
  ]);
});

Deno.test("C12: one record stays one line, whatever its values hold", () => {
  const text = fc.array(fc.nat(0xffff))
    .map((codes) => String.fromCharCode(...codes));
  for (const format of ["json", "text"] as const) {
    const { log, lines } = logInto({ format });
    fc.assert(fc.property(text, text, text, (message, key, value) => {
      lines.length = 0;
      log.info(message, { [`k${key}`]: value, nested: { [key]: [value] } });
      assertEquals(lines.length, 1);
      assert(
        !BREAKS.test(lines[0] ?? ""),
      );
      if (format === "json") assertEquals(record(lines[0])[`k${key}`], value);
    }));
  }
});

Deno.test("C12: breaks and turns of direction that JSON does not escape are escaped", () => {
  const text = "a\u2028b\u2029c\u0085d\u202ee\u2066f\x7fg\ud800";
  const { log, lines } = logInto();
  log.info(text, { text });
  assertEquals([record(lines[0]).msg, record(lines[0]).text], [text, text]);
  assert(!BREAKS.test(lines[0] ?? ""));
});

Deno.test("C12: breaks are escaped in lines of any length", () => {
  const { log, lines } = logInto();
  const first = "a".repeat(8_000);
  for (let letters = 8_000; letters < 8_190; letters++) {
    const second = "b".repeat(letters);
    const third = `${"c".repeat(200)}\u202ec`;
    log.info("x", { first, second, third });
    assertEquals(record(lines.at(-1)).third, third);
  }
  assertEquals(lines.filter((line) => BREAKS.test(line)), []);
});

Deno.test("StructuredLogger shows errors with code and causes, stacks only at debug", () => {
  const root = Object.assign(new TypeError("Refused"), {
    code: "ECONNREFUSED",
  });
  const error = new Error("No answer", {
    cause: new AggregateError([root], "All failed"),
  });
  const { log, lines } = logInto();
  log.error("Failed", { error });
  const failed = {
    name: "TypeError",
    message: "Refused",
    code: "ECONNREFUSED",
  };
  assertEquals(record(lines[0]).error, {
    name: "Error",
    message: "No answer",
    cause: { name: "AggregateError", message: "All failed", errors: [failed] },
  });
  log.level = "debug";
  log.error("Failed", { error });
  assert(lines[1]?.includes("structured_logger_test.ts"));
});

Deno.test("StructuredLogger survives values that cannot be read", () => {
  const loop: Record<string, unknown> = { a: 1 };
  loop.loop = loop;
  const { log, lines } = logInto();
  log.info("Odd", {
    loop,
    big: 2n ** 70n,
    notANumber: NaN,
    missing: undefined,
    date: new Date(0),
    noDate: new Date(NaN),
    map: new Map([["k", 1]]),
    bytes: new Uint8Array(3),
    symbol: Symbol("s"),
    call: () => 1,
    url: new URL("http://127.0.0.1/x"),
    thrower: {
      get value(): never {
        throw new Error("Unreadable");
      },
    },
  });
  const { loop: shown, ...rest } = record(lines[0]);
  assert(JSON.stringify(shown).includes("[too deep]"));
  assertEquals(rest, {
    level: "info",
    msg: "Odd",
    big: "1180591620717411303424",
    notANumber: "NaN",
    date: "1970-01-01T00:00:00.000Z",
    noDate: null,
    map: [["k", 1]],
    bytes: "[3 bytes]",
    symbol: null,
    call: null,
    url: "http://127.0.0.1/x",
    thrower: "[unreadable]",
  });
});

Deno.test("StructuredLogger bounds texts, values and lines", () => {
  const { log, lines } = logInto();
  const long = "x".repeat(1_000_000);
  const wide = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, at) => [`k${at}`, at]),
  );
  log.info(long, { long, wide, list: [long, long, long, long, long] });
  const { msg, wide: shown } = record(lines[0]);
  assertEquals(msg, `${"x".repeat(8_192)}… (991808 more)`);
  assert(Object.keys(shown as object).length <= 1_000);
  assert((lines[0]?.length ?? 0) < 100_000);

  log.info("Many", {
    ...Object.fromEntries(Array.from({ length: 90 }, (_, at) => [at, long])),
  });
  assertEquals(record(lines[1]).truncated, true);
  assert((lines[1]?.length ?? 0) < 100_000);
});

Deno.test("StructuredLogger writes readable text where it is asked to", () => {
  const { log, lines } = logInto({ format: "text", fields: { part: "core" } });
  log.warn('Slow "answer"\n', {
    model: "openai/gpt-4o",
    reason: "too slow",
    ms: 12,
    o: { a: 1 },
    u: undefined,
  });
  const text = lines[0]?.slice(lines[0].indexOf(" ") + 1);
  assertEquals(
    text,
    'WARN  Slow "answer"\\n part=core model=openai/gpt-4o reason="too slow" ms=12 o={"a":1}',
  );
});

Deno.test("P5: a sink that throws loses its record, and the count says so", () => {
  const sink = () => {
    throw new Error("Broken sink");
  };
  const log = new StructuredLogger({ format: "json", sink });
  log.info("One");
  log.child({ a: 1 }).info("Two");
  log.debug("Not logged at all");
  assertEquals(log.dropped, 2);
});

Deno.test("StructuredLogger.close() closes the sink and counts what comes later", async () => {
  const calls: string[] = [];
  const sink: LogSink = Object.assign(
    (line: string) => void calls.push(String(record(line).msg)),
    {
      flush: () => Promise.resolve(void calls.push("flush")),
      close: () => Promise.resolve(void calls.push("close")),
      dropped: () => 5,
    },
  );
  {
    await using log = new StructuredLogger({ format: "json", sink });
    log.info("One");
    await log.flush();
    assertEquals(log.dropped, 5);
    await log.close();
    log.info("Two");
    assertEquals(log.dropped, 6);
  }
  assertEquals(calls, ["One", "flush", "close", "close"]);
});

Deno.test("StructuredLogger does without the optional members of a sink", async () => {
  const { log } = logInto();
  await log.flush();
  await log.close();
  assertEquals(log.dropped, 0);
});
