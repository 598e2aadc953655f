import { checkBounds, MetricNames, unitOf } from "./_metric_names.ts";
import { ObservedMetric } from "./_observed_metric.ts";
import { SeriesBudget } from "./_series_budget.ts";
import { SeriesTable } from "./_series_table.ts";
import { CounterSeries } from "./counter_series.ts";
import { GaugeSeries } from "./gauge_series.ts";
import { HistogramSeries } from "./histogram_series.ts";
import { Metric } from "./metric.ts";
import type { MetricFamily, MetricHead } from "./metric_family.ts";
import { MetricLabel, type MetricLabelOptions } from "./metric_label.ts";
import type {
  HistogramOptions,
  MetricOptions,
  ObservedOptions,
} from "./metric_options.ts";
import { Redactor } from "./redactor.ts";

/** Bounds of a {@linkcode MetricsCollector}. */
export interface MetricsCollectorOptions {
  /**
   * How many time series there are at most, as a monitoring system counts
   * them: a histogram's buckets, sum and count are one each. A series takes
   * some 200 bytes.
   *
   * @default {5_000}
   */
  readonly maxSeries?: number;
  /** What no label value may contain. @default {keys of well-known looks} */
  readonly redactor?: Redactor;
  /** The wall clock for exemplars, in ms since 1970. @default {Date.now} */
  readonly now?: () => number;
}

/**
 * The counters, gauges and histograms of a program, in bounded memory. Updates
 * cost some ten to a hundred nanoseconds and never throw; label values that are
 * too many, or that should not be seen, become `other` (X13).
 *
 * @example A counter, a histogram and a gauge that is asked
 * ```ts
 * import { MetricsCollector, PrometheusExporter } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const route = metrics.label("route");
 * const requests = metrics.counter("app_requests_total", {
 *   help: "Requests answered.",
 *   labels: [route],
 * });
 * metrics.observedGauge("app_queue_length", {
 *   help: "Requests that wait.",
 *   observe: (report) => report(3),
 * });
 *
 * requests.at("/users").add();
 * assertEquals(new PrometheusExporter(metrics).text().split("\n"), [
 *   "# HELP app_requests_total Requests answered.",
 *   "# TYPE app_requests_total counter",
 *   'app_requests_total{route="/users"} 1',
 *   "# HELP app_queue_length Requests that wait.",
 *   "# TYPE app_queue_length gauge",
 *   "app_queue_length 3",
 *   "",
 * ]);
 * ```
 */
export class MetricsCollector {
  readonly #budget: SeriesBudget;
  readonly #redactor: Redactor;
  readonly #now: () => number;
  readonly #names = new MetricNames();
  readonly #families: (() => MetricFamily)[] = [];
  #failures = 0;

  /**
   * Makes an empty collector.
   *
   * @throws {RangeError} when `maxSeries` is no whole number.
   */
  constructor(options: MetricsCollectorOptions = {}) {
    const { maxSeries = 5_000 } = options;
    if (!Number.isSafeInteger(maxSeries) || maxSeries < 0) {
      throw new RangeError(
        `MetricsCollector: 'maxSeries' must be a whole number, not ${maxSeries}`,
      );
    }
    this.#budget = new SeriesBudget(maxSeries);
    this.#redactor = options.redactor ?? new Redactor();
    this.#now = options.now ?? Date.now;
  }

  /** How many time series are taken, with what is reserved for observed metrics and `other`. */
  get seriesCount(): number {
    return this.#budget.used;
  }

  /** How many updates went to `other`, and how many observed numbers were left out. */
  get folded(): number {
    return this.#budget.folded;
  }

  /** How often the `observe` of a metric threw. */
  get observeFailures(): number {
    return this.#failures;
  }

