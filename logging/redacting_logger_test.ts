import { assert, assertEquals } from "@std/assert";
import type { LogFields, Logger } from "./logger.ts";
import { redactingLogger } from "./redacting_logger.ts";
import { Redactor } from "./redactor.ts";

const SECRET = 'correct-"horse"-battery\\staple';

/** A logger of another make, with no more than it must have. */
class Plain implements Logger {
  readonly told: unknown[] = [];
  readonly bound: LogFields;
  fails = false;

  constructor(bound: LogFields = {}, told: unknown[] = []) {
    this.bound = bound;
    this.told = told;
  }

  debug(message: string, fields?: LogFields): void {
    this.#take("debug", message, fields);
  }
  info(message: string, fields?: LogFields): void {
    this.#take("info", message, fields);
  }
  warn(message: string, fields?: LogFields): void {
    this.#take("warn", message, fields);
  }
  error(message: string, fields?: LogFields): void {
    this.#take("error", message, fields);
  }
  child(fields: LogFields): Logger {
    return new Plain({ ...this.bound, ...fields }, this.told);
  }
  #take(level: string, message: string, fields?: LogFields): void {
    if (this.fails) throw new Error("It fails");
    this.told.push([level, message, { ...this.bound, ...fields }]);
  }
}

Deno.test("X11: redactingLogger() hands on no secret, wherever it stands", () => {
  const plain = new Plain();
  const log = redactingLogger(plain, new Redactor([SECRET]));
  const cause = new TypeError(`sent ${SECRET}`, {
    cause: new Error(encodeURIComponent(SECRET)),
  });
  log.warn(`With ${SECRET}`, {
    at: [1, { key: SECRET }],
    [SECRET]: true,
    cause,
  });
  log.child({ bound: SECRET }).error("Child", { url: "http://a/b?key=1" });
  assertEquals(plain.told.length, 2);
  const text = JSON.stringify(plain.told);
  for (const form of [SECRET, "battery", "horse", "key=1"]) {
    assert(!text.includes(form), text);
  }
  assert(text.includes("TypeError") && text.includes("[redacted]"), text);
});

Deno.test("redactingLogger() hands on plain data as it is", () => {
  const plain = new Plain();
  const log = redactingLogger(plain, new Redactor());
  log.info("All", { text: "a\nb", number: 1.5, none: undefined, no: null });
  log.debug("Nothing");
  assertEquals(plain.told, [
    ["info", "All", { text: "a\nb", number: 1.5, no: null }],
    ["debug", "Nothing", {}],
  ]);
});

Deno.test("P8: redactingLogger() counts what its logger throws on", () => {
  const plain = new Plain();
  const log = redactingLogger(plain, new Redactor());
  plain.fails = true;
  log.error("Lost", { a: 1 });
  log.info("Lost too");
  plain.fails = false;
  log.info("Here");
  assertEquals([log.dropped, plain.told.length], [2, 1]);
});

Deno.test("redactingLogger() asks its logger for its level, where it has one", () => {
  const plain = Object.assign(new Plain(), {
    level: "warn" as const,
    isEnabled: (level: string) => level === "error",
  });
  const log = redactingLogger(plain, new Redactor());
  log.info("Left out");
  log.error("Here");
  assertEquals(plain.told.length, 1);
  log.level = "debug";
  assertEquals<string>(plain.level, "debug");
  const without = redactingLogger(new Plain(), new Redactor());
  without.level = "error";
  assertEquals([without.level, without.isEnabled?.("debug")], [
    undefined,
    true,
  ]);
});
