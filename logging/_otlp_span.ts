import type { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { Redactor } from "./redactor.ts";
import type { SpanAttributes, SpanData } from "./span_data.ts";

/** A span as OpenTelemetry's own library takes it. */
export type OtlpSpan = Parameters<
  typeof ProtobufTraceSerializer.serializeRequest
>[0][number];

/** Who tells, and what must not be told. */
export interface OtlpSource {
  readonly resource: OtlpSpan["resource"];
  readonly scope: OtlpSpan["instrumentationScope"];
  readonly redactor: Redactor;
}

const KIND = { internal: 0, server: 1, client: 2 } as const;
const ERROR = 2;
const SAMPLED = 1;

/** Seconds and nanoseconds. */
export function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1e6) % 1e9];
}

/** Turns a span into the library's own form, without secrets. */
export function otlpSpan(span: SpanData, source: OtlpSource): OtlpSpan {
  const { resource, scope, redactor } = source;
  const { traceId, spanId, parent, startedAt, endedAt, failure } = span;
  const context = { traceId, spanId, traceFlags: SAMPLED };
  const traceState = span.traceState && stateOf(span.traceState, redactor);
  const endTime = hrTime(Math.max(startedAt, endedAt));
  return {
    name: redactor.redact(span.name),
    kind: KIND[span.kind],
    spanContext: () => traceState ? { ...context, traceState } : context,
    ...(parent && {
      parentSpanContext: {
        traceId,
        spanId: parent.spanId,
        traceFlags: SAMPLED,
        isRemote: parent.remote,
      },
    }),
    startTime: hrTime(startedAt),
    endTime,
    duration: hrTime(Math.max(0, endedAt - startedAt)),
    ended: true,
    attributes: attributesOf(span.attributes, redactor),
    droppedAttributesCount: 0,
    events: (span.events ?? []).map(({ name, at, attributes = {} }) => ({
      name: redactor.redact(name),
      time: hrTime(at),
      attributes: attributesOf(attributes, redactor),
    })),
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    status: failure === undefined
      ? { code: 0 }
      : { code: ERROR, message: redactor.redact(failure) },
    resource,
    instrumentationScope: scope,
  };
}

function attributesOf(
  attributes: SpanAttributes,
  redactor: Redactor,
): OtlpSpan["attributes"] {
  const clean: Record<string, string | number | boolean | string[]> = {};
  for (const key in attributes) {
    const value = attributes[key];
    if (value === undefined) continue;
    if (typeof value === "string") clean[key] = redactor.redact(value);
    else if (typeof value === "object") {
      clean[key] = value.map((text) => redactor.redact(text));
    } else clean[key] = value;
  }
  return clean;
}

/** The caller's `tracestate`, of which nothing is asked but that it be written. */
function stateOf(
  text: string,
  redactor: Redactor,
): NonNullable<ReturnType<OtlpSpan["spanContext"]>["traceState"]> {
  const clean = redactor.redact(text);
  const state = {
    set: () => state,
    unset: () => state,
    get: () => undefined,
    serialize: () => clean,
  };
  return state;
}
