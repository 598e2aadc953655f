/**
 * What happens in a service, to people and to machines. Structured logging:
 * JSON lines or readable text, child loggers with bound fields, bounded
 * buffering that never blocks, and redaction of secrets as a wrapper around
 * the place where the lines go. Metrics in bounded memory, shown to Prometheus.
 *
 * @example A logger that lets no secret out
 * ```ts
 * import { Redactor, redactingSink, stdoutSink, StructuredLogger } from "@llm-proxy/logging";
 *
 * const redactor = new Redactor(["correct-horse-battery"]);
 * await using log = new StructuredLogger({
 *   level: "info",
 *   sink: redactingSink(stdoutSink(), redactor),
 * });
 * log.info("Listening", { address: "127.0.0.1:8000" });
 * ```
 *
 * @example A counter for Prometheus
 * ```ts
 * import { MetricsCollector, PrometheusExporter } from "@llm-proxy/logging";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * const route = metrics.label("route");
 * const requests = metrics.counter("app_requests_total", {
 *   help: "Requests answered.",
 *   labels: [route],
 * });
 * requests.at("/users").add();
 *
 * const { body } = new PrometheusExporter(metrics).scrape();
 * assertStringIncludes(body, 'app_requests_total{route="/users"} 1');
 * ```
 *
 * @module
 */
export { bufferedSink, type BufferedSinkOptions } from "./buffered_sink.ts";
export { constantFields } from "./constant_fields.ts";
export { CounterSeries } from "./counter_series.ts";
export { withoutEcho } from "./echo.ts";
export { fileSink, type FileSinkOptions } from "./file_sink.ts";
export type {
  AttemptEnded,
  BudgetView,
  CacheLookup,
  CacheView,
  CondensedRequest,
  GatewayTarget,
  GatewayViews,
  GuardrailEnded,
  LimitRefused,
  MemoryView,
  ProviderView,
  QueueView,
  RequestEnded,
  StateView,
  UpstreamView,
} from "./gateway_events.ts";
export {
  GatewayMetrics,
  type GatewayMetricsOptions,
} from "./gateway_metrics.ts";
export { GaugeSeries } from "./gauge_series.ts";
export { genAiProviderName } from "./gen_ai_provider_name.ts";
export { type Exemplar, HistogramSeries } from "./histogram_series.ts";
export { isJournal } from "./journal.ts";
export {
  compareLogLevels,
  isLogLevel,
  LOG_LEVELS,
  type LogLevel,
  parseLogLevel,
} from "./level.ts";
export { joinScrapes } from "./join_scrapes.ts";
export { withLogContext } from "./log_context.ts";
export type { LogSink } from "./log_sink.ts";
export type { LogFields, Logger } from "./logger.ts";
export { LoopDelay, type LoopDelayOptions } from "./loop_delay.ts";
export { Metric } from "./metric.ts";
export {
  OpenTelemetryConfig,
  type OpenTelemetryOptions,
  OTLP_PROTOCOLS,
  type OtlpProtocol,
} from "./opentelemetry_config.ts";
export type {
  ConventionalName,
  HistogramFamily,
  MetricFamily,
  MetricHead,
  ValueFamily,
  ValueSeries,
} from "./metric_family.ts";
export {
  type LabelRecord,
  type LabelValues,
  MetricLabel,
  type MetricLabelOptions,
} from "./metric_label.ts";
export type {
  HistogramOptions,
  MetricOptions,
  ObservedOptions,
} from "./metric_options.ts";
export {
  MetricsCollector,
  type MetricsCollectorOptions,
} from "./metrics_collector.ts";
export { PartialWriteError } from "./partial_write_error.ts";
export { PERSONAL_DATA, type PersonalData } from "./personal_data.ts";
export { declareProcessMetrics } from "./process_metrics.ts";
export {
  type JsonMetric,
  type JsonSeries,
  PrometheusExporter,
  type PrometheusExporterOptions,
  type Scrape,
} from "./prometheus_exporter.ts";
export { redactingLogger } from "./redacting_logger.ts";
export { redactingSink } from "./redacting_sink.ts";
export { Redactor } from "./redactor.ts";
export type {
  SpanAttribute,
  SpanAttributes,
  SpanData,
  SpanEvent,
} from "./span_data.ts";
export {
  RequestLog,
  type RequestLogOptions,
  type RequestLogPage,
  type RequestLogQuery,
  type RequestLogRow,
  type RequestLogValue,
} from "./request_log.ts";
export type { RequestLogFilter } from "./request_log_filter.ts";
export { requestLogCsv, requestLogJson } from "./request_log_text.ts";
export { stdoutSink } from "./stdout_sink.ts";
export {
  type LogFormat,
  StructuredLogger,
  type StructuredLoggerOptions,
} from "./structured_logger.ts";
export { Telemetry, type TelemetryOptions } from "./telemetry.ts";
export { newSpanId, newTraceId } from "./trace_id.ts";
export {
  formatTraceParent,
  parseTraceParent,
  type TraceParent,
} from "./trace_parent.ts";
export {
  type TracedOutcome,
  TraceSampler,
  type TraceSamplerOptions,
} from "./trace_sampler.ts";
