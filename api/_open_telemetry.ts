import {
  type Logger,
  type MetricsCollector,
  OpenTelemetryConfig,
  type OpenTelemetryOptions,
  type Redactor,
  type Telemetry,
} from "@llm-proxy/logging";
import type { Config } from "./config_types.ts";
import { VERSION } from "./version.ts";

const SECOND = 1_000;
/** Sums of several processes are told apart by it. */
const INSTANCE = crypto.randomUUID();

/**
 * What a config, and the environment, say of telemetry; nothing where it is off.
 *
 * @throws {TypeError | RangeError} when one of OpenTelemetry's own variables
 * makes no sense.
 */
export function telemetryConfig(
  { telemetry, app }: Pick<Config, "telemetry" | "app">,
  env?: OpenTelemetryOptions["env"],
): OpenTelemetryConfig | undefined {
  if (!telemetry.enabled) return undefined;
  const { metric_interval: interval } = telemetry;
  return new OpenTelemetryConfig({
    endpoint: telemetry.endpoint,
    protocol: telemetry.protocol,
    headers: telemetry.headers,
    serviceName: telemetry.service_name,
    resource: {
      "service.version": VERSION,
      "service.instance.id": INSTANCE,
      ...app.environment !== undefined && {
        "deployment.environment.name": app.environment,
      },
    },
    sampleRatio: telemetry.sample_ratio,
    slowMs: telemetry.slow * SECOND,
    metrics: telemetry.metrics,
    metricIntervalMs: interval && interval * SECOND,
    ...env && { env },
  });
}

/** Begins to send what a gateway measures. */
export function openTelemetry(
  config: OpenTelemetryConfig,
  { logger, collector, redactor }: {
    readonly logger: Logger;
    readonly collector: MetricsCollector;
    readonly redactor: Redactor;
  },
): Telemetry {
  return config.start({
    collector,
    redactor,
    scope: { name: "llm-proxy", version: VERSION },
    onTrouble(cause) {
      if (cause === undefined) logger.info("telemetry is sent again");
      else logger.warn("telemetry is not sent", { cause });
    },
  });
}

/**
 * Why telemetry can't be had, in one sentence; nothing where it can, or is off.
 */
export function telemetryFault(config: Config): string | undefined {
  try {
    telemetryConfig(config);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What an operator should know of Deno's own telemetry, where that is on. */
export function denoTelemetryNotice(
  env: (name: string) => string | undefined,
): string | undefined {
  const traces = env("OTEL_DENO") === "true" &&
    env("OTEL_DENO_TRACING") !== "false" && env("OTEL_SDK_DISABLED") !== "true";
  return traces
    ? "OTEL_DENO=true has Deno send the whole address of every request, keys in it included: set OTEL_DENO_TRACING=false as well; telemetry.enabled needs neither"
    : undefined;
}
