import type {
  Deployment,
  FinishClass,
  GatewayError,
  LossReport,
  Usage,
} from "@llm-proxy/core";

/** What is known of one request, gathered on its way and logged once at its end. */
export class RequestRecord {
  /** Ours, never a provider's or a caller's. */
  readonly id: string = `req_${crypto.randomUUID().replaceAll("-", "")}`;
  readonly #start = performance.now();
  readonly #method: string;
  readonly #route: string;
  key: string | undefined;
  stream = false;
  deployment: Deployment | undefined;
  upstreamId: string | undefined;
  losses: LossReport | undefined;
  usage: Usage | undefined;
  finish: FinishClass | undefined;
  /** The model that answered, as the provider names it. */
  answeredBy: string | undefined;
  status = 0;
  error: GatewayError | undefined;
  #headersAt: number | undefined;
  #firstContentAt: number | undefined;

  /** Starts the clock of one request. */
  constructor(method: string, route: string) {
    this.#method = method;
    this.#route = route;
  }

  /** Notes that the provider's response headers are in. */
  gotHeaders(): void {
    this.#headersAt = performance.now();
  }

  /** Notes the first content that goes to the client. */
  gotContent(): void {
    this.#firstContentAt ??= performance.now();
  }

  /** The canonical log line's fields. */
  fields(): Record<string, unknown> {
    const { usage, error, deployment, losses } = this;
    return {
      request_id: this.id,
      method: this.#method,
      route: this.#route,
      status: this.status,
      key: this.key,
      provider: deployment?.provider.name,
      model: deployment?.model,
      answered_by: this.answeredBy,
      stream: this.stream,
      finish: this.finish,
      input_tokens: usage?.input,
      cached_tokens: usage?.cached,
      output_tokens: usage?.output,
      reasoning_tokens: usage?.reasoning,
      duration_ms: round(performance.now() - this.#start),
      upstream_headers_ms: this.#since(this.#headersAt),
      first_content_ms: this.#since(this.#firstContentAt),
      upstream_request_id: this.upstreamId,
      loss: losses && !losses.empty ? losses.toString() : undefined,
      error: error?.code,
      error_message: error?.message,
      cause: error?.cause,
    };
  }

  #since(at: number | undefined): number | undefined {
    return at === undefined ? undefined : round(at - this.#start);
  }
}

/** Milliseconds to a tenth: more would be noise. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
