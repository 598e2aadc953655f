/**
 * A collector for tests: takes OTLP over HTTP and over gRPC, and believes
 * nothing. What comes is decoded by OpenTelemetry's own definitions and held
 * against what its specification wants of it.
 *
 * @module
 */

import {
  type sendUnaryData,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
} from "@grpc/grpc-js";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import {
  decodeMetrics,
  decodeTraces,
  encodePartialSuccess,
  type MessageForm,
  type ReceivedMetric,
  type ReceivedSpan,
} from "./_test_otlp_definitions.ts";

/** What it does to a request. */
export type Mood = "take" | "refuse" | "reject" | "hang" | "take all but one";

const TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const METRICS =
  "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";

/** A collector on a free port of 127.0.0.1. */
export class OtlpReceiver implements AsyncDisposable {
  /** What it does to requests from now on. */
  mood: Mood = "take";
  /** Every span that came in a request that was taken. */
  readonly spans: ReceivedSpan[] = [];
  /** The metrics of the newest request that was taken, by name. */
  metrics: ReadonlyMap<string, ReceivedMetric> = new Map();
  /** The headers or metadata of each request. */
  readonly heads: Readonly<Record<string, string>>[] = [];
  /** Every body, as it came. */
  readonly bodies: Uint8Array[] = [];
  /** What was wrong with what came. */
  readonly faults: unknown[] = [];
  readonly #hung = Promise.withResolvers<void>();
  readonly #close: () => Promise<void>;
  /** Its address, as clients are told it. */
  readonly endpoint: string;

  /** Use {@linkcode OtlpReceiver.http} or {@linkcode OtlpReceiver.grpc}. */
  constructor(
    listen: (receiver: OtlpReceiver) => {
      readonly endpoint: string;
      readonly close: () => Promise<void>;
    },
  ) {
    const { endpoint, close } = listen(this);
    this.endpoint = endpoint;
    this.#close = close;
  }

  /** Takes protobuf and JSON over HTTP. */
  static http(): OtlpReceiver {
    return new OtlpReceiver((receiver) => {
      const server = Deno.serve(
        { hostname: "127.0.0.1", port: 0, onListen: () => {} },
        (request) => receiver.#overHttp(request),
      );
      return {
        endpoint: `http://127.0.0.1:${server.addr.port}`,
        close: () => server.shutdown(),
      };
    });
  }

  /** Takes protobuf over gRPC. */
  static async grpc(): Promise<OtlpReceiver> {
    const server = new Server();
    const port = Promise.withResolvers<number>();
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, bound) => error ? port.reject(error) : port.resolve(bound),
    );
    const endpoint = `http://127.0.0.1:${await port.promise}`;
    return new OtlpReceiver((receiver) => {
      receiver.#overGrpc(server);
      return {
        endpoint,
        close: () => {
          server.forceShutdown();
          return Promise.resolve();
        },
      };
    });
  }

  async #overHttp(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const type = request.headers.get("content-type");
    const body = new Uint8Array(await request.arrayBuffer());
    this.#note(Object.fromEntries(request.headers), body);
    assertEquals(request.method, "POST");
    const form = type === "application/json" ? "json" : "protobuf";
    if (form === "protobuf") assertEquals(type, "application/x-protobuf");
    switch (this.mood) {
      case "hang":
        await this.#hung.promise;
        return new Response(null, { status: 500 });
      case "refuse":
        return new Response("later", { status: 503 });
      case "reject":
        return new Response("never", { status: 400 });
    }
    const answer = this.#take(pathname === "/v1/traces", body, form);
    assertMatch(pathname, /^\/v1\/(traces|metrics)$/);
    return new Response(answer as Uint8Array<ArrayBuffer>, {
      headers: { "content-type": type ?? "" },
    });
  }

  #overGrpc(server: Server): void {
    for (const path of [TRACES, METRICS]) {
      server.register<Buffer, Uint8Array>(
        path,
        (
          call: ServerUnaryCall<Buffer, Uint8Array>,
          answer: sendUnaryData<Uint8Array>,
        ) => {
          const { request, metadata } = call;
          this.#note(metadata.getMap() as Record<string, string>, request);
          if (this.mood === "hang") return;
          if (this.mood === "refuse") return answer({ code: 14 });
          if (this.mood === "reject") return answer({ code: 3 });
          answer(null, this.#take(path === TRACES, request, "protobuf"));
        },
        (bytes) => Buffer.from(bytes),
        (bytes) => bytes,
        "unary",
      );
    }
  }

  #note(head: Readonly<Record<string, string>>, body: Uint8Array): void {
    this.heads.push(head);
    this.bodies.push(Uint8Array.from(body));
  }

  #take(isTraces: boolean, body: Uint8Array, form: MessageForm): Uint8Array {
    try {
      if (isTraces) {
        const spans = decodeTraces(body, form);
        for (const span of spans) checkSpan(span);
        this.spans.push(...spans);
      } else {
        const metrics = decodeMetrics(body, form);
        for (const metric of metrics) checkMetric(metric);
        this.metrics = new Map(metrics.map((it) => [it.name, it]));
        assertEquals(this.metrics.size, metrics.length, "a name twice");
      }
    } catch (error) {
      this.faults.push(error);
    }
    return this.mood === "take all but one"
      ? encodePartialSuccess(form)
      : new TextEncoder().encode(form === "json" ? "{}" : "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hung.resolve();
    await this.#close();
  }
}

function checkSpan(span: ReceivedSpan): void {
  assertMatch(span.traceId, /^(?!0+$)[0-9a-f]{32}$/);
  assertMatch(span.spanId, /^(?!0+$)[0-9a-f]{16}$/);
  if (span.parentSpanId !== "") {
    assertMatch(span.parentSpanId, /^(?!0+$)[0-9a-f]{16}$/);
  }
  assert(span.name !== "", "a span without a name");
  assert(["SERVER", "CLIENT", "INTERNAL"].includes(span.kind), span.kind);
  assert(span.startedAt > 1.6e12 && span.startedAt <= span.endedAt, "times");
  assert(span.resource["service.name"] !== undefined, "no service.name");
  for (const event of span.events) {
    assert(event.at >= span.startedAt && event.at <= span.endedAt + 1, "event");
  }
}

function checkMetric(metric: ReceivedMetric): void {
  const { name, kind, points } = metric;
  assertMatch(name, /^[A-Za-z][\w./-]{0,254}$/);
  assert(points.length > 0, name);
  const seen = new Set(
    points.map(({ attributes }) => JSON.stringify(attributes)),
  );
  assertEquals(seen.size, points.length, `${name}: a series twice`);
  for (const point of points) {
    assert(point.startedAt > 1.6e12 && point.startedAt <= point.at, name);
    if (kind !== "histogram") continue;
    const { bounds = [], counts = [] } = point;
    assertEquals(counts.length, bounds.length + 1, name);
    const sum = counts.reduce((total, count) => total + count, 0);
    assertEquals(sum, point.count, name);
    assertEquals(bounds, bounds.toSorted((a, b) => a - b), name);
  }
  if (kind !== "gauge") assertEquals(metric.temporality, "CUMULATIVE", name);
}
