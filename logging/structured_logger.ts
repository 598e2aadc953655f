import {
  JSON_FORMAT,
  type LineFormat,
  renderFields,
  TEXT_FORMAT,
  wholeFields,
} from "./_record_line.ts";
import type { LogLevel } from "./level.ts";
import { logContext } from "./log_context.ts";
import type { LogSink } from "./log_sink.ts";
import type { LogFields, Logger } from "./logger.ts";
import { isTerminal, stdoutSink } from "./stdout_sink.ts";

/** How a line of the log looks. */
export type LogFormat = "json" | "text" | "auto";

/** What a {@linkcode StructuredLogger} can be told. */
export interface StructuredLoggerOptions {
  /** The least severe level that is logged. @default {"info"} */
  readonly level?: LogLevel;
  /**
   * JSON lines, readable text, or `auto`: text where standard output is a
   * terminal and JSON otherwise.
   *
   * @default {"auto"}
   */
  readonly format?: LogFormat;
  /**
   * Where the lines go, each as soon as it is logged.
   *
   * @default {stdoutSink()}
   */
  readonly sink?: LogSink;
  /**
   * Whether each line begins with its priority as systemd's journal reads it:
   * `<7>` for debug, `<6>`, `<4>` and `<3>` for error. See `isJournal`.
   *
   * @default {false}
   */
  readonly priorities?: boolean;
  /** Fields that every record carries. @default {{}} */
  readonly fields?: LogFields;
}

const RANK: Readonly<Record<LogLevel, number>> = {
  debug: 0,
  info: 1,
  warn: 2,
  error: 3,
};

/** The priorities of syslog. */
const PRIORITY: Readonly<Record<LogLevel, string>> = {
  debug: "<7>",
  info: "<6>",
  warn: "<4>",
  error: "<3>",
};

/** What a logger and its children have in common. */
interface Shared {
  level: LogLevel;
  readonly priorities: boolean;
  readonly format: LineFormat;
  readonly sink: LogSink;
  lost: number;
  closed: boolean;
}

/** How the latest line of a logger began. */
interface LineBeginning {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  /** All that comes before fields. */
  readonly start: string;
  /** The same, the bound fields and a comma. */
  readonly opening: string;
}

let lastMoment = -1;
let lastTime = "";

/** The time in RFC 3339, made once a millisecond. */
function timeNow(): string {
  const now = Date.now();
  if (now !== lastMoment) {
    lastMoment = now;
    lastTime = new Date(now).toISOString();
  }
  return lastTime;
}

/**
 * A logger whose records are fields, not sentences: JSON lines for machines or
 * `key=value` text for people.
 *
 * Logging never throws and never waits. Every record is one line, whatever
 * control characters its values hold. Errors show name, message, code and
 * their chain of causes, and their stack while the level is `debug`. Texts
 * are cut at 8,192 characters, lines at about 64 KiB.
 *
 * A record has the fields `ts` (RFC 3339, UTC), `level` and `msg`; a field of
 * the caller's with one of these names gets a `_` before it. Fields of
 * {@linkcode withLogContext} come along where there are such.
 *
 * @example A logger and its child
 * ```ts
 * import { StructuredLogger } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const log = new StructuredLogger({
 *   format: "json",
 *   sink: (line) => void lines.push(line),
 * });
 * log.child({ requestId: "r-1" }).info("Answered", { status: 200 });
 *
 * const { ts: _, ...record } = JSON.parse(lines[0] ?? "");
 * assertEquals(record, {
 *   level: "info",
 *   msg: "Answered",
 *   requestId: "r-1",
 *   status: 200,
 * });
 * ```
 */
export class StructuredLogger implements Logger {
  #shared: Shared;
  #fields: LogFields = {};
  /** The bound fields as text: they are rendered once, not for each record. */
  #bound = "";
  #beginning: LineBeginning | undefined;

