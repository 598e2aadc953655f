import type { RequestLogRow, RequestLogValue } from "./request_log.ts";

/** Which requests are wanted: those that fit everything that is given. */
export interface RequestLogFilter {
  /** The field `request_id`. */
  readonly id?: string;
  /** The field `key`. */
  readonly key?: string;
  /** One of `requested_model`, `model`, `answered_by` and `deployment`; a `*` at the end stands for any text. */
  readonly model?: string;
  /** The field `provider`. */
  readonly provider?: string;
  /** The field `route`; a `*` at the end stands for any text. */
  readonly route?: string;
  /** The field `status`: `404`, or `4xx` for all of its hundred. */
  readonly status?: string;
  /** Those that ended at this time or later, in ms since 1970. */
  readonly since?: number;
  /** Those that ended before this time, in ms since 1970. */
  readonly until?: number;
  /** The least of the field `duration_ms`. */
  readonly minDurationMs?: number;
  /** The least of the field `cost_usd`. */
  readonly minCostUsd?: number;
  /** What one of `error`, `error_message` and `cause` contains, in any case; an empty text for every error. */
  readonly error?: string;
}

/** Whether a row is wanted. */
export type RequestLogMatcher = (row: RequestLogRow) => boolean;

const MODELS = ["requested_model", "model", "answered_by", "deployment"];
const ERRORS = ["error", "error_message", "cause"];

/** A function that tells whether a row fits a filter, in time that depends on neither's contents. */
export function matcherOf(filter: RequestLogFilter): RequestLogMatcher {
  const tests: RequestLogMatcher[] = [];
  const { id, key, model, provider, route, status, error } = filter;
  const { since, until, minDurationMs, minCostUsd } = filter;
  const same = (name: string, wanted: string | undefined): void => {
    if (wanted === undefined) return;
    tests.push(({ fields }) => fields[name] === wanted);
  };
  const atLeast = (name: string, least: number | undefined): void => {
    if (least === undefined) return;
    tests.push(({ fields }) => numberOf(fields[name]) >= least);
  };
  same("request_id", id);
  same("key", key);
  same("provider", provider);
  if (route !== undefined) tests.push(anyOf(["route"], wildcard(route)));
  if (model !== undefined) tests.push(anyOf(MODELS, wildcard(model)));
  if (status !== undefined) tests.push(statusOf(status));
  if (since !== undefined) tests.push(({ at }) => at >= since);
  if (until !== undefined) tests.push(({ at }) => at < until);
  atLeast("duration_ms", minDurationMs);
  atLeast("cost_usd", minCostUsd);
  if (error !== undefined) {
    const text = error.toLowerCase();
    tests.push(anyOf(ERRORS, (value) => value.toLowerCase().includes(text)));
  }
  return (row) => tests.every((test) => test(row));
}

function anyOf(
  names: readonly string[],
  test: (value: string) => boolean,
): RequestLogMatcher {
  return ({ fields }) =>
    names.some((name) => {
      const value = fields[name];
      return typeof value === "string" && test(value);
    });
}

function wildcard(wanted: string): (value: string) => boolean {
  if (!wanted.endsWith("*")) return (value) => value === wanted;
  const start = wanted.slice(0, -1);
  return (value) => value.startsWith(start);
}

function statusOf(wanted: string): RequestLogMatcher {
  const [hundred] = /^[1-5](?=xx$)/i.exec(wanted) ?? [];
  return hundred === undefined
    ? ({ fields }) => String(fields.status) === wanted
    : ({ fields }) =>
      Math.floor(numberOf(fields.status) / 100) === Number(hundred);
}

function numberOf(value: RequestLogValue | undefined): number {
  return typeof value === "number" ? value : -Infinity;
}
