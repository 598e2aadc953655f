import { joinScrapes, type JsonMetric, type Scrape } from "@llm-proxy/logging";
import { replyHeaders } from "./_reply_headers.ts";
import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";

/**
 * `GET /metrics`: Prometheus' text format, or OpenMetrics for who prefers it; of
 * all workers, whichever was asked.
 */
export async function getMetrics(
  { gateway, exchange, record }: RequestContext,
): Promise<void> {
  const { contentType, body } = await scrapeAll(
    gateway,
    exchange.header("accept"),
  );
  const headers = replyHeaders(record);
  headers["content-type"] = contentType;
  headers["vary"] += ", accept";
  exchange.send(200, headers, body);
  record.status = 200;
}

/** `GET /metrics/json`: the same numbers as JSON. */
export async function getMetricsJson(context: RequestContext): Promise<void> {
  const { controls: { workers }, metrics } = context.gateway;
  const own = metrics.exporter.json();
  const others = await workers?.ask("json") ?? [];
  const all = [own, ...others.map((text): JsonMetric[] => JSON.parse(text))];
  sendJson(context, { metrics: joined(all.flat()) });
}

async function scrapeAll(
  { controls: { workers }, metrics }: Gateway,
  accept: string | undefined,
): Promise<Scrape> {
  const own = metrics.exporter.scrape(accept);
  if (workers === undefined) return own;
  const { contentType, body } = own;
  const others = await workers.ask(contentType);
  return { contentType, body: joinScrapes([body, ...others]) };
}

/** Each metric once, with the series of all workers. */
function joined(metrics: readonly JsonMetric[]): JsonMetric[] {
  const byName = Map.groupBy(metrics, ({ name }) => name);
  return [...byName.values()].map(([first, ...others]) => ({
    ...first!,
    series: [first!, ...others].flatMap(({ series }) => series),
  }));
}
