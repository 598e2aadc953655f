import process from "node:process";
import {
  millisecondsOf,
  type OtelEnv,
  pairsOf,
  sampleRatioOf,
  spansOf,
  textOf,
} from "./_otlp_env.ts";
import { Telemetry, type TelemetryOptions } from "./telemetry.ts";

/** How a collector can be spoken to. */
export const OTLP_PROTOCOLS = ["http/protobuf", "http/json", "grpc"] as const;

/** One of the ways to speak to a collector. */
export type OtlpProtocol = typeof OTLP_PROTOCOLS[number];

/**
 * What an {@linkcode OpenTelemetryConfig} can be told. What is left out is
 * taken from the environment variables of OpenTelemetry's specification, named
 * with each, and then from the defaults.
 */
export interface OpenTelemetryOptions {
  /**
   * The collector's address; of its path `/v1/traces` and `/v1/metrics` are
   * made. `OTEL_EXPORTER_OTLP_ENDPOINT`, or whole ones for each in
   * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` and `…_METRICS_ENDPOINT`.
   *
   * @default {"http://localhost:4318", with grpc "http://localhost:4317"}
   */
  readonly endpoint?: string | undefined;
  /** How it is spoken to. `OTEL_EXPORTER_OTLP_PROTOCOL`. @default {"http/protobuf"} */
  readonly protocol?: OtlpProtocol | undefined;
  /** Headers for it, or metadata. Besides them those of `OTEL_EXPORTER_OTLP_HEADERS`. @default {{}} */
  readonly headers?: Readonly<Record<string, string>>;
  /** The `service.name`. `OTEL_SERVICE_NAME`. @default {"llm-proxy"} */
  readonly serviceName?: string | undefined;
  /** Further attributes of the resource. Besides them those of `OTEL_RESOURCE_ATTRIBUTES`. @default {{}} */
  readonly resource?: Readonly<Record<string, string>>;
  /** The share of traces that are kept whatever becomes of them, 0 to 1. `OTEL_TRACES_SAMPLER` and `…_ARG`. @default {0.1} */
  readonly sampleRatio?: number | undefined;
  /** From how long on, in ms, a request is traced for its slowness. @default {30_000} */
  readonly slowMs?: number | undefined;
  /** Whether metrics are sent. `OTEL_METRICS_EXPORTER`: `none`. @default {true} */
  readonly metrics?: boolean | undefined;
  /** How often metrics are sent, in ms. `OTEL_METRIC_EXPORT_INTERVAL`. @default {60_000} */
  readonly metricIntervalMs?: number | undefined;
  /** How long spans gather before they are sent, in ms. `OTEL_BSP_SCHEDULE_DELAY`. @default {2_000} */
  readonly spanDelayMs?: number | undefined;
  /** How many spans wait or are sent at most: 2,048 are some 16 MiB where each is as large as they come. `OTEL_BSP_MAX_QUEUE_SIZE`. @default {2_048} */
  readonly maxSpans?: number | undefined;
  /** How long the collector may take, in ms. `OTEL_EXPORTER_OTLP_TIMEOUT`. @default {10_000} */
  readonly timeoutMs?: number | undefined;
  /** Reads the environment. @default {process.env} */
  readonly env?: (name: string) => string | undefined;
}

/**
 * What is sent to an OpenTelemetry collector, and how: traces chosen by rate
 * and always where something failed or was slow, and all metrics. It reads
 * OpenTelemetry's own environment variables where it is not told otherwise, and
 * refuses what makes no sense.
 *
 * {@linkcode OpenTelemetryConfig.start} begins. It needs nothing that must be
 * set before the process starts, and works in Deno, Node and Bun.
 *
 * @example Where traces go
 * ```ts
 * import { OpenTelemetryConfig } from "@llm-proxy/logging";
 * import { assertEquals } from "@std/assert";
 *
 * const config = new OpenTelemetryConfig({
 *   endpoint: "http://127.0.0.1:4318",
 *   sampleRatio: 0.05,
 *   env: () => undefined,
 * });
 * assertEquals(config.tracesUrl, "http://127.0.0.1:4318/v1/traces");
 * assertEquals(config.protocol, "http/protobuf");
 *
 * const telemetry = config.start();
 * await telemetry.close();
 * ```
 */
