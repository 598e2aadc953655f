import {
  JsonMetricsSerializer,
  JsonTraceSerializer,
  ProtobufMetricsSerializer,
  ProtobufTraceSerializer,
} from "@opentelemetry/otlp-transformer";
import { otlpMetrics, type OtlpMetricsOptions } from "./_otlp_metrics.ts";
import { type OtlpSource, otlpSpan } from "./_otlp_span.ts";
import type { MetricFamily } from "./metric_family.ts";
import type { OtlpProtocol } from "./opentelemetry_config.ts";
import type { SpanData } from "./span_data.ts";

/** Writes what is sent to a collector, and reads how much of it was refused. */
export interface OtlpEncoder {
  spans(spans: readonly SpanData[]): Uint8Array;
  metrics(
    families: readonly MetricFamily[],
    times: Pick<OtlpMetricsOptions, "startedAt" | "at">,
  ): Uint8Array;
  /** How many of the spans that an answer is to were refused. */
  rejectedSpans(answer: Uint8Array): number;
}

/** Makes the encoder of a protocol, by OpenTelemetry's own library. */
export function otlpEncoder(
  protocol: OtlpProtocol,
  source: OtlpSource,
): OtlpEncoder {
  const isJson = protocol === "http/json";
  const traces = isJson ? JsonTraceSerializer : ProtobufTraceSerializer;
  const metrics = isJson ? JsonMetricsSerializer : ProtobufMetricsSerializer;
  return {
    spans: (spans) =>
      written(traces.serializeRequest(spans.map((it) => otlpSpan(it, source)))),
    metrics: (families, times) =>
      written(
        metrics.serializeRequest(
          otlpMetrics(families, { ...source, ...times }),
        ),
      ),
    rejectedSpans(answer) {
      if (answer.length === 0) return 0;
      try {
        const { partialSuccess } = traces.deserializeResponse(answer);
        return Number(partialSuccess?.rejectedSpans ?? 0) || 0;
      } catch {
        // Whatever it says, its status says that all was taken.
        return 0;
      }
    },
  };
}

function written(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw new TypeError("Cannot encode telemetry");
  return bytes;
}
