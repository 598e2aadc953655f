import type { OtlpEncoder } from "./_otlp_encoder.ts";
import type { OtlpSource } from "./_otlp_span.ts";
import { SpanQueue } from "./_span_queue.ts";
import type { MetricsCollector } from "./metrics_collector.ts";
import type { OpenTelemetryConfig } from "./opentelemetry_config.ts";
import {
  OtlpError,
  type OtlpSignal,
  type OtlpTransport,
} from "./otlp_transport.ts";
import { Redactor } from "./redactor.ts";
import type { SpanData } from "./span_data.ts";
import { TraceSampler } from "./trace_sampler.ts";

/** What a {@linkcode Telemetry} is given besides its config. */
export interface TelemetryOptions {
  /** The metrics to send. @default {none are sent} */
  readonly collector?: MetricsCollector;
  /** What may not be sent. @default {keys of well-known looks} */
  readonly redactor?: Redactor;
  /** Who measures: the instrumentation scope. @default {"@llm-proxy/logging"} */
  readonly scope?: { readonly name: string; readonly version?: string };
  /** Told when sending begins to fail, and why; and with nothing when it goes again. @default {nobody} */
  readonly onTrouble?: (error: Error | undefined) => void;
}

/** How often the same spans are sent in all, and the first wait between, in ms. */
const MAX_TRIES = 3;
const BACKOFF = 500;
/** How long the end waits for what is left, in ms. */
const CLOSE_TIMEOUT = 2_000;

/** What is loaded before anything can be sent. */
interface Wire {
  readonly encoder: OtlpEncoder;
  readonly transport: OtlpTransport;
}

/**
 * Sends spans and metrics to an OpenTelemetry collector, in the background and
 * in bounded memory: at most 2,048 spans wait. Where the collector is slow,
 * hangs or refuses, spans are dropped and counted, and nobody waits for it.
 * Metrics are sums since the start, so that one that was not sent is in the next.
 *
 * Made by {@linkcode OpenTelemetryConfig.start}. Nothing in it throws.
 *
 * @example A span that nobody takes
 * ```ts
 * import { newSpanId, newTraceId, OpenTelemetryConfig } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const endpoint = "http://127.0.0.1:9";
 * const config = new OpenTelemetryConfig({ endpoint, env: () => undefined });
 * const telemetry = config.start();
 * telemetry.record([{
 *   name: "GET /users",
 *   kind: "server",
 *   traceId: newTraceId(),
 *   spanId: newSpanId(),
 *   startedAt: Date.now() - 12,
 *   endedAt: Date.now(),
 *   attributes: { "http.response.status_code": 200 },
 * }]);
 * await telemetry.close();
 * assertEquals([telemetry.exported, telemetry.dropped], [0, 1]);
 * ```
 */
export class Telemetry {
  /** Chooses the requests whose spans are kept. */
  readonly sampler: TraceSampler;
  /** Whether spans are sent at all. */
  readonly traces: boolean;
  readonly #config: OpenTelemetryConfig;
  readonly #options: TelemetryOptions;
  readonly #wire: Promise<Wire>;
  readonly #queue: SpanQueue;
  readonly #end = new AbortController();
  readonly #startedAt = Date.now();
  readonly #metricTimer: ReturnType<typeof setInterval> | undefined;
  #pushing: Promise<void> | undefined;
  #isTroubled = false;