export class OpenTelemetryConfig {
  /** How the collector is spoken to. */
  readonly protocol: OtlpProtocol;
  /** Where traces go. */
  readonly tracesUrl: string;
  /** Where metrics go. */
  readonly metricsUrl: string;
  /** Headers for the collector, or metadata: lower-case names. They may be secret. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent of: `service.name` and more. */
  readonly resource: Readonly<Record<string, string>>;
  /** The share of traces that are kept whatever becomes of them. */
  readonly sampleRatio: number;
  /** From how long on, in ms, a request is traced for its slowness. */
  readonly slowMs: number;
  /** Whether traces are sent. */
  readonly traces: boolean;
  /** Whether metrics are sent. */
  readonly metrics: boolean;
  /** How often metrics are sent, in ms. */
  readonly metricIntervalMs: number;
  /** How long spans gather before they are sent, in ms. */
  readonly spanDelayMs: number;
  /** How many spans wait or are sent at most; what is more is dropped. */
  readonly maxSpans: number;
  /** How long the collector may take, in ms. */
  readonly timeoutMs: number;

  /**
   * Resolves what it is told, and what the environment says.
   *
   * @throws {TypeError} when a text is none of those allowed, an address among them.
   * @throws {RangeError} when a number is out of its range.
   */
  constructor(options: OpenTelemetryOptions = {}) {
    const env = options.env ?? processEnv;
    const off = textOf(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true";
    this.protocol = protocolOf(
      options.protocol ?? textOf(env, "OTEL_EXPORTER_OTLP_PROTOCOL"),
    );
    this.tracesUrl = this.#url("traces", options, env);
    this.metricsUrl = this.#url("metrics", options, env);
    this.headers = lowerCase({
      ...pairsOf(env, "OTEL_EXPORTER_OTLP_HEADERS"),
      ...options.headers,
    });
    this.resource = {
      ...pairsOf(env, "OTEL_RESOURCE_ATTRIBUTES"),
      ...options.resource,
      "service.name": options.serviceName ??
        textOf(env, "OTEL_SERVICE_NAME") ?? "llm-proxy",
    };
    this.sampleRatio = options.sampleRatio ?? sampleRatioOf(env) ?? 0.1;
    this.slowMs = options.slowMs ?? 30_000;
    this.traces = !off && textOf(env, "OTEL_TRACES_EXPORTER") !== "none";
    this.metrics = !off &&
      (options.metrics ?? textOf(env, "OTEL_METRICS_EXPORTER") !== "none");
    this.metricIntervalMs = options.metricIntervalMs ??
      millisecondsOf(env, "OTEL_METRIC_EXPORT_INTERVAL") ?? 60_000;
    this.spanDelayMs = options.spanDelayMs ??
      millisecondsOf(env, "OTEL_BSP_SCHEDULE_DELAY") ?? 2_000;
    this.maxSpans = options.maxSpans ??
      spansOf(env, "OTEL_BSP_MAX_QUEUE_SIZE") ?? 2_048;
    this.timeoutMs = options.timeoutMs ??
      millisecondsOf(env, "OTEL_EXPORTER_OTLP_TIMEOUT") ?? 10_000;
  }

  /**
   * Begins to send. The encoder is loaded now, in the background; nothing that
   * fails is thrown.
   */
  start(options: TelemetryOptions = {}): Telemetry {
    return new Telemetry(this, options);
  }

  #url(
    signal: "traces" | "metrics",
    { endpoint }: OpenTelemetryOptions,
    env: OtelEnv,
  ): string {
    const variable = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`;
    const own = endpoint === undefined ? textOf(env, variable) : undefined;
    if (own !== undefined) return addressOf(own, variable);
    const grpc = this.protocol === "grpc";
    const base = addressOf(
      endpoint ?? textOf(env, "OTEL_EXPORTER_OTLP_ENDPOINT") ??
        `http://localhost:${grpc ? 4317 : 4318}`,
      endpoint === undefined ? "OTEL_EXPORTER_OTLP_ENDPOINT" : "endpoint",
    );
    return grpc ? base : `${base.replace(/\/$/, "")}/v1/${signal}`;
  }
}

function protocolOf(text: string = "http/protobuf"): OtlpProtocol {
  const known = OTLP_PROTOCOLS.find((protocol) => protocol === text);
  if (known !== undefined) return known;
  throw new TypeError(
    `Cannot speak OTLP as '${text.slice(0, 40)}': use one of ${
      OTLP_PROTOCOLS.join(", ")
    }`,
  );
}

/** An address that is fit; never told in a fault, for it may hold a key. */
function addressOf(text: string, name: string): string {
  const url = URL.parse(text);
  const isPlain = url !== null && /^https?:$/.test(url.protocol) &&
    url.username === "" && url.password === "";
  if (isPlain) return text;
  throw new TypeError(
    `Cannot send telemetry: ${name} must be an http:// or https:// address without credentials`,
  );
}

function lowerCase(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

function processEnv(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    // Not permitted to read it.
    return undefined;
  }
}
