import {
  daysBetween,
  type LedgerRow,
  ledgerRows,
  type RowQuery,
  type UsageDimension,
  usageReport,
  type UsageTotals,
} from "@llm-proxy/context";
import { GatewayError } from "@llm-proxy/core";
import { askState } from "./_ask_state.ts";
import type { RequestContext } from "./endpoints.ts";
import { checkQuery } from "./_known_query.ts";
import { queryOf } from "./_query.ts";
import { replyHeaders } from "./_reply_headers.ts";
import { sendJson } from "./_send_json.ts";
import { csvHead, csvLines, jsonLines } from "./_usage_lines.ts";

const DIMENSIONS: readonly UsageDimension[] = [
  "day",
  "key",
  "team",
  "model",
  "provider",
];
const DAY_MS = 86_400_000;
const PICO_IN_MICRO = 1_000_000;
/** So many days has an export for who is no admin. */
const MAX_OWN_DAYS = 31;
/** How much text of an export is gathered before it is written. */
const PIECE = 65_536;

/**
 * `GET /v1/usage?from=&to=&by=day,model&key=&team=`: what requests came to, the
 * caller's own, or for viewers, operators and admins those of all. Days are in UTC, the last 30 by
 * default; costs are micro-dollars.
 *
 * @throws {GatewayError} 400 where the query is none.
 */
export async function getUsage(context: RequestContext): Promise<void> {
  const query = new URLSearchParams(queryOf(context.exchange.target));
  checkQuery(query, ["from", "to", "by", "key", "team"]);
  const by = (query.get("by") ?? "").split(",").filter((it) => it !== "");
  const odd = by.find((it) => !isDimension(it));
  if (odd !== undefined) {
    throw badQuery("by", `'by' takes ${DIMENSIONS.join(", ")}`);
  }
  const rows = rowQuery(context, query);
  const data = await reading(() =>
    usageReport(context.gateway.state, {
      ...rows,
      team: query.get("team") ?? undefined,
      by: by as UsageDimension[],
    })
  );
  const { from, to } = rows;
  sendJson(context, { object: "list", from, to, data: data.map(toldOf) });
}

/**
 * `GET /v1/usage/export?from=&to=&format=jsonl|csv&key=`: the rows themselves,
 * a line for each request (JSON) or for each attempt (CSV).
 *
 * @throws {GatewayError} 400 where the query is none; 404 without a ledger.
 */
export async function exportUsage(context: RequestContext): Promise<void> {
  const { gateway, exchange, record } = context;
  const query = new URLSearchParams(queryOf(exchange.target));
  checkQuery(query, ["from", "to", "format", "key"]);
  const format = query.get("format") ?? "jsonl";
  if (format !== "jsonl" && format !== "csv") {
    throw badQuery("format", "'format' is jsonl or csv");
  }
  const wanted = rowQuery(context, query);
  // A key's own rows are found among all.
  const days = await reading(() =>
    Promise.try(daysBetween, wanted.from, wanted.to)
  );
  if (!seesAll(record) && days.length > MAX_OWN_DAYS) {
    throw badQuery("from", `an export has ${MAX_OWN_DAYS} days at most`);
  }
  const rows = ledgerRows(gateway.state, wanted);
  // The first one tells whether there is anything wrong.
  const first = await reading(() => rows.next());
  const isCsv = format === "csv";
  const headers = replyHeaders(record);
  headers["content-type"] = isCsv
    ? "text/csv; charset=utf-8"
    : "application/jsonl";
  const reply = exchange.stream(200, headers);
  record.status = 200;
  let text = isCsv ? csvHead() : "";
  try {
    for (let { value, done } = first; !done;) {
      const row = value as LedgerRow;
      text += isCsv ? csvLines(row) : jsonLines(row);
      if (text.length >= PIECE) {
        await reply.write(text);
        text = "";
        exchange.signal.throwIfAborted();
      }
      ({ value, done } = await rows.next());
    }
    await reply.write(text);
    reply.end();
  } catch (error) {
    reply.fail();
    throw error;
  }
}

/** Whether a caller may see what others have used. */
function seesAll({ access }: RequestContext["record"]): boolean {
  return access === undefined || access.subject.role !== "client";
}

/** The days, and whose rows the caller may see. */
function rowQuery(
  { record }: RequestContext,
  query: URLSearchParams,
): RowQuery {
  const asked = query.get("key") ?? undefined;
  const key = seesAll(record) ? asked : record.key;
  if (asked !== undefined && asked !== key) {
    // The same whether there is such a key or not.
    throw new GatewayError("permission", "A key sees its own usage alone", {
      code: "insufficient_permissions",
      param: "key",
    });
  }
  const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const to = query.get("to") ?? day(Date.now());
  const end = Date.parse(`${to}T00:00:00Z`);
  const from = query.get("from") ??
    (Number.isNaN(end) ? to : day(end - 29 * DAY_MS));
  return { from, to, key };
}

/** Reads the store: what is wrong with the query is told as that. */
async function reading<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await askState(work);
  } catch (error) {
    if (error instanceof RangeError) throw badQuery("from", error.message);
    throw error;
  }
}

function toldOf(
  { of, cost, reportedCost, ...totals }: UsageTotals,
): object {
  const { cacheWrite, ...counts } = totals;
  return {
    ...of,
    requests: counts.requests,
    failed: counts.failed,
    attempts: counts.attempts,
    input_tokens: counts.input,
    cached_tokens: counts.cached,
    cache_write_tokens: cacheWrite,
    output_tokens: counts.output,
    reasoning_tokens: counts.reasoning,
    cost_microdollars: Number(cost) / PICO_IN_MICRO,
    estimated_attempts: counts.estimated,
    unpriced_attempts: counts.unpriced,
    reported_attempts: counts.reported,
    reported_microdollars: Number(reportedCost) / PICO_IN_MICRO,
  };
}

function isDimension(name: string): name is UsageDimension {
  return DIMENSIONS.some((it) => it === name);
}

function badQuery(param: string, message: string): GatewayError {
  return new GatewayError("invalid_request", `Cannot read usage: ${message}`, {
    code: "invalid_query",
    param,
  });
}
