import {
  requestLogCsv,
  requestLogJson,
  type RequestLogQuery,
  type RequestLogRow,
} from "@llm-proxy/logging";
import { canonicalFields } from "./canonical_line.ts";
import { queryOf } from "./_query.ts";
import { replyHeaders } from "./_reply_headers.ts";
import {
  readRequestLogQuery,
  type RequestLogAsk,
} from "./_request_log_query.ts";
import { isRoleAtLeast } from "./role.ts";
import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";
import { OWNER } from "./subject.ts";
import { pageOfAll } from "./_worker_requests.ts";

/** How many rows of an export are written in one go. */
const CHUNK = 500;

/**
 * `GET /v1/requests`: the last requests, page by page, or as a whole with
 * `format=jsonl` or `csv`. A caller sees the requests of its own key alone; a
 * viewer those of all, and an admin their prompts and answers too, where these
 * are kept. Where no keys are configured, this machine sees all.
 *
 * @throws {GatewayError} 400 `invalid_query`.
 */
export async function getRequests(context: RequestContext): Promise<void> {
  const { gateway, exchange, record } = context;
  const asked = readRequestLogQuery(queryOf(exchange.target), Date.now());
  const { key, access } = record;
  const role = access?.subject.role ?? OWNER.role;
  const seesAll = isRoleAtLeast(role, "viewer");
  const { key: wanted = key } = asked.filter;
  const ask: RequestLogAsk = seesAll ? asked : {
    ...asked,
    filter: { ...asked.filter, ...key !== undefined && { key } },
    // Another's rows are as good as none.
    ...wanted !== key && { after: Number.MAX_SAFE_INTEGER },
  };
  const tell: Tell = isRoleAtLeast(role, "admin")
    ? (row) => row
    : (row) => row.fields.key === key ? row : withoutContent(row);
  if (ask.format !== "json") return await exportRows(context, ask, tell);
  const { rows, next, newest } = await pageOfAll(gateway, ask);
  sendJson(context, {
    object: "list",
    data: rows.map(tell).map(({ cursor, at, fields }) => ({
      cursor,
      ts: new Date(at).toISOString(),
      ...fields,
    })),
    next: next ?? null,
    newest,
  });
}

/** A row, as far as its reader may see it. */
type Tell = (row: RequestLogRow) => RequestLogRow;

function withoutContent(row: RequestLogRow): RequestLogRow {
  const { prompt: _, answer: __, ...fields } = row.fields;
  return { ...row, fields };
}

/** Writes all that fits, or as many as were asked for, in the client's own time. */
async function exportRows(
  { gateway, exchange, record }: RequestContext,
  { format, filter, limit = Infinity, ...from }: RequestLogAsk,
  tell: Tell,
): Promise<void> {
  const isCsv = format === "csv";
  const columns = [...canonicalFields(), "prompt", "answer"];
  const headers = replyHeaders(record);
  headers["content-type"] = isCsv
    ? "text/csv; charset=utf-8"
    : "application/jsonl";
  const stream = exchange.stream(200, headers);
  record.status = 200;
  await stream.write(isCsv ? `cursor,ts,${columns.join(",")}\r\n` : "");
  const line = (row: RequestLogRow): string =>
    isCsv ? `${requestLogCsv(row, columns)}\r\n` : `${requestLogJson(row)}\n`;
  let query: RequestLogQuery | undefined = { filter, ...from };
  let left = limit;
  while (query !== undefined && left > 0) {
    exchange.signal.throwIfAborted();
    const { rows, next } = await pageOfAll(gateway, {
      ...query,
      limit: Math.min(left, CHUNK),
    });
    left -= rows.length;
    await stream.write(rows.map(tell).map(line).join(""));
    query = next === undefined ? undefined : {
      filter,
      ...from.after === undefined ? { before: next } : { after: next },
    };
    // Others have their turn.
    await new Promise((resolve) => setTimeout(resolve));
  }
  stream.end();
}
