import { replyHeaders } from "./_reply_headers.ts";
import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";

/** `GET /metrics`: Prometheus' text format, or OpenMetrics for who prefers it. */
export function getMetrics(
  { gateway, exchange, record }: RequestContext,
): void {
  const accept = exchange.header("accept");
  const { contentType, body } = gateway.metrics.exporter.scrape(accept);
  const headers = replyHeaders(record);
  headers["content-type"] = contentType;
  headers["cache-control"] = "no-store";
  headers["vary"] = "accept";
  exchange.send(200, headers, body);
  record.status = 200;
}

/** `GET /metrics/json`: the same numbers as JSON. */
export function getMetricsJson(context: RequestContext): void {
  sendJson(context, { metrics: context.gateway.metrics.exporter.json() });
}