  /**
   * Makes a label, to be used by any number of this collector's metrics.
   *
   * @throws {RangeError} when the name is not one, or an option makes no sense.
   */
  label<const N extends string>(
    name: N,
    options: MetricLabelOptions = {},
  ): MetricLabel<N> {
    return new MetricLabel(name, { ...options, redactor: this.#redactor });
  }

  /**
   * Declares a counter; its name ends in `_total`.
   *
   * @throws {RangeError} when the name is no counter's or taken, or no series are left.
   */
  counter<const L extends readonly MetricLabel[] = []>(
    name: string,
    options: MetricOptions<L>,
  ): Metric<CounterSeries, L> {
    const head = this.#head(name, "counter", options);
    const table = this.#table(head, {
      labels: labelsOf(options),
      create: (values) => new CounterSeries(values),
      cost: 1,
    });
    this.#families.push(() => ({
      ...head,
      type: "counter",
      series: table.all,
    }));
    return new Metric(labelsOf(options), table);
  }

  /**
   * Declares a gauge.
   *
   * @throws {RangeError} when the name is no gauge's or taken, or no series are left.
   */
  gauge<const L extends readonly MetricLabel[] = []>(
    name: string,
    options: MetricOptions<L>,
  ): Metric<GaugeSeries, L> {
    const head = this.#head(name, "gauge", options);
    const table = this.#table(head, {
      labels: labelsOf(options),
      create: (values) => new GaugeSeries(values),
      cost: 1,
    });
    this.#families.push(() => ({ ...head, type: "gauge", series: table.all }));
    return new Metric(labelsOf(options), table);
  }

  /**
   * Declares a histogram, for values that are not negative.
   *
   * @throws {RangeError} when the name is no histogram's or taken, the bounds
   * do not rise, or no series are left.
   */
  histogram<const L extends readonly MetricLabel[] = []>(
    name: string,
    options: HistogramOptions<L>,
  ): Metric<HistogramSeries, L> {
    const bounds = checkBounds(name, options.bounds);
    const head = this.#head(name, "histogram", options);
    const columns = Float64Array.from(bounds);
    const table = this.#table(head, {
      labels: labelsOf(options),
      create: (values) =>
        new HistogramSeries(values, { bounds: columns, now: this.#now }),
      // The bucket of +Inf, the sum and the count are the three.
      cost: bounds.length + 3,
    });
    this.#families.push(() => ({
      ...head,
      type: "histogram",
      bounds,
      series: table.all,
    }));
    return new Metric(labelsOf(options), table);
  }

  /**
   * Declares a gauge whose numbers are asked for at each scrape.
   *
   * @throws {RangeError} when the name is no gauge's or taken, or no series are left.
   */
  observedGauge<const L extends readonly MetricLabel[] = []>(
    name: string,
    options: ObservedOptions<L>,
  ): void {
    const head = this.#head(name, "gauge", options);
    const metric = this.#observed(head, options);
    this.#families.push(() => ({
      ...head,
      type: "gauge",
      series: metric.observe(),
    }));
  }

  /**
   * Declares a counter that something else counts, and that is asked at each
   * scrape. Its name ends in `_total`.
   *
   * @throws {RangeError} when the name is no counter's or taken, or no series are left.
   */
  observedCounter<const L extends readonly MetricLabel[] = []>(
    name: string,
    options: ObservedOptions<L>,
  ): void {
    const head = this.#head(name, "counter", options);
    const metric = this.#observed(head, options);
    this.#families.push(() => ({
      ...head,
      type: "counter",
      series: metric.observe().filter(({ value }) =>
        value >= 0 && value < Infinity
      ),
    }));
  }

  /** All metrics in the order of their declaration, observed ones asked now. */
  collect(): MetricFamily[] {
    return this.#families.map((family) => family());
  }

  #head<L extends readonly MetricLabel[]>(
    name: string,
    type: MetricFamily["type"],
    options: MetricOptions<L>,
  ): MetricHead {
    this.#names.add(name, type);
    const labelNames = labelsOf(options).map((label) => label.name);
    if (new Set(labelNames).size < labelNames.length) {
      throw new RangeError(`Metric '${name}' has a label twice`);
    }
    const { help, conventional } = options;
    const head = { name, help, unit: unitOf(name), labelNames };
    if (conventional === undefined) return head;
    const labels = labelsOf(options).map((label) => label.conventional);
    return { ...head, conventional: { ...conventional, labels } };
  }

  #table<S>(
    { name }: MetricHead,
    { labels, create, cost }: {
      readonly labels: readonly MetricLabel[];
      readonly create: (labelValues: readonly string[]) => S;
      readonly cost: number;
    },
  ): SeriesTable<S> {
    const budget = this.#budget;
    return new SeriesTable(labels, { name, create, budget, cost });
  }

  #observed<L extends readonly MetricLabel[]>(
    { name }: MetricHead,
    options: ObservedOptions<L>,
  ): ObservedMetric {
    const labels = labelsOf(options);
    const { maxSeries = labels.length === 0 ? 1 : 100, observe } = options;
    this.#budget.reserve(maxSeries, name);
    return new ObservedMetric({
      labels,
      observe,
      maxSeries,
      budget: this.#budget,
      failed: () => this.#failures++,
    });
  }
}

/** The labels of a metric; one that names none has none. */
function labelsOf<L extends readonly MetricLabel[]>(
  { labels }: { readonly labels?: L },
): L {
  return labels ?? ([] as readonly MetricLabel[] as L);
}