  /** Begins to load what is needed, and to send metrics from time to time. */
  constructor(config: OpenTelemetryConfig, options: TelemetryOptions = {}) {
    this.#config = config;
    this.#options = options;
    this.traces = config.traces;
    const { sampleRatio: ratio, slowMs } = config;
    this.sampler = new TraceSampler({ ratio, slowMs });
    this.#wire = this.#load();
    // Told at the first use.
    this.#wire.catch(() => {});
    this.#queue = new SpanQueue((spans) => this.#sendSpans(spans), config);
    if (config.metrics && options.collector !== undefined) {
      this.#metricTimer = setInterval(
        () => void this.#pushMetrics(),
        config.metricIntervalMs,
      );
    }
  }

  /** How many spans the collector has taken. */
  get exported(): number {
    return this.#queue.exported;
  }

  /** How many spans are lost: no room, a collector that failed or refused them. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Takes the spans of one trace: all, or none where there is no room for them. */
  record(spans: readonly SpanData[]): void {
    this.#queue.push(spans);
  }

  /** Sends what is there now; resolves when it has been taken or dropped. */
  async flush(): Promise<void> {
    await Promise.all([this.#queue.flush(), this.#pushMetrics()]);
  }

  /** Sends what is left, for two seconds at most, and drops the rest. Spans that come later count as dropped. */
  async close(): Promise<void> {
    clearInterval(this.#metricTimer);
    const timer = setTimeout(() => this.#end.abort(), CLOSE_TIMEOUT);
    this.#queue.close();
    await this.flush();
    clearTimeout(timer);
    this.#end.abort();
    const wire = await this.#wire.catch(() => undefined);
    wire?.transport.close();
  }

  async #load(): Promise<Wire> {
    const config = this.#config;
    const { scope = { name: "@llm-proxy/logging" }, redactor } = this.#options;
    const [{ otlpEncoder }, transport] = await Promise.all([
      import("./_otlp_encoder.ts"),
      loadTransport(config),
    ]);
    const resource: OtlpSource["resource"] = {
      attributes: { ...config.resource },
      merge: () => resource,
      getRawAttributes: () => [],
    };
    const encoder = otlpEncoder(config.protocol, {
      resource,
      scope,
      redactor: redactor ?? new Redactor(),
    });
    return { encoder, transport };
  }

  /** Resolves with how many of the spans were taken. */
  async #sendSpans(spans: readonly SpanData[]): Promise<number> {
    try {
      const { encoder } = await this.#wire;
      const body = encoder.spans(spans);
      const answer = await this.#sendAgain("traces", body);
      this.#note(undefined);
      return Math.max(0, spans.length - encoder.rejectedSpans(answer));
    } catch (error) {
      this.#note(error);
      return 0;
    }
  }

  #pushMetrics(): Promise<void> {
    const { collector } = this.#options;
    if (!this.#config.metrics || collector === undefined) {
      return Promise.resolve();
    }
    return this.#pushing ??= this.#sendMetrics(collector).finally(() => {
      this.#pushing = undefined;
    });
  }

  async #sendMetrics(collector: MetricsCollector): Promise<void> {
    try {
      const { encoder } = await this.#wire;
      const body = encoder.metrics(collector.collect(), {
        startedAt: this.#startedAt,
        at: Date.now(),
      });
      await this.#send("metrics", body);
      this.#note(undefined);
    } catch (error) {
      this.#note(error);
    }
  }

  /** Sends, and again after a wait where that may help. */
  async #sendAgain(signal: OtlpSignal, body: Uint8Array): Promise<Uint8Array> {
    for (let tries = 1;; tries++) {
      try {
        return await this.#send(signal, body);
      } catch (error) {
        const isLast = tries >= MAX_TRIES || this.#end.signal.aborted;
        const mayHelp = error instanceof OtlpError && error.retryable;
        if (isLast || !mayHelp) throw error;
        await pause(BACKOFF * 2 ** (tries - 1), this.#end.signal);
      }
    }
  }

  async #send(signal: OtlpSignal, body: Uint8Array): Promise<Uint8Array> {
    const { transport } = await this.#wire;
    const late = new AbortController();
    const give = (): void => late.abort();
    const timer = setTimeout(give, this.#config.timeoutMs);
    const { signal: end } = this.#end;
    end.addEventListener("abort", give);
    if (end.aborted) give();
    try {
      return await transport.send({ signal, body, abort: late.signal });
    } finally {
      clearTimeout(timer);
      end.removeEventListener("abort", give);
    }
  }

  #note(error: unknown): void {
    const isTrouble = error !== undefined;
    if (isTrouble === this.#isTroubled) return;
    this.#isTroubled = isTrouble;
    try {
      this.#options.onTrouble?.(
        isTrouble
          ? error instanceof Error ? error : new Error("Unknown")
          : undefined,
      );
    } catch {
      // Whoever is told must not end the sending.
    }
  }
}

async function loadTransport(
  config: OpenTelemetryConfig,
): Promise<OtlpTransport> {
  if (config.protocol === "grpc") {
    const { grpcTransport } = await import("./_otlp_grpc.ts");
    return grpcTransport(config);
  }
  const { httpTransport } = await import("./_otlp_http.ts");
  return httpTransport(config);
}

/** Waits, but no longer than until the end. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