  /** Makes a logger; see {@linkcode StructuredLoggerOptions}. */
  constructor(options: StructuredLoggerOptions = {}) {
    const { level = "info", format = "auto", sink = stdoutSink() } = options;
    const readable = format === "text" || (format === "auto" && isTerminal());
    this.#shared = {
      level,
      priorities: options.priorities ?? false,
      format: readable ? TEXT_FORMAT : JSON_FORMAT,
      sink,
      lost: 0,
      closed: false,
    };
    if (options.fields) this.#bind(options.fields);
  }

  /** The least severe level that is logged; setting it changes children and parents too. */
  get level(): LogLevel {
    return this.#shared.level;
  }

  set level(level: LogLevel) {
    this.#shared.level = level;
  }

  /** The number of records that were logged and are lost: no room, a failed write, a closed logger. */
  get dropped(): number {
    const { sink, lost } = this.#shared;
    return lost + (sink.dropped?.() ?? 0);
  }

  /** Tells whether records of a level are logged, for values that are dear to collect. */
  isEnabled(level: LogLevel): boolean {
    return RANK[level] >= RANK[this.#shared.level];
  }

  /** Logs what only helps to find a fault. */
  debug(message: string, fields?: LogFields): void {
    this.#log("debug", message, fields);
  }

  /** Logs what happened. */
  info(message: string, fields?: LogFields): void {
    this.#log("info", message, fields);
  }

  /** Logs what an operator should look at some time. */
  warn(message: string, fields?: LogFields): void {
    this.#log("warn", message, fields);
  }

  /** Logs what an operator should look at now. */
  error(message: string, fields?: LogFields): void {
    this.#log("error", message, fields);
  }

  /**
   * Makes a logger whose records carry these fields besides those of its
   * parent. A field of the same name takes the place of the parent's.
   */
  child(fields: LogFields): StructuredLogger {
    const { sink } = this.#shared;
    const child = new StructuredLogger({ sink, format: "json" });
    child.#shared = this.#shared;
    child.#bind({ ...this.#fields, ...fields });
    return child;
  }

  /** Resolves when every record logged so far has been written or dropped. */
  async flush(): Promise<void> {
    await this.#shared.sink.flush?.();
  }

  /** Writes what is left. Records that come later count as dropped. */
  async close(): Promise<void> {
    this.#shared.closed = true;
    await this.#shared.sink.close?.();
  }

  /** The same as {@linkcode StructuredLogger.close | close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #bind(fields: LogFields): void {
    this.#fields = { ...fields };
    this.#beginning = undefined;
    this.#bound = renderFields(this.#shared.format, { fields, stacks: false });
  }

  #log(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (!this.isEnabled(level)) return;
    const shared = this.#shared;
    if (shared.closed) {
      shared.lost++;
      return;
    }
    try {
      this.#write(level, message, fields);
    } catch {
      shared.lost++;
    }
  }

  #write(level: LogLevel, message: string, fields?: LogFields): void {
    const { format, level: threshold, sink } = this.#shared;
    const stacks = threshold === "debug";
    const context = logContext();
    const { start, opening } = this.#begin(level, message);
    if (context || (fields && overlap(this.#fields, fields))) {
      const all = { ...context, ...this.#fields, ...fields };
      const text = renderFields(format, { fields: all, stacks });
      return sink(start + text + format.tail);
    }
    if (!fields) return sink(start + this.#bound + format.tail);
    const whole = format === JSON_FORMAT && sink.parts && wholeFields(fields);
    if (sink.parts && whole && whole !== "{}") {
      return sink.parts(opening, whole.slice(1));
    }
    const text = renderFields(format, { fields, stacks });
    sink(start + this.#bound + text + format.tail);
  }

  /** How a line begins: made once for those that say the same in one ms. */
  #begin(level: LogLevel, message: string): LineBeginning {
    const { format, priorities } = this.#shared;
    const time = timeNow();
    const latest = this.#beginning;
    if (
      latest !== undefined && latest.time === time && latest.level === level &&
      latest.message === message
    ) return latest;
    const head = format.head(time, level, message);
    const start = priorities ? PRIORITY[level] + head : head;
    const opening = `${start}${this.#bound},`;
    return this.#beginning = { time, level, message, start, opening };
  }
}

function overlap(bound: LogFields, fields: LogFields): boolean {
  for (const key in bound) {
    if (Object.hasOwn(fields, key)) return true;
  }
  return false;
}
