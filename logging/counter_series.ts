import type { ValueSeries } from "./metric_family.ts";

/**
 * A number that only grows.
 *
 * @example Usage
 * ```ts
 * import { MetricsCollector } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const route = metrics.label("route");
 * const requests = metrics.counter("app_requests_total", {
 *   help: "Requests.",
 *   labels: [route],
 * });
 * const series = requests.with({ route: "/" });
 * series.add();
 * series.add(2);
 * series.add(-1);
 * assertEquals(series.value, 3);
 * ```
 */
export class CounterSeries implements ValueSeries {
  /** The values of the metric's labels. */
  readonly labelValues: readonly string[];
  #value = 0;

  /** Made by the metric, at 0. */
  constructor(labelValues: readonly string[]) {
    this.labelValues = labelValues;
  }

  /** The sum of what was added. */
  get value(): number {
    return this.#value;
  }

  /** Adds an amount, 1 by default; what is negative or not finite is passed over. */
  add(amount: number = 1): void {
    if (amount >= 0 && amount < Infinity) this.#value += amount;
  }
}
