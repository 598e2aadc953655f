import type { AttemptRecord } from "@llm-proxy/core";
import type { Deployment } from "@llm-proxy/core/routing";
import {
  type CacheLookup,
  GatewayMetrics,
  type LimitRefused,
  LoopDelay,
  MetricsCollector,
  PrometheusExporter,
  Redactor,
} from "@llm-proxy/logging";
import { secretsOf } from "./_config_secret_list.ts";
import { gatewayViews } from "./_gateway_views.ts";
import { MetricTargets } from "./_metric_targets.ts";
import type { Gateway } from "./gateway.ts";
import type { GatewayOptions } from "./_gateway_options.ts";
import { RequestTelemetry } from "./_request_telemetry.ts";
import type { RequestRecord } from "./request_record.ts";
import { VERSION } from "./version.ts";

/** So many deployments of models that only callers name are shown. */
const MAX_ANSWERED = 100;

/** What is counted of requests, and shown to whoever scrapes it. */
export class RequestMetrics {
  readonly #metrics: GatewayMetrics;
  readonly #exporter: PrometheusExporter;
  /** What may not be told: the secrets of the config. */
  readonly redactor: Redactor;
  #secrets: readonly string[] = [];
  readonly #targets = new MetricTargets();
  #gateway: Gateway | undefined;
  /** Deployments that have answered: the config may name none of their models. */
  readonly #answered = new Map<string, Deployment>();
  #delay: LoopDelay | undefined;

  /** What is sent of them. */
  readonly telemetry: RequestTelemetry;

  /** Counts nothing yet. Of several workers each shows its own number. */
  constructor(
    { logger, redactor = new Redactor(), controls }: Pick<
      GatewayOptions,
      "logger" | "redactor" | "controls"
    >,
  ) {
    const workers = controls?.workers;
    this.redactor = redactor;
    const collector = new MetricsCollector({ redactor });
    this.telemetry = new RequestTelemetry({ logger, collector, redactor });
    this.#metrics = new GatewayMetrics(collector, {
      version: VERSION,
      views: {
        ...gatewayViews(() => this.#watched, () => this.#answered.values()),
        droppedSpans: () => this.telemetry.dropped,
      },
    });
    this.#exporter = new PrometheusExporter(collector, {
      ...workers && { labels: { worker: String(workers.number) } },
    });
  }

  /**
   * Shows how a gateway stands from now on, and knows its models and secrets.
   *
   * @throws {TypeError | RangeError} when the secrets of its config have more
   * than 1,048,576 characters in all, or its telemetry cannot be.
   */
  watch(gateway: Gateway): void {
    const { table, config } = gateway;
    const secrets = secretsOf(config);
    for (const secret of secrets) this.redactor.add(secret);
    for (const secret of this.#secrets) this.redactor.remove(secret);
    this.#secrets = secrets;
    this.redactor.personal = config.logging.personal_data;
    this.#metrics.know(
      table.deployments.map(({ model }) => model)
        .filter((model) => !model.includes("*")),
    );
    this.#targets.watch(table);
    this.#gateway = gateway;
    this.telemetry.adopt(config);
    if (config.telemetry.enabled) this.#measureDelay();
  }

  get #watched(): Gateway {
    if (this.#gateway === undefined) throw new Error("No gateway is watched");
    return this.#gateway;
  }

  /** What shows them. From the first look on the delay of the event loop is measured, which costs even when idle. */
  get exporter(): PrometheusExporter {
    this.#measureDelay();
    return this.#exporter;
  }

  /** Counts a request that begins. */
  started(): void {
    this.#metrics.requestStarted();
  }

  /** Counts a request that has ended, and its attempts. */
  ended(record: RequestRecord): void {
    const { operation, trace, status, startedAt, firstContentAt } = record;
    const contentAt = record.stream ? firstContentAt : undefined;
    this.telemetry.ended(record);
    const { tracing } = record;
    const traceId = tracing === undefined
      ? record.parent?.traceId
      : tracing.kept
      ? tracing.traceId
      : undefined;
    const { records } = record.attempts;
    const deployment = trace?.candidate.deployment;
    const target = deployment && this.#targets.of(operation, deployment.id);
    let answering = deployment?.id;
    // The last first: of several at one deployment that one has the answer.
    for (let index = records.length - 1; index >= 0; index--) {
      const attempt = records[index] as AttemptRecord;
      const { reason, kind = "internal", durationMs } = attempt;
      const isAnswering = attempt.deployment === answering;
      if (isAnswering) answering = undefined;
      this.#metrics.attemptEnded({
        target: isAnswering && target ||
          this.#targets.of(operation, attempt.deployment),
        outcome: reason === "ok" ? reason : kind,
        durationMs,
        firstChunkMs: isAnswering
          ? since(trace?.startedAt, contentAt)
          : undefined,
        traceId,
      });
    }
    if (deployment !== undefined && status === 200) this.#note(deployment);
    const { condensed } = record;
    if (condensed !== undefined) {
      const { reason, fromTokens, toTokens } = condensed;
      this.#metrics.condensed({ reason, savedTokens: fromTokens - toTokens });
    }
    if (record.guardrails !== undefined) {
      for (const [guardrail, outcome] of record.guardrails) {
        this.#metrics.guardrailEnded({ guardrail, outcome });
      }
    }
    const went = records.length > 0;
    this.#metrics.requestEnded({
      method: record.method,
      route: record.route,
      status,
      durationMs: record.durationMs,
      queuedMs: went ? record.queuedMs : undefined,
      overheadMs: went ? record.overheadMs : undefined,
      target,
      error: record.error,
      firstTokenMs: since(startedAt, contentAt),
      usage: record.usage,
      costUsd: record.costUsd,
      traceId,
    });
  }

  /** Counts a look into a cache. */
  cacheLookup(lookup: CacheLookup): void {
    this.#metrics.cacheLookup(lookup);
  }

  /** Counts a request that a limit refused. */
  limitRefused(refusal: LimitRefused): void {
    this.#metrics.limitRefused(refusal);
  }

  /** What another worker asks for: JSON, or what has a content type. */
  show(wanted: string): string {
    const { exporter } = this;
    return wanted === "json"
      ? JSON.stringify(exporter.json())
      : exporter.scrape(wanted).body;
  }

  /** Measures nothing any more. */
  close(): void {
    this.#delay?.[Symbol.dispose]();
  }

  #measureDelay(): void {
    this.#delay ??= new LoopDelay((seconds) =>
      this.#metrics.loopDelayed(seconds)
    );
  }

  #note(deployment: Deployment): void {
    const answered = this.#answered;
    if (answered.has(deployment.id) || answered.size >= MAX_ANSWERED) return;
    answered.set(deployment.id, deployment);
  }
}

function since(
  from: number | undefined,
  to: number | undefined,
): number | undefined {
  return from === undefined || to === undefined ? undefined : to - from;
}
