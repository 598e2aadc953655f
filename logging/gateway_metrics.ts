import {
  declareCounted,
  type GatewayInstruments,
} from "./_gateway_catalogue.ts";
import { declareObserved } from "./_gateway_observed.ts";
import type {
  AttemptEnded,
  CacheLookup,
  CondensedRequest,
  GatewayTarget,
  GatewayViews,
  GuardrailEnded,
  LimitRefused,
  RequestEnded,
} from "./gateway_events.ts";
import { genAiProviderName } from "./gen_ai_provider_name.ts";
import type { HistogramSeries } from "./histogram_series.ts";
import type { MetricLabel } from "./metric_label.ts";
import type { MetricsCollector } from "./metrics_collector.ts";
import { declareProcessMetrics } from "./process_metrics.ts";
import { TargetSeries } from "./_target_series.ts";

/** What {@linkcode GatewayMetrics} needs to know. */
export interface GatewayMetricsOptions {
  /** The gateway's version. */
  readonly version: string;
  /** How the gateway stands, asked at each scrape. @default {nothing is shown} */
  readonly views?: GatewayViews;
  /** The models that the config names. @default {none} */
  readonly models?: Iterable<string>;
  /** How many models and deployments have series of their own. @default {100} */
  readonly maxModels?: number;
}

/**
 * Every metric of the gateway, and what happens to be counted. Those of
 * OpenTelemetry's conventions for generative AI have the names that the
 * conventions come to in Prometheus (`gen_ai.client.operation.duration`, in
 * seconds, is `gen_ai_client_operation_duration_seconds`).
 *
 * A model has series of its own once the config names it or a provider has
 * answered for it. Until then it is `other`: callers choose such names (X13).
 *
 * @example One request
 * ```ts
 * import { GatewayMetrics, MetricsCollector, PrometheusExporter } from "@llm-proxy/logging";
 * import { assertMatch } from "@std/assert";
 *
 * const collector = new MetricsCollector();
 * const metrics = new GatewayMetrics(collector, { version: "1.0.0" });
 * const target = {
 *   operation: "chat",
 *   provider: "openai-eu",
 *   providerType: "openai",
 *   model: "gpt-4o",
 * };
 *
 * metrics.requestStarted();
 * metrics.attemptEnded({ target, outcome: "ok", durationMs: 850 });
 * metrics.requestEnded({
 *   method: "POST",
 *   route: "/v1/chat/completions",
 *   status: 200,
 *   durationMs: 852,
 *   target,
 *   usage: { input: 40, output: 7 },
 * });
 *
 * const text = new PrometheusExporter(collector).text();
 * assertMatch(text, /proxy_api_provider_requests_total{provider="openai-eu",model="gpt-4o",status="ok"} 1/);
 * assertMatch(text, /gen_ai_client_token_usage_sum{.*gen_ai_token_type="input"} 40/);
 * ```
 */
export class GatewayMetrics {
  readonly #metrics: GatewayInstruments;
  readonly #models: readonly MetricLabel[];
  /** By the object: whoever counts keeps one for each target. */
  readonly #series = new WeakMap<GatewayTarget, TargetSeries>();

  /**
   * Declares all metrics.
   *
   * @throws {RangeError} when the collector has not enough series left, or one
   * of the names already.
   */
  constructor(collector: MetricsCollector, options: GatewayMetricsOptions) {
    const { models = [], maxModels = 100 } = options;
    const known = { max: maxModels, auto: false } as const;
    const model = collector.label("model", known);
    const requestModel = collector.label("gen_ai_request_model", {
      ...known,
      conventional: "gen_ai.request.model",
    });
    this.#models = [model, requestModel];
    this.know(models);
    this.#metrics = declareCounted(collector, { model, requestModel });
    declareObserved(collector, { ...options, model, maxModels });
    declareProcessMetrics(collector);
  }

  /** Gives models series of their own, as long as there is room. */
  know(models: Iterable<string>): void {
    for (const name of models) this.#know(name);
  }

  /** Counts a request that begins; {@linkcode GatewayMetrics.requestEnded} must follow. */
  requestStarted(): void {
    this.#metrics.inFlight.add(1);
  }

