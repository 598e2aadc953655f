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
