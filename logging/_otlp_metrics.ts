import type { ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import { hrTime, type OtlpSource } from "./_otlp_span.ts";
import type { MetricFamily } from "./metric_family.ts";

/** Metrics as OpenTelemetry's own library takes them. */
export type OtlpMetrics = Parameters<
  typeof ProtobufMetricsSerializer.serializeRequest
>[0];
type OtlpMetric = OtlpMetrics["scopeMetrics"][number]["metrics"][number];

/** Of whom and of when metrics are. */
export interface OtlpMetricsOptions extends OtlpSource {
  /** Since when they count, in ms since 1970. */
  readonly startedAt: number;
  /** Now, in ms since 1970. */
  readonly at: number;
}

const DOUBLE = 1;
const CUMULATIVE = 1;
const HISTOGRAM = 0;
const GAUGE = 2;
const SUM = 3;

/** Units as UCUM writes them, by how Prometheus' names end. */
const UNITS: Readonly<Record<string, string>> = {
  seconds: "s",
  bytes: "By",
  ratio: "1",
  usd: "{usd}",
};

/** Turns all metrics into the library's own form. */
export function otlpMetrics(
  families: readonly MetricFamily[],
  options: OtlpMetricsOptions,
): OtlpMetrics {
  const { resource, scope } = options;
  const times = {
    startTime: hrTime(options.startedAt),
    endTime: hrTime(options.at),
  };
  const metrics = families.filter(({ series }) => series.length > 0)
    .map((family) => metricOf(family, times));
  return { resource, scopeMetrics: [{ scope, metrics }] };
}

function metricOf(
  family: MetricFamily,
  times: Pick<OtlpMetric["dataPoints"][number], "startTime" | "endTime">,
): OtlpMetric {
  const { name, help, unit, conventional } = family;
  const descriptor = {
    name: conventional?.name ?? name,
    description: help,
    unit: conventional?.unit ?? UNITS[unit ?? ""] ?? "",
    valueType: DOUBLE,
  };
  const labels = conventional?.labels ?? family.labelNames;
  const common = { descriptor, aggregationTemporality: CUMULATIVE };
  if (family.type === "histogram") {
    const { bounds } = family;
    return {
      ...common,
      dataPointType: HISTOGRAM,
      dataPoints: family.series.map(({ labelValues, counts, sum }) => ({
        ...times,
        attributes: attributesOf(labels, labelValues),
        value: {
          buckets: { boundaries: [...bounds], counts },
          count: counts.reduce((total, count) => total + count, 0),
          sum,
        },
      })),
    };
  }
  const dataPoints = family.series.map(({ labelValues, value }) => ({
    ...times,
    attributes: attributesOf(labels, labelValues),
    value,
  }));
  return family.type === "counter"
    ? { ...common, dataPointType: SUM, isMonotonic: true, dataPoints }
    : { ...common, dataPointType: GAUGE, dataPoints };
}

/** Labels by name; an empty one is no label. */
function attributesOf(
  names: readonly string[],
  values: readonly string[],
): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const value = values[index] ?? "";
    if (value !== "") attributes[name] = value;
  }
  return attributes;
}
