import type { HistogramSeries } from "./histogram_series.ts";

/** One number under some label values. */
export interface ValueSeries {
  /** The values of the family's labels, in their order; an empty one is no label. */
  readonly labelValues: readonly string[];
  /** The number now. */
  readonly value: number;
}

/** What OpenTelemetry's conventions call a metric. */
export interface ConventionalName {
  /** Its name, for example `gen_ai.client.token.usage`. */
  readonly name: string;
  /** Its unit, as UCUM writes it. */
  readonly unit: string;
  /** Its labels, in the order of the family's. */
  readonly labels: readonly string[];
}

/** What a metric is, whatever its kind. */
export interface MetricHead {
  /** The metric's name; a counter's ends in `_total`. */
  readonly name: string;
  /** What it says, in a line for people. */
  readonly help: string;
  /** The unit that the name ends in, where it ends in one. */
  readonly unit: string | undefined;
  /** The names of its labels. */
  readonly labelNames: readonly string[];
  /** What OpenTelemetry's conventions call it, where they have names of their own. */
  readonly conventional?: ConventionalName;
}

/** A counter or a gauge with all its series. */
export interface ValueFamily extends MetricHead {
  /** A counter never falls, save to 0 at a restart. */
  readonly type: "counter" | "gauge";
  /** Its series: they live, so read them at once. */
  readonly series: readonly ValueSeries[];
}

/** A histogram with all its series. */
export interface HistogramFamily extends MetricHead {
  /** Tells it from the others. */
  readonly type: "histogram";
  /** The buckets' upper bounds, rising, the last one (+Inf) left out. */
  readonly bounds: readonly number[];
  /** Its series: they live, so read them at once. */
  readonly series: readonly HistogramSeries[];
}

/** A metric with all its series, for exporters. */
export type MetricFamily = ValueFamily | HistogramFamily;
