import { GatewayError } from "@llm-proxy/core";
import type { RequestLogFilter, RequestLogQuery } from "@llm-proxy/logging";

/** How the rows are given. */
export type RequestLogFormat = "json" | "jsonl" | "csv";

/** What was asked of the request log. */
export interface RequestLogAsk extends RequestLogQuery {
  readonly filter: RequestLogFilter;
  readonly format: RequestLogFormat;
}

const FORMATS: readonly RequestLogFormat[] = ["json", "jsonl", "csv"];
const MAX_TEXT = 256;
const UNITS: ReadonlyMap<string, number> = new Map([
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** The names of the filters, as they are asked for. */
export const FILTERS: readonly string[] = [
  "id",
  "key",
  "model",
  "provider",
  "route",
  "status",
  "since",
  "until",
  "min_duration",
  "min_cost",
  "error",
];
/** How pages and forms are asked for. */
export const PAGING: readonly string[] = ["limit", "before", "after", "format"];

/**
 * Reads what is asked of the request log out of a query.
 *
 * @param now In ms since 1970, for times such as `15m`.
 * @throws {GatewayError} 400 that names the parameter.
 */
export function readRequestLogQuery(query: string, now: number): RequestLogAsk {
  const asked = new URLSearchParams(query);
  for (const name of asked.keys()) {
    if (FILTERS.includes(name) || PAGING.includes(name)) continue;
    throw fault(name, `There is no filter '${name.slice(0, 40)}'`);
  }
  const text = (name: string): string | undefined => {
    const value = asked.get(name) ?? undefined;
    if (value !== undefined && value.length > MAX_TEXT) {
      throw fault(name, `'${name}' is too long`);
    }
    return value;
  };
  const number = (name: string): number | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (/^\d{1,16}(?:\.\d{1,9})?$/.test(value)) return Number(value);
    throw fault(name, `'${name}' must be a number`);
  };
  const time = (name: string): number | undefined => {
    const value = text(name);
    return value === undefined ? undefined : timeOf(name, value, now);
  };
  const status = text("status");
  if (status !== undefined && !/^[1-5](?:\d\d|xx)$/i.test(status)) {
    throw fault("status", "'status' must look like 404 or 4xx");
  }
  const format = text("format") ?? "json";
  if (!isFormat(format)) {
    throw fault("format", `'format' must be one of ${FORMATS.join(", ")}`);
  }
  const seconds = number("min_duration");
  return {
    format,
    ...given("limit", number("limit")),
    ...given("before", number("before")),
    ...given("after", number("after")),
    filter: {
      ...given("id", text("id")),
      ...given("key", text("key")),
      ...given("model", text("model")),
      ...given("provider", text("provider")),
      ...given("route", text("route")),
      ...given("status", status),
      ...given("since", time("since")),
      ...given("until", time("until")),
      ...given("minDurationMs", seconds && seconds * 1_000),
      ...given("minCostUsd", number("min_cost")),
      ...given("error", text("error")),
    },
  };
}

function isFormat(text: string): text is RequestLogFormat {
  return (FORMATS as readonly string[]).includes(text);
}

/** A time, as RFC 3339 has it or as so long ago. */
function timeOf(name: string, text: string, now: number): number {
  const [, amount, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (amount !== undefined) return now - Number(amount) * UNITS.get(unit)!;
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isFinite(at)) return at;
  throw fault(name, `'${name}' must look like 2026-01-31T12:00:00Z or 15m`);
}

function given<K extends string, V>(
  name: K,
  value: V | undefined,
): { readonly [N in K]?: V } {
  return value === undefined ? {} : { [name]: value } as { [N in K]: V };
}

function fault(param: string, what: string): GatewayError {
  return new GatewayError("invalid_request", `${what}`, {
    code: "invalid_query",
    param: param.slice(0, 40),
  });
}
