import type { OpenTelemetryConfig } from "./opentelemetry_config.ts";
import {
  OtlpError,
  type OtlpMessage,
  type OtlpTransport,
} from "./otlp_transport.ts";

/** What a collector may say later instead: too much now, or not there. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** How much of an answer is read, in bytes. */
const MAX_ANSWER = 65_536;

/** OTLP over HTTP, as protobuf or as JSON. */
class OtlpHttp implements OtlpTransport {
  readonly #urls: Readonly<Record<OtlpMessage["signal"], string>>;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(config: OpenTelemetryConfig) {
    this.#urls = { traces: config.tracesUrl, metrics: config.metricsUrl };
    this.#headers = {
      ...config.headers,
      "content-type": config.protocol === "http/json"
        ? "application/json"
        : "application/x-protobuf",
    };
  }

  async send({ signal, body, abort }: OtlpMessage): Promise<Uint8Array> {
    let response: Response;
    try {
      response = await fetch(this.#urls[signal], {
        method: "POST",
        headers: this.#headers,
        body: body as Uint8Array<ArrayBuffer>,
        // Its headers are for this collector alone.
        redirect: "manual",
        signal: abort,
      });
    } catch (cause) {
      throw new OtlpError("The collector cannot be reached", {
        retryable: true,
        cause: nameOf(cause),
      });
    }
    const { status } = response;
    const answer = await read(response);
    if (status >= 200 && status < 300) return answer;
    throw new OtlpError(`The collector answered with status ${status}`, {
      retryable: RETRYABLE.has(status),
    });
  }

  close(): void {}
}

/** The text of an error of `fetch` holds the whole address. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "Error";
}

async function read({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER) break;
    }
  } catch {
    // It has been taken, or refused, by its status.
    return new Uint8Array();
  }
  const answer = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    answer.set(chunk, at);
    at += chunk.length;
  }
  return answer;
}

/** Makes the way to the collector of a config. */
export function httpTransport(config: OpenTelemetryConfig): OtlpTransport {
  return new OtlpHttp(config);
}
