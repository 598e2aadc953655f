import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  OpenTelemetryConfig,
  type OpenTelemetryOptions,
  type OtlpProtocol,
} from "./opentelemetry_config.ts";

/** A config in an environment. */
function config(
  variables: Readonly<Record<string, string>> = {},
  options: OpenTelemetryOptions = {},
): OpenTelemetryConfig {
  return new OpenTelemetryConfig({
    ...options,
    env: (name) => variables[name],
  });
}

Deno.test("OpenTelemetryConfig has defaults that need no word", () => {
  const { ...all } = config();
  assertEquals(all, {
    protocol: "http/protobuf",
    tracesUrl: "http://localhost:4318/v1/traces",
    metricsUrl: "http://localhost:4318/v1/metrics",
    headers: {},
    resource: { "service.name": "llm-proxy" },
    sampleRatio: 0.1,
    slowMs: 30_000,
    traces: true,
    metrics: true,
    metricIntervalMs: 60_000,
    spanDelayMs: 2_000,
    maxSpans: 2_048,
    timeoutMs: 10_000,
  });
});

Deno.test("OpenTelemetryConfig reads OpenTelemetry's own variables", () => {
  const read = config({
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://otel.example/base/",
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "https://metrics.example/in",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "X-Key=a%20b, x-other = c=d ,",
    OTEL_EXPORTER_OTLP_TIMEOUT: "2500",
    OTEL_SERVICE_NAME: "gate",
    OTEL_RESOURCE_ATTRIBUTES:
      "service.name=other,deployment.environment.name=eu",
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
    OTEL_BSP_SCHEDULE_DELAY: "250",
    OTEL_BSP_MAX_QUEUE_SIZE: "65536",
  });
  assertEquals([read.tracesUrl, read.metricsUrl], [
    "https://otel.example/base/v1/traces",
    "https://metrics.example/in",
  ]);
  assertEquals(read.protocol, "http/json");
  assertEquals(read.headers, { "x-key": "a b", "x-other": "c=d" });
  assertEquals(read.resource, {
    "service.name": "gate",
    "deployment.environment.name": "eu",
  });
  assertEquals(
    [read.timeoutMs, read.sampleRatio, read.metricIntervalMs],
    [2_500, 0.25, 5_000],
  );
  assertEquals([read.spanDelayMs, read.maxSpans], [250, 65_536]);
});

Deno.test("OpenTelemetryConfig goes by what it is told before it asks the environment", () => {
  const told = config({
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://otel.example",
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=env,x-more=1",
    OTEL_SERVICE_NAME: "env",
    OTEL_TRACES_SAMPLER: "always_on",
  }, {
    endpoint: "http://127.0.0.1:4317",
    protocol: "grpc",
    headers: { "X-Key": "mine" },
    serviceName: "mine",
    sampleRatio: 0,
  });
  assertEquals([told.tracesUrl, told.metricsUrl, told.protocol], [
    "http://127.0.0.1:4317",
    "http://127.0.0.1:4317",
    "grpc",
  ]);
  assertEquals(told.headers, { "x-key": "mine", "x-more": "1" });
  assertEquals([told.resource["service.name"], told.sampleRatio], ["mine", 0]);
  assertEquals(
    config({}, { protocol: "grpc" }).tracesUrl,
    "http://localhost:4317",
  );
});

Deno.test("OpenTelemetryConfig sends nothing where the environment switches it off", () => {
  const off = config({ OTEL_SDK_DISABLED: "TRUE" });
  assertEquals([off.traces, off.metrics], [false, false]);
  const some = config({ OTEL_METRICS_EXPORTER: "none" });
  assertEquals([some.traces, some.metrics], [true, false]);
  const others = config({ OTEL_TRACES_EXPORTER: "none" });
  assertEquals([others.traces, others.metrics], [false, true]);
});

Deno.test("OpenTelemetryConfig refuses what makes no sense, and tells no secret", () => {
  const secret = "key-4f8a1c77e2b90d";
  const faults: Readonly<Record<string, string>>[] = [
    { OTEL_EXPORTER_OTLP_ENDPOINT: `https://user:${secret}@otel.example` },
    { OTEL_EXPORTER_OTLP_ENDPOINT: secret },
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "ftp://otel.example" },
    { OTEL_EXPORTER_OTLP_PROTOCOL: "http" },
    { OTEL_EXPORTER_OTLP_HEADERS: secret },
    { OTEL_EXPORTER_OTLP_HEADERS: `=${secret}` },
    { OTEL_EXPORTER_OTLP_TIMEOUT: "0" },
    { OTEL_METRIC_EXPORT_INTERVAL: "1s" },
    { OTEL_BSP_MAX_QUEUE_SIZE: "0" },
    { OTEL_BSP_MAX_QUEUE_SIZE: "65537" },
    { OTEL_TRACES_SAMPLER: "sometimes" },
    { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" },
    { OTEL_SERVICE_NAME: "x".repeat(20_000) },
  ];
  for (const variables of faults) {
    const error = assertThrows(() => config(variables));
    assert(error instanceof TypeError || error instanceof RangeError);
    assert(!error.message.includes(secret), error.message);
  }
  assertThrows(
    () => config({}, { protocol: "udp" as OtlpProtocol }),
    TypeError,
    "use one of http/protobuf, http/json, grpc",
  );
  assertThrows(() => config({}, { sampleRatio: 2 }).start(), RangeError);
});
