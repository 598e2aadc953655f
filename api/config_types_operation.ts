/**
 * The gateway's own log.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type LoggingConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const logging: LoggingConfig = defaultConfig().logging;
 * assertEquals(logging.level, "info");
 * ```
 */
export interface LoggingConfig {
  /** The least that is written. @default {"info"} */
  readonly level: "debug" | "info" | "warn" | "error";
  /** `auto` is text on a terminal, JSON elsewhere. @default {"auto"} */
  readonly format: "json" | "text" | "auto";
  /** The file to write to, always as JSON unless `format` is `text`. @default {standard output} */
  readonly file?: string | undefined;
  /** When a new file is begun. @default {never} */
  readonly rotation?: RotationConfig | undefined;
  /** A module that replaces the built-in logger: a path or an address; needs `class`. */
  readonly module?: string | undefined;
  /** The export of `module` to use: a class whose objects are a `Logger` of `@llm-proxy/logging`. */
  readonly class?: string | undefined;
  /** Data on persons that is taken out of logs, traces and the request log. @default {[]} */
  readonly personal_data: readonly (
    | "email"
    | "iban"
    | "card"
    | "phone"
    | "ssn"
    | "ipv4"
  )[];
  /** The last requests, to be looked through. */
  readonly requests: RequestLogConfig;
}

/**
 * When a new log file is begun.
 *
 * @example Five files of at most 10 MiB
 * ```ts
 * import type { RotationConfig } from "@llm-proxy/api";
 *
 * const rotation: RotationConfig = { max_size_mb: 10, max_files: 5 };
 * ```
 */
export interface RotationConfig {
  /** Size of a file, MiB. @default {100} */
  readonly max_size_mb: number;
  /** Files kept, the current one included. @default {5} */
  readonly max_files: number;
}

/**
 * The last requests, to be looked through.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type RequestLogConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const log: RequestLogConfig = defaultConfig().logging.requests;
 * assertEquals([log.max_rows, log.content], [5000, undefined]);
 * ```
 */
export interface RequestLogConfig {
  /** How many requests are kept; 0 keeps none. @default {5000} */
  readonly max_rows: number;
  /** Upper bound of what they take together, MiB. @default {8} */
  readonly max_mb: number;
  /** Whose prompts and answers are kept. @default {nobody's} */
  readonly content?: RequestContentConfig | undefined;
}

/**
 * Whose prompts and answers are kept.
 *
 * @example The first KiB of one team's
 * ```ts
 * import type { RequestContentConfig } from "@llm-proxy/api";
 *
 * const content: RequestContentConfig = { keys: ["team-a"], max_kb: 1 };
 * ```
 */
export interface RequestContentConfig {
  /** The names of their keys; `*` is everyone. */
  readonly keys: readonly string[];
  /** How much of each prompt and of each answer, KiB. @default {16} */
  readonly max_kb: number;
}

/**
 * Traces and metrics sent to an OpenTelemetry collector.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type TelemetryConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const telemetry: TelemetryConfig = defaultConfig().telemetry;
 * assertEquals(telemetry.enabled, false);
 * ```
 */
export interface TelemetryConfig {
  /** Whether anything is sent. @default {false} */
  readonly enabled: boolean;
  /** The `service.name`. @default {`OTEL_SERVICE_NAME`, else "llm-proxy"} */
  readonly service_name?: string | undefined;
  /** The collector's address. @default {`OTEL_EXPORTER_OTLP_ENDPOINT`, else the protocol's own} */
  readonly endpoint?: string | undefined;
  /** How it is spoken to. @default {`OTEL_EXPORTER_OTLP_PROTOCOL`, else "http/protobuf"} */
  readonly protocol?: "http/protobuf" | "http/json" | "grpc" | undefined;
  /** Share of requests that are traced whatever becomes of them, 0 to 1. @default {`OTEL_TRACES_SAMPLER`, else 0.1} */
  readonly sample_ratio?: number | undefined;
  /** Requests that waited so many seconds for the first content are always traced, as those that failed. @default {30} */
  readonly slow: number;
  /** Whether providers are told the trace, in `traceparent`. @default {true} */
  readonly propagate: boolean;
  /** Whether metrics are sent. @default {true} */
  readonly metrics: boolean;
  /** Seconds between two. @default {`OTEL_METRIC_EXPORT_INTERVAL`, else 60} */
  readonly metric_interval?: number | undefined;
  /** Headers for the collector. @default {{}} */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Probes of the providers between requests.
 *
 * @example Without a config
 * ```ts
 * import { defaultConfig, type HealthCheckConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const probes: HealthCheckConfig = defaultConfig().health_check;
 * assertEquals(probes.interval, 60);
 * ```
 */
export interface HealthCheckConfig {
  /** Whether providers are probed. @default {false} */
  readonly enabled: boolean;
  /** Seconds between two probes. @default {60} */
  readonly interval: number;
  /** Seconds a probe may take. @default {10} */
  readonly timeout: number;
}

/**
 * Faults injected on purpose, to see how clients take them.
 *
 * @example Without a config
 * ```ts
 * import { type ChaosConfig, defaultConfig } from "@llm-proxy/api";
 * import { assertEquals } from "@std/assert";
 *
 * const chaos: ChaosConfig = defaultConfig().chaos_engineering;
 * assertEquals(chaos.enabled, false);
 * ```
 */
export interface ChaosConfig {
  /** Whether faults are injected. @default {false} */
  readonly enabled: boolean;
  /** Tried in order; the first that strikes is used. @default {[]} */
  readonly faults: readonly ChaosFault[];
}

/**
 * One fault to inject.
 *
 * @example Every twentieth request waits two seconds
 * ```ts
 * import type { ChaosFault } from "@llm-proxy/api";
 *
 * const fault: ChaosFault = { type: "delay", probability: 0.05, match: {}, delay: 2 };
 * ```
 */
export interface ChaosFault {
  /** What happens. */
  readonly type:
    | "delay"
    | "error"
    | "rate_limit"
    | "timeout"
    | "network_failure"
    | "cut_stream";
  /** Share of matching requests it strikes, 0 to 1. */
  readonly probability: number;
  /** Which requests; every given key must equal. @default {{}, which is all} */
  readonly match: ChaosMatch;
  /** Seconds to wait, for `delay` and `timeout`. */
  readonly delay?: number | undefined;
  /** The status of an `error`. @default {500} */
  readonly status?: number | undefined;
  /** Seconds told in `retry-after`, for `rate_limit`. */
  readonly retry_after?: number | undefined;
  /** Content events before a `cut_stream`. @default {1} */
  readonly after_events?: number | undefined;
}

/**
 * Which requests a fault may strike.
 *
 * @example Requests for one model
 * ```ts
 * import type { ChaosMatch } from "@llm-proxy/api";
 *
 * const match: ChaosMatch = { model: "gpt-5-mini" };
 * ```
 */
export interface ChaosMatch {
  /** The provider's name. */
  readonly provider?: string | undefined;
  /** The model's name. */
  readonly model?: string | undefined;
  /** The route, for example `/v1/chat/completions`. */
  readonly route?: string | undefined;
}
