import type { ValueSeries } from "./metric_family.ts";

/**
 * A number that goes up and down.
 *
 * @example Usage
 * ```ts
 * import { MetricsCollector } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const inFlight = metrics.gauge("app_in_flight", { help: "Under way." }).at();
 * inFlight.add(1);
 * inFlight.add(-1);
 * assertEquals(inFlight.value, 0);
 * ```
 */
export class GaugeSeries implements ValueSeries {
  /** The values of the metric's labels. */
  readonly labelValues: readonly string[];
  #value = 0;

  /** Made by the metric, at 0. */
  constructor(labelValues: readonly string[]) {
    this.labelValues = labelValues;
  }

  /** The number now. */
  get value(): number {
    return this.#value;
  }

  /** Sets the number. */
  set(value: number): void {
    this.#value = value;
  }

  /** Adds an amount; a negative one lowers the number. */
  add(amount: number): void {
    this.#value += amount;
  }
}
