import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import type { OpenTelemetryConfig } from "./opentelemetry_config.ts";
import {
  OtlpError,
  type OtlpMessage,
  type OtlpSignal,
  type OtlpTransport,
} from "./otlp_transport.ts";

const METHOD: Readonly<Record<OtlpSignal, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
};

/** The codes that OTLP's specification lets a client try again after. */
const RETRYABLE: ReadonlySet<number> = new Set([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
  status.RESOURCE_EXHAUSTED,
]);

/** OTLP over gRPC. */
class OtlpGrpc implements OtlpTransport {
  readonly #clients: Readonly<Record<OtlpSignal, Client>>;
  readonly #metadata = new Metadata();

  constructor({ tracesUrl, metricsUrl, headers }: OpenTelemetryConfig) {
    const traces = clientOf(tracesUrl);
    this.#clients = {
      traces,
      metrics: metricsUrl === tracesUrl ? traces : clientOf(metricsUrl),
    };
    for (const name in headers) this.#metadata.set(name, headers[name] ?? "");
  }

  send({ signal, body, abort }: OtlpMessage): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const call = this.#clients[signal].makeUnaryRequest<
        Uint8Array,
        Uint8Array
      >(
        METHOD[signal],
        (bytes) => Buffer.from(bytes),
        (bytes) => bytes,
        body,
        this.#metadata,
        (error, answer) => {
          abort.removeEventListener("abort", cancel);
          if (error === null) return resolve(answer ?? new Uint8Array());
          reject(
            new OtlpError(
              `The collector answered with code ${status[error.code]}`,
              { retryable: RETRYABLE.has(error.code) },
            ),
          );
        },
      );
      const cancel = (): void => call.cancel();
      abort.addEventListener("abort", cancel, { once: true });
      if (abort.aborted) cancel();
    });
  }

  close(): void {
    this.#clients.traces.close();
    this.#clients.metrics.close();
  }
}

function clientOf(address: string): Client {
  const { protocol, hostname, port } = new URL(address);
  const isTls = protocol === "https:";
  const host = `${hostname}:${port || (isTls ? 443 : 80)}`;
  return new Client(
    host,
    isTls ? credentials.createSsl() : credentials.createInsecure(),
    // A collector that is back is found soon.
    { "grpc.max_reconnect_backoff_ms": 1_000 },
  );
}

/** Makes the way to the collector of a config. */
export function grpcTransport(config: OpenTelemetryConfig): OtlpTransport {
  return new OtlpGrpc(config);
}