  /** Counts a request that has ended, however it ended. */
  requestEnded(event: RequestEnded): void {
    const { method, route, durationMs, traceId, target, error } = event;
    const metrics = this.#metrics;
    metrics.inFlight.add(-1);
    metrics.requests.at(method, route, String(event.status)).add();
    metrics.duration.at(method, route).observe(durationMs / 1_000, traceId);
    if (event.queuedMs !== undefined) {
      metrics.queued.observe(event.queuedMs / 1_000, traceId);
    }
    if (event.overheadMs !== undefined) {
      metrics.overhead.observe(event.overheadMs / 1_000, traceId);
    }
    if (target !== undefined) this.#answered(event, target);
    else if (error?.kind === "authentication" || error?.kind === "permission") {
      metrics.refusedKeys.at(error.code).add();
    }
  }

  /** Counts an attempt at a provider that has ended. */
  attemptEnded(event: AttemptEnded): void {
    const { target, outcome, durationMs, firstChunkMs, traceId } = event;
    const series = this.#seriesOf(target);
    const seconds = durationMs / 1_000;
    if (outcome === "ok") {
      this.#know(target.model);
      series.attempts.get().add();
      series.operation.get().observe(seconds, traceId);
    } else this.#failed(target, outcome).observe(seconds, traceId);
    series.latency.get().observe(seconds, traceId);
    if (firstChunkMs === undefined) return;
    series.firstChunk.get().observe(firstChunkMs / 1_000, traceId);
  }

  /** Counts a request that a limit refused. */
  limitRefused({ limit, unit }: LimitRefused): void {
    this.#metrics.refusals.at(limit, unit).add();
  }

  /** Counts a look into a cache. */
  cacheLookup({ cache, hit }: CacheLookup): void {
    const { cacheHits, cacheMisses } = this.#metrics;
    (hit ? cacheHits : cacheMisses).at(cache).add();
  }

  /** Counts a conversation that was made shorter. */
  condensed({ reason, savedTokens }: CondensedRequest): void {
    const { condensations, condensedTokens } = this.#metrics;
    condensations.at(reason).add();
    if (savedTokens > 0) condensedTokens.at(reason).add(savedTokens);
  }

  /** Counts what a guardrail came to on one request. */
  guardrailEnded({ guardrail, outcome }: GuardrailEnded): void {
    this.#metrics.guardrails.at(guardrail, outcome).add();
  }

  /** Takes the event loop's delay, in seconds: give it to a `LoopDelay`. */
  loopDelayed(seconds: number): void {
    this.#metrics.loopDelay.observe(seconds);
  }

  /** What is known only of requests that went to a model. */
  #answered(event: RequestEnded, target: GatewayTarget): void {
    const { usage, costUsd, firstTokenMs, durationMs, traceId, error } = event;
    const series = this.#seriesOf(target);
    if (usage !== undefined) {
      series.inputTokens.get().observe(usage.input);
      series.outputTokens.get().observe(usage.output);
    }
    if (costUsd !== undefined) series.cost.get().add(costUsd);
    if (firstTokenMs === undefined || error !== undefined) return;
    series.firstToken.get().observe(firstTokenMs / 1_000, traceId);
    const later = (usage?.output ?? 0) - 1;
    if (later < 1) return;
    series.outputToken.get()
      .observe((durationMs - firstTokenMs) / 1_000 / later, traceId);
  }

  /** Counts an attempt that failed; gives back where its time goes. */
  #failed(target: GatewayTarget, outcome: string): HistogramSeries {
    const { operation, provider, providerType, model } = target;
    const type = genAiProviderName(providerType);
    this.#metrics.attempts.at(provider, model, outcome).add();
    return this.#metrics.operation.at(operation, type, model, outcome);
  }

  #seriesOf(target: GatewayTarget): TargetSeries {
    let series = this.#series.get(target);
    if (series === undefined) {
      series = new TargetSeries(this.#metrics, target);
      this.#series.set(target, series);
    }
    return series;
  }

  #know(model: string): void {
    for (const label of this.#models) label.add(model);
  }
}
