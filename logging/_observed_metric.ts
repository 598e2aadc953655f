import type { SeriesBudget } from "./_series_budget.ts";
import type { ValueSeries } from "./metric_family.ts";
import type { MetricLabel } from "./metric_label.ts";

/** Takes one number under some label values. */
type Report = (value: number, ...labelValues: readonly string[]) => void;

/** What an {@linkcode ObservedMetric} is made of. */
export interface ObservedMetricOptions {
  readonly labels: readonly MetricLabel[];
  readonly observe: (report: Report) => void;
  readonly maxSeries: number;
  readonly budget: SeriesBudget;
  /** Told when `observe` threw. */
  readonly failed: () => void;
}

/** A metric whose numbers are asked for at each scrape. */
export class ObservedMetric {
  readonly #options: ObservedMetricOptions;

  constructor(options: ObservedMetricOptions) {
    this.#options = options;
  }

  /** Asks for the numbers. Of those with the same labels the last one counts. */
  observe(): ValueSeries[] {
    const { labels, maxSeries, budget, observe, failed } = this.#options;
    const series = new Map<string, ValueSeries>();
    const report: Report = (value, ...values) => {
      if (typeof value !== "number") return;
      const labelValues = labels.map((_, index) => values[index] ?? "");
      const key = labelValues.join("\n");
      const fits = (series.size < maxSeries || series.has(key)) &&
        labels.every((label, index) => label.admits(labelValues[index] ?? ""));
      if (fits) series.set(key, { labelValues, value });
      else budget.folded++;
    };
    try {
      observe(report);
    } catch {
      // One part that fails must not hide how all others are.
      failed();
    }
    return [...series.values()];
  }
}
