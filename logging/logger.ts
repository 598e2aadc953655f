/** Named values that belong to a log record. */
export type LogFields = Readonly<Record<string, unknown>>;

/**
 * What code that logs needs of a logger. `StructuredLogger` is one; any other
 * object with these methods can take its place.
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
}
