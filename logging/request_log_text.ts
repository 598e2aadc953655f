import type { RequestLogRow, RequestLogValue } from "./request_log.ts";

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * A row as a line of JSON, its time and cursor with it.
 *
 * @example Usage
 * ```ts
 * import { requestLogJson } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const row = { cursor: 7, at: 0, fields: { status: 200 } };
 * assertEquals(
 *   requestLogJson(row),
 *   '{"cursor":7,"ts":"1970-01-01T00:00:00.000Z","status":200}',
 * );
 * ```
 */
export function requestLogJson({ cursor, at, fields }: RequestLogRow): string {
  return JSON.stringify({ cursor, ts: new Date(at).toISOString(), ...fields });
}

/**
 * A row as a line of CSV (RFC 4180), with these columns of its fields behind its
 * cursor and time. A text that a spreadsheet would take for a formula gets a `'`
 * before it.
 *
 * @example Usage
 * ```ts
 * import { requestLogCsv } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const row = { cursor: 7, at: 0, fields: { status: 200, error: 'a, "b"' } };
 * assertEquals(
 *   requestLogCsv(row, ["status", "key", "error"]),
 *   '7,1970-01-01T00:00:00.000Z,200,,"a, ""b"""',
 * );
 * ```
 */
export function requestLogCsv(
  { cursor, at, fields }: RequestLogRow,
  columns: readonly string[],
): string {
  const cells = columns.map((name) => cell(fields[name]));
  return [cursor, new Date(at).toISOString(), ...cells].join(",");
}

function cell(value: RequestLogValue | undefined): string {
  if (value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
