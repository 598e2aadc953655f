import type { LabelValues, MetricLabel } from "./metric_label.ts";

/** What a metric says of itself. */
export interface MetricOptions<L extends readonly MetricLabel[]> {
  /** What it counts or measures, in a line for people. */
  readonly help: string;
  /** Its labels. @default {none} */
  readonly labels?: L;
  /** What OpenTelemetry's conventions call it, where they have a name of their own. */
  readonly conventional?: { readonly name: string; readonly unit: string };
}

/** What a histogram says of itself. */
export interface HistogramOptions<L extends readonly MetricLabel[]>
  extends MetricOptions<L> {
  /** The buckets' upper bounds, rising and finite, 64 at most. */
  readonly bounds: readonly number[];
}

/** A metric whose numbers are asked for at each scrape. */
export interface ObservedOptions<L extends readonly MetricLabel[]>
  extends MetricOptions<L> {
  /**
   * Called at each scrape, and reports all numbers there are: what it reports
   * no longer is gone. It must be quick; what it throws is counted.
   */
  readonly observe: (
    report: (value: number, ...labelValues: LabelValues<L>) => void,
  ) => void;
  /**
   * How many numbers it may report, those after them are left out.
   *
   * @default {1 without labels, else 100}
   */
  readonly maxSeries?: number;
}
