import type { LogLevel } from "./level.ts";

/** Named values that belong to a log record. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What code that logs needs of a logger. `StructuredLogger` is one; any other
 * object with these methods can take its place. The optional members are for
 * those that leave records out, or keep them back.
 */
export interface Logger {
  /** Logs what only helps to find a fault. */
  debug(message: string, fields?: LogFields): void;
  /** Logs what happened. */
  info(message: string, fields?: LogFields): void;
  /** Logs what an operator should look at some time. */
  warn(message: string, fields?: LogFields): void;
  /** Logs what an operator should look at now. */
  error(message: string, fields?: LogFields): void;
  /** Makes a logger whose records all carry the given fields. */
  child(fields: LogFields): Logger;
  /** Tells whether records of a level are logged. @default {all are} */
  isEnabled?(level: LogLevel): boolean;
  /** The least severe level that is logged, which can be set. */
  level?: LogLevel | undefined;
  /** The number of records that were logged and are lost. @default {0} */
  readonly dropped?: number;
  /** Resolves when every record logged so far has been written or dropped. */
  flush?(): Promise<void>;
  /** Writes what is left. Resolves within a few seconds. */
  close?(): Promise<void>;
}
