import type { SeriesTable } from "./_series_table.ts";
import type { LabelRecord, LabelValues, MetricLabel } from "./metric_label.ts";

/**
 * A counter, a gauge or a histogram: a series for each set of label values.
 *
 * A series found once can be kept, and updating it is all that then is to be
 * done. Where the values differ from call to call, {@linkcode Metric.at} finds
 * the series in as many look-ups as there are labels.
 *
 * @example Both ways
 * ```ts
 * import { MetricsCollector } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const requests = metrics.counter("app_requests_total", {
 *   help: "Requests.",
 *   labels: [metrics.label("route"), metrics.label("status")],
 * });
 * const kept = requests.with({ route: "/", status: "200" });
 * kept.add();
 * requests.at("/", "200").add();
 * assertEquals(kept.value, 2);
 * ```
 */
export class Metric<S, L extends readonly MetricLabel[]> {
  readonly #labels: L;
  readonly #table: SeriesTable<S>;

  /** Made by a {@linkcode MetricsCollector}. */
  constructor(labels: L, table: SeriesTable<S>) {
    this.#labels = labels;
    this.#table = table;
  }

  /** The series of some label values, given by name. */
  with(labels: LabelRecord<L>): S {
    return this.#table.find(
      this.#labels.map(({ name }: { readonly name: L[number]["name"] }) =>
        labels[name]
      ),
    );
  }

  /** The series of some label values, given in the labels' order. */
  at(...values: LabelValues<L>): S {
    return this.#table.find(values);
  }
}
