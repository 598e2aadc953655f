import { boundText, exposition, numberText } from "./_exposition.ts";
import { acceptsOpenMetrics } from "./_open_metrics_accept.ts";
import type { HistogramSeries } from "./histogram_series.ts";
import type { MetricFamily } from "./metric_family.ts";
import type { MetricsCollector } from "./metrics_collector.ts";

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPEN_METRICS =
  "application/openmetrics-text; version=1.0.0; charset=utf-8";

/** The answer to a scrape. */
export interface Scrape {
  /** The value of the `content-type` header. */
  readonly contentType: string;
  /** The body. */
  readonly body: string;
}

/** What a {@linkcode PrometheusExporter} can be told. */
export interface PrometheusExporterOptions {
  /** What every series carries besides its own labels, for example which of several processes it is. @default {none} */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One series in JSON: a counter's or gauge's has a value, a histogram's buckets. */
export interface JsonSeries {
  /** The labels that have a value. */
  readonly labels: Readonly<Record<string, string>>;
  /** The number; `NaN`, `+Inf` and `-Inf` as text, for JSON has no such numbers. */
  readonly value?: number | string;
  /** How many values were measured. */
  readonly count?: number;
  /** Their sum. */
  readonly sum?: number;
  /** How many values were at most `le`, rising. */
  readonly buckets?: readonly { readonly le: string; readonly count: number }[];
}

/** One metric in JSON. */
export interface JsonMetric {
  /** Its name. */
  readonly name: string;
  /** Its kind. */
  readonly type: MetricFamily["type"];
  /** What it says. */
  readonly help: string;
  /** Its unit. */
  readonly unit?: string;
  /** Its series. */
  readonly series: readonly JsonSeries[];
}

/**
 * Shows a collector's metrics to Prometheus and whatever reads its formats:
 * text 0.0.4, and OpenMetrics 1.0 with exemplars for clients that ask for it.
 * A scrape is one moment's state; 5,000 series take a few milliseconds.
 *
 * @example A server's `/metrics`
 * ```ts
 * import { MetricsCollector, PrometheusExporter } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const exporter = new PrometheusExporter(metrics);
 * metrics.counter("app_starts_total", { help: "Starts." }).at().add();
 *
 * function answer(request: Request): Response {
 *   const accept = request.headers.get("accept") ?? "";
 *   const { contentType, body } = exporter.scrape(accept);
 *   const headers = { "content-type": contentType, "vary": "accept" };
 *   return new Response(body, { headers });
 * }
 *
 * const response = answer(
 *   new Request("http://localhost/metrics", {
 *     headers: { accept: "application/openmetrics-text;version=1.0.0" },
 *   }),
 * );
 * assertEquals((await response.text()).split("\n"), [
 *   "# TYPE app_starts counter",
 *   "# HELP app_starts Starts.",
 *   "app_starts_total 1",
 *   "# EOF",
 *   "",
 * ]);
 * ```
 */
export class PrometheusExporter {
  readonly #metrics: MetricsCollector;
  readonly #labels: Readonly<Record<string, string>>;

  /** Makes an exporter of a collector. */
  constructor(
    metrics: MetricsCollector,
    { labels = {} }: PrometheusExporterOptions = {},
  ) {
    this.#metrics = metrics;
    this.#labels = labels;
  }

  /**
   * Answers a scrape in the format that its `accept` header prefers.
   *
   * @param accept The header; text 0.0.4 is what a client without one gets.
   */
  scrape(accept: string = ""): Scrape {
    return acceptsOpenMetrics(accept)
      ? { contentType: OPEN_METRICS, body: this.openMetrics() }
      : { contentType: TEXT, body: this.text() };
  }

  /** All metrics in Prometheus' text format 0.0.4. */
  text(): string {
    return this.#exposition(false);
  }

  /** All metrics in OpenMetrics 1.0, with exemplars. */
  openMetrics(): string {
    return this.#exposition(true);
  }

  /** All metrics as plain data for `JSON.stringify`. */
  json(): JsonMetric[] {
    return this.#metrics.collect().map((family) => ({
      name: family.name,
      type: family.type,
      help: family.help,
      ...(family.unit !== undefined && { unit: family.unit }),
      series: family.type === "histogram"
        ? family.series.map((series) => ({
          labels: { ...this.#labels, ...labelsOf(family, series.labelValues) },
          ...spread(series, family.bounds),
        }))
        : family.series.map(({ labelValues, value }) => ({
          labels: { ...this.#labels, ...labelsOf(family, labelValues) },
          value: Number.isFinite(value) ? value : numberText(value),
        })),
    }));
  }

  #exposition(openMetrics: boolean): string {
    const labels = this.#labels;
    return exposition(this.#metrics.collect(), { openMetrics, labels });
  }
}

function labelsOf(
  { labelNames }: MetricFamily,
  values: readonly string[],
): Record<string, string> {
  const pairs = labelNames.map((name, index) => [name, values[index] ?? ""]);
  return Object.fromEntries(pairs.filter(([, value]) => value !== ""));
}

function spread(
  series: HistogramSeries,
  bounds: readonly number[],
): Required<Pick<JsonSeries, "count" | "sum" | "buckets">> {
  let count = 0;
  const buckets = series.counts.map((inBucket, bucket) => {
    count += inBucket;
    const bound = bounds[bucket];
    return { le: bound === undefined ? "+Inf" : boundText(bound), count };
  });
  return { count, sum: series.sum, buckets };
}
