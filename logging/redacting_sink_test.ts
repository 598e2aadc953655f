import { assertEquals } from "@std/assert";
import type { LogSink } from "./log_sink.ts";
import { redactingSink } from "./redacting_sink.ts";
import { Redactor } from "./redactor.ts";
import { StructuredLogger } from "./structured_logger.ts";

Deno.test("redactingSink() takes secrets out of messages, keys, values and causes", () => {
  const lines: string[] = [];
  const redactor = new Redactor();
  const sink = redactingSink((line) => void lines.push(line), redactor);
  const log = new StructuredLogger({ format: "json", sink });
  const secret = "correct-horse-battery";
  redactor.add(secret);
  const error = new Error("Failed", {
    cause: new Error(`At http://h/?k=${secret}`),
  });
  log.child({ bound: secret }).info(`Says ${secret}`, {
    [secret]: { deep: [secret] },
    error,
  });
  redactor.remove(secret);
  log.info(secret);
  const { ts: _, ...first } = JSON.parse(lines[0] ?? "");
  assertEquals(first, {
    level: "info",
    msg: "Says [redacted]",
    bound: "[redacted]",
    "[redacted]": { deep: ["[redacted]"] },
    error: {
      name: "Error",
      message: "Failed",
      cause: { name: "Error", message: "At http://h/?[redacted]" },
    },
  });
  assertEquals(JSON.parse(lines[1] ?? "").msg, secret);
});

Deno.test("redactingSink() takes secrets out of both parts of a line", () => {
  const lines: string[] = [];
  const inner: LogSink = Object.assign(
    (line: string) => void lines.push(line),
    { parts: (start: string, rest: string) => void lines.push(start + rest) },
  );
  const secret = "correct-horse-battery";
  const sink = redactingSink(inner, new Redactor([secret]));
  const log = new StructuredLogger({ format: "json", sink, priorities: true })
    .child({ bound: secret });
  const odd = "a\u2028\u007fé";
  const written: [string, Record<string, unknown> | undefined][] = [
    [secret, { one: secret, odd }],
    ["plain", { status: 200, none: undefined }],
    ["no field", {}],
    ["nothing", undefined],
    ["not plain", { error: new Error(secret) }],
    ["not free", { level: secret }],
    ["overlaps", { bound: "other" }],
  ];
  for (const [message, fields] of written) log.info(message, fields);
  const whole: string[] = [];
  const other = new StructuredLogger({
    format: "json",
    sink: redactingSink(
      (line) => void whole.push(line),
      new Redactor([secret]),
    ),
    priorities: true,
  }).child({ bound: secret });
  for (const [message, fields] of written) other.info(message, fields);
  const timeless = (line: string): string => line.replace(/"ts":"[^"]*"/, "");
  assertEquals(lines.map(timeless), whole.map(timeless));
  assertEquals(lines.join("").includes("horse"), false);
  assertEquals(
    JSON.parse(lines[1]?.slice(3) ?? "").status,
    200,
  );
});

Deno.test("redactingSink() passes on flush, close and dropped", async () => {
  const calls: string[] = [];
  const inner: LogSink = Object.assign(() => {}, {
    flush: () => Promise.resolve(void calls.push("flush")),
    close: () => Promise.resolve(void calls.push("close")),
    dropped: () => 7,
  });
  const sink = redactingSink(inner, new Redactor());
  await sink.flush?.();
  await sink.close?.();
  assertEquals([calls, sink.dropped?.()], [["flush", "close"], 7]);

  const bare = redactingSink(() => {}, new Redactor());
  await bare.flush?.();
  await bare.close?.();
  assertEquals(bare.dropped?.(), 0);
});
