/** The levels of log records, from the least to the most severe. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

/** How severe a log record is. */
export type LogLevel = typeof LOG_LEVELS[number];

/**
 * Tells whether a value is a log level.
 *
 * @param value Anything, for example a string from a config file.
 * @returns `true` for `"debug"`, `"info"`, `"warn"` and `"error"`.
 *
 * @example Usage
 * ```ts
 * import { isLogLevel } from "@llm-proxy/logging";
 * import { assert } from "@std/assert";
 *
 * assert(isLogLevel("warn"));
 * assert(!isLogLevel("loud"));
 * ```
 */
export function isLogLevel(value: unknown): value is LogLevel {
  return (LOG_LEVELS as readonly unknown[]).includes(value);
}

/**
 * Reads a log level as people write it: case does not matter, and `warning`
 * means `warn`.
 *
 * @param text The name of the level.
 * @returns The level.
 * @throws {TypeError} when there is no such level.
 *
 * @example Usage
 * ```ts
 * import { parseLogLevel } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(parseLogLevel("WARNING"), "warn");
 * ```
 */
export function parseLogLevel(text: string): LogLevel {
  const name = text.trim().toLowerCase();
  if (isLogLevel(name)) return name;
  if (name === "warning") return "warn";
  const known = LOG_LEVELS.map((level) => `"${level}"`).join(", ");
  throw new TypeError(
    `Cannot read log level ${
      JSON.stringify(text.slice(0, 40))
    }: use one of ${known}`,
  );
}

/**
 * Compares two levels by severity, for sorting and for thresholds.
 *
 * @param a One level.
 * @param b The other level.
 * @returns A number below 0 where `a` is less severe, above 0 where it is
 * more severe, otherwise 0.
 *
 * @example Usage
 * ```ts
 * import { compareLogLevels } from "@llm-proxy/logging";
 * import { assert } from "@std/assert";
 *
 * assert(compareLogLevels("debug", "error") < 0);
 * ```
 */
export function compareLogLevels(a: LogLevel, b: LogLevel): number {
  return LOG_LEVELS.indexOf(a) - LOG_LEVELS.indexOf(b);
}
