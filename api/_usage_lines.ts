import type { LedgerAttempt, LedgerRow } from "@llm-proxy/context";

const PICO_IN_MICRO = 1_000_000;

/** The columns of an export, by attempt. */
const COLUMNS: readonly (readonly [
  name: string,
  read: (row: LedgerRow, attempt: LedgerAttempt | undefined) => unknown,
])[] = [
  ["id", (row) => row.id],
  ["time", (row) => new Date(row.at).toISOString()],
  ["state", (row) => row.state],
  ["route", (row) => row.route],
  ["key", (row) => row.key],
  ["user", (row) => row.user],
  ["team", (row) => row.team],
  ["organisation", (row) => row.organisation],
  ["requested_model", (row) => row.model],
  ["status", (row) => row.status],
  ["error", (row) => row.error],
  ["cache", (row) => row.cache],
  ["duration_ms", (row) => row.durationMs],
  ["attempt", (row, it) => it && row.attempts.indexOf(it) + 1],
  ["provider", (_, it) => it?.provider],
  ["model", (_, it) => it?.model],
  ["outcome", (_, it) => it?.outcome],
  ["input_tokens", (_, it) => it?.usage?.input],
  ["cached_tokens", (_, it) => it?.usage?.cached],
  ["cache_write_tokens", (_, it) => it?.usage?.cacheWrite],
  ["output_tokens", (_, it) => it?.usage?.output],
  ["reasoning_tokens", (_, it) => it?.usage?.reasoning],
  ["estimated", (_, it) => it?.usage && it.usage.isEstimated === true],
  ["cost_microdollars", (_, it) => micro(it?.cost)],
  ["reported_microdollars", (_, it) => micro(it?.reported)],
  ["price_source", (_, it) => it?.price?.source],
  ["price_version", (_, it) => it?.price?.version],
];

/** The first line of an export as CSV (RFC 4180). */
export function csvHead(): string {
  return `${COLUMNS.map(([name]) => name).join(",")}\r\n`;
}

/** The lines of a request as CSV: one for each attempt, or one where there was none. */
export function csvLines(row: LedgerRow): string {
  const attempts = row.attempts.length > 0 ? row.attempts : [undefined];
  return attempts.map((attempt) =>
    `${COLUMNS.map(([, read]) => cell(read(row, attempt))).join(",")}\r\n`
  ).join("");
}

/** The line of a request as JSON. */
export function jsonLines({ cost, attempts, ...row }: LedgerRow): string {
  return `${
    JSON.stringify({
      ...row,
      cost_microdollars: micro(cost),
      attempts: attempts.map(
        ({ cost, reported, reserved, charges: _, ...attempt }) => ({
          ...attempt,
          cost_microdollars: micro(cost),
          reported_microdollars: micro(reported),
          reserved_microdollars: micro(reserved),
        }),
      ),
    })
  }\n`;
}

function micro(pico: number | undefined): number | undefined {
  return pico === undefined ? undefined : pico / PICO_IN_MICRO;
}

/** A cell; one that a spreadsheet would take for a formula is kept from that. */
function cell(value: unknown): string {
  if (value === undefined) return "";
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value)
    ? `'${value}`
    : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
