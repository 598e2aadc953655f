import { replyHeaders } from "./_reply_headers.ts";
import type { RequestContext } from "./endpoints.ts";

/** Answers with a value of our own making, as JSON. */
export function sendJson(
  { exchange, record }: RequestContext,
  value: unknown,
): void {
  const headers = replyHeaders(record);
  headers["content-type"] = "application/json";
  headers["cache-control"] = "no-store";
  exchange.send(200, headers, JSON.stringify(value));
  record.status = 200;
}
