import type { CounterSeries } from "./counter_series.ts";
import type { GatewayInstruments } from "./_gateway_catalogue.ts";
import type { GatewayTarget } from "./gateway_events.ts";
import { genAiProviderName } from "./gen_ai_provider_name.ts";
import type { HistogramSeries } from "./histogram_series.ts";
import type { Metric } from "./metric.ts";
import type { MetricLabel } from "./metric_label.ts";

/**
 * A series of a metric, looked up until it has been found. What goes to the
 * series of `other` is looked up each time: its values may be taken later.
 */
class FoundSeries<S extends { readonly labelValues: readonly string[] }> {
  readonly #metric: Metric<S, readonly MetricLabel[]>;
  readonly #values: readonly string[];
  #found: S | undefined;

  constructor(
    metric: Metric<S, readonly MetricLabel[]>,
    values: readonly string[],
  ) {
    this.#metric = metric;
    this.#values = values;
  }

  get(): S {
    return this.#found ?? this.#find();
  }

  #find(): S {
    const values = this.#values;
    const series = this.#metric.at(...values);
    const { labelValues } = series;
    if (values.every((value, index) => value === labelValues[index])) {
      this.#found = series;
    }
    return series;
  }
}

/** The series that nearly every request to a target goes to, each found once. */
export class TargetSeries {
  readonly attempts: FoundSeries<CounterSeries>;
  readonly latency: FoundSeries<HistogramSeries>;
  readonly operation: FoundSeries<HistogramSeries>;
  readonly firstChunk: FoundSeries<HistogramSeries>;
  readonly inputTokens: FoundSeries<HistogramSeries>;
  readonly outputTokens: FoundSeries<HistogramSeries>;
  readonly cost: FoundSeries<CounterSeries>;
  readonly firstToken: FoundSeries<HistogramSeries>;
  readonly outputToken: FoundSeries<HistogramSeries>;

  constructor(
    metrics: GatewayInstruments,
    { operation, provider, providerType, model }: GatewayTarget,
  ) {
    const place = [provider, model];
    const genAi = [operation, genAiProviderName(providerType), model];
    this.attempts = new FoundSeries(metrics.attempts, [...place, "ok"]);
    this.latency = new FoundSeries(metrics.latency, place);
    this.operation = new FoundSeries(metrics.operation, [...genAi, ""]);
    this.firstChunk = new FoundSeries(metrics.firstChunk, genAi);
    this.inputTokens = new FoundSeries(metrics.tokens, [...genAi, "input"]);
    this.outputTokens = new FoundSeries(metrics.tokens, [...genAi, "output"]);
    this.cost = new FoundSeries(metrics.cost, place);
    this.firstToken = new FoundSeries(metrics.firstToken, genAi);
    this.outputToken = new FoundSeries(metrics.outputToken, genAi);
  }
}
