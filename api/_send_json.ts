import { replyHeaders } from "./_reply_headers.ts";
import type { RequestContext } from "./endpoints.ts";

/** Answers with a value of our own making, as JSON. */
export function sendJson(context: RequestContext, value: unknown): void {
  sendJsonText(context, JSON.stringify(value));
}

/** Answers with JSON. */
export function sendJsonText(
  { exchange, record }: RequestContext,
  body: string,
): void {
  const headers = replyHeaders(record);
  headers["content-type"] = "application/json";
  exchange.send(200, headers, body);
  record.status = 200;
}
