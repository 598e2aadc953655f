/**
 * Reads OTLP by OpenTelemetry's own protobuf definitions, as its JavaScript
 * library had them generated, and refuses what they do not know.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import root from "otlp-definitions";

/** How a message is written. */
export type MessageForm = "protobuf" | "json";

/** Attributes as plain values: integers are bigints, so that they are told from doubles. */
export type ReceivedAttributes = Readonly<Record<string, unknown>>;

/** A span as it came. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty where it has none. */
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  readonly kind: string;
  /** In ms since 1970. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: ReceivedAttributes;
  readonly events: readonly {
    readonly name: string;
    readonly at: number;
    readonly attributes: ReceivedAttributes;
  }[];
  readonly status: string;
  readonly message: string;
  readonly hasRemoteParent: boolean;
  readonly resource: ReceivedAttributes;
  readonly scope: { readonly name: string; readonly version: string };
}

/** One series of a metric as it came. */
export interface ReceivedPoint {
  readonly attributes: ReceivedAttributes;
  readonly startedAt: number;
  readonly at: number;
  /** The number, or a histogram's sum. */
  readonly value: number;
  readonly count?: number;
  readonly bounds?: readonly number[];
  readonly counts?: readonly number[];
}

/** A metric as it came. */
export interface ReceivedMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: "sum" | "gauge" | "histogram";
  readonly temporality: string;
  readonly points: readonly ReceivedPoint[];
}

/** A class as protobufjs generates it. */
interface MessageClass {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
  fromObject(plain: unknown): unknown;
  verify(plain: unknown): string | null;
  toObject(message: unknown, options: object): Json;
}

// deno-lint-ignore no-explicit-any -- the shape is what the definitions say, asserted below
type Json = any;

// deno-lint-ignore no-explicit-any -- protobufjs types its root as a bag
const { collector } = (root as any).opentelemetry.proto;

const PLAIN = {
  enums: String,
  longs: String,
  bytes: Array,
  defaults: true,
  arrays: true,
  oneofs: true,
};

/** Decodes a whole message, and sees to it that nothing in it was passed over. */
function decode(
  message: MessageClass,
  body: Uint8Array,
  form: MessageForm,
): Json {
  if (form === "json") {
    const plain = JSON.parse(new TextDecoder().decode(body));
    const decoded = message.fromObject(hexToBytes(plain));
    const back = message.toObject(decoded, { longs: String });
    assertEquals(leaves(back), leaves(plain), "a member that nobody knows");
    return message.toObject(decoded, PLAIN);
  }
  const decoded = message.decode(body);
  assertEquals(message.verify(decoded), null);
  const again = message.encode(decoded).finish();
  assertEquals(again.length, body.length, "a field that nobody knows");
  return message.toObject(decoded, PLAIN);
}

/** OTLP's JSON has ids in hexadecimal, where protobuf's own has Base64. */
function hexToBytes(plain: Json): Json {
  if (Array.isArray(plain)) return plain.map(hexToBytes);
  if (typeof plain !== "object" || plain === null) return plain;
  return Object.fromEntries(
    Object.entries(plain).map(([key, value]) => [
      key,
      /^(trace|span|parentSpan)Id$/.test(key)
        ? [...Buffer.from(String(value), "hex")]
        : hexToBytes(value),
    ]),
  );
}

/** The names of all members that hold a value. */
function leaves(plain: Json, at = ""): string[] {
  if (typeof plain !== "object" || plain === null || /Id$/.test(at)) {
    return [at];
  }
  return Object.entries(plain).flatMap(([key, value]) =>
    leaves(value, Array.isArray(plain) ? `${at}[]` : `${at}.${key}`)
  ).filter((name, index, all) => all.indexOf(name) === index).sort();
}

/** The spans of a request. */
export function decodeTraces(
  body: Uint8Array,
  form: MessageForm,
): ReceivedSpan[] {
  const message = collector.trace.v1.ExportTraceServiceRequest;
  const { resourceSpans } = decode(message, body, form);
  return resourceSpans.flatMap(({ resource, scopeSpans }: Json) =>
    scopeSpans.flatMap(({ scope, spans }: Json) =>
      spans.map((span: Json): ReceivedSpan => ({
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId),
        traceState: span.traceState,
        name: span.name,
        kind: span.kind.replace("SPAN_KIND_", ""),
        startedAt: milliseconds(span.startTimeUnixNano),
        endedAt: milliseconds(span.endTimeUnixNano),
        attributes: attributesOf(span.attributes),
        events: span.events.map((event: Json) => ({
          name: event.name,
          at: milliseconds(event.timeUnixNano),
          attributes: attributesOf(event.attributes),
        })),
        status: span.status.code.replace("STATUS_CODE_", ""),
        message: span.status.message,
        hasRemoteParent: (span.flags & 0x300) === 0x300,
        resource: attributesOf(resource.attributes),
        scope: { name: scope.name, version: scope.version },
      }))
    )
  );
}

/** The metrics of a request. */
export function decodeMetrics(
  body: Uint8Array,
  form: MessageForm,
): ReceivedMetric[] {
  const message = collector.metrics.v1.ExportMetricsServiceRequest;
  const { resourceMetrics } = decode(message, body, form);
  return resourceMetrics.flatMap(({ scopeMetrics }: Json) =>
    scopeMetrics.flatMap(({ metrics }: Json) => metrics.map(metricOf))
  );
}

function metricOf(metric: Json): ReceivedMetric {
  const { name, unit, data: kind } = metric;
  const { dataPoints, aggregationTemporality = "", isMonotonic } = metric[kind];
  if (kind === "sum") assert(isMonotonic, name);
  return {
    name,
    unit,
    kind,
    temporality: String(aggregationTemporality)
      .replace("AGGREGATION_TEMPORALITY_", ""),
    points: dataPoints.map((point: Json): ReceivedPoint => ({
      attributes: attributesOf(point.attributes),
      startedAt: milliseconds(point.startTimeUnixNano),
      at: milliseconds(point.timeUnixNano),
      value: kind === "histogram" ? point.sum : point.asDouble,
      ...(kind === "histogram" && {
        count: Number(point.count),
        bounds: point.explicitBounds,
        counts: point.bucketCounts.map(Number),
      }),
    })),
  };
}

/** An answer that refuses one span. */
export function encodePartialSuccess(form: MessageForm): Uint8Array {
  const message = collector.trace.v1.ExportTraceServiceResponse;
  const partialSuccess = { rejectedSpans: 1, errorMessage: "One too many" };
  return form === "json"
    ? new TextEncoder().encode(JSON.stringify({ partialSuccess }))
    : message.encode(message.fromObject({ partialSuccess })).finish();
}

function attributesOf(attributes: Json): ReceivedAttributes {
  const names = attributes.map(({ key }: Json) => key);
  assertEquals(new Set(names).size, names.length, `twice in ${names}`);
  return Object.fromEntries(
    attributes.map(({ key, value }: Json) => [key, valueOf(value)]),
  );
}

function valueOf(value: Json): unknown {
  const kind = value.value;
  if (kind === "intValue") return BigInt(value.intValue);
  if (kind === "arrayValue") return value.arrayValue.values.map(valueOf);
  assert(["stringValue", "boolValue", "doubleValue"].includes(kind), kind);
  return value[kind];
}

function hex(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString("hex");
}

function milliseconds(nanoseconds: string): number {
  return Number(BigInt(nanoseconds) / 1_000n) / 1_000;
}
