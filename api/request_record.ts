import {
  AttemptLog,
  type ClientDialect,
  type FinishClass,
  type GatewayError,
  openAiChatClient,
  type Usage,
} from "@llm-proxy/core";
import type { TraceParent } from "@llm-proxy/logging";
import type { AdmittedRequest } from "./request_limits.ts";
import type { AttemptTrace } from "./attempt_trace.ts";
import type { Route } from "./dispatch.ts";
import type { Told, ToldReply } from "./told_reply.ts";

/** What is known of one request, gathered on its way and logged once at its end. */
export class RequestRecord {
  /** Ours, never a provider's or a caller's. */
  readonly id: string = `req_${crypto.randomUUID().replaceAll("-", "")}`;
  /** Every attempt, with its reason and its duration. */
  readonly attempts: AttemptLog = new AttemptLog();
  /** When it began, on the clock of `performance.now()`. */
  readonly startedAt: number = performance.now();
  /** The HTTP method. */
  readonly method: string;
  /** What is done at a model, in the words of telemetry. */
  readonly operation: string;
  /** The route's name, as a pattern. */
  readonly route: string;
  /** The dialect in which the caller speaks. */
  readonly client: ClientDialect;
  key: string | undefined;
  /** Where in a trace the caller is, if it says. */
  parent: TraceParent | undefined;
  stream = false;
  /** Its place within the caller's limits, where these are. */
  admitted: AdmittedRequest | undefined;
  /** The attempt that answers; until there is one, the latest that failed. */
  trace: AttemptTrace | undefined;
  usage: Usage | undefined;
  finish: FinishClass | undefined;
  /** The model that answered, as the provider names it. */
  answeredBy: string | undefined;
  /** What the client was told, where a shadow is to be held against it. */
  told: Told | undefined;
  /** The client's stream, where another deployment may go on with it. */
  open: ToldReply | undefined;
  /** The status of the answer; 0 until it has begun. */
  status = 0;
  error: GatewayError | undefined;
  /** When the first content of the answer was there, on the same clock. */
  firstContentAt: number | undefined;

  /** Starts the clock of one request. */
  constructor(
    method: string,
    { path, client = openAiChatClient, operation = "other" }: Pick<
      Route,
      "path" | "client" | "operation"
    >,
  ) {
    this.method = method;
    this.operation = operation;
    this.route = path;
    this.client = client;
  }

  /** Notes that an attempt has the answer, whose first content now goes to the client; or that it goes on with it. */
  answers(trace: AttemptTrace): void {
    // What its beginning has lost is lost to the whole.
    const begun = this.status === 0 ? undefined : this.trace;
    for (const { action, field, detail } of begun?.losses.losses ?? []) {
      trace.losses.add(action, field, detail);
    }
    this.trace = trace;
    this.firstContentAt ??= performance.now();
    this.status = 200;
  }

  /** Notes an attempt that failed, unless another has the answer. */
  failed(trace: AttemptTrace): void {
    if (this.status === 0) this.trace = trace;
  }

  /** Gives back what was reserved of the caller's limits, but for what was used. */
  settle(): void {
    const { admitted, usage, status } = this;
    if (admitted === undefined) return;
    if (usage !== undefined) admitted.lease.settle({ tokens: usage.total });
    // A provider may have done the work for a caller who left, and nobody tells.
    else if (status === 200 || this.error?.kind === "client_closed") {
      admitted.lease.release();
    } else admitted.lease.settle({ tokens: 0 });
  }

  /** The canonical log line's fields. */
  fields(): Record<string, unknown> {
    const { usage, error, trace, attempts } = this;
    const { provider, model } = trace?.candidate ?? {};
    const losses = trace?.losses;
    return {
      request_id: this.id,
      trace_id: this.parent?.traceId,
      span_id: this.parent?.spanId,
      method: this.method,
      route: this.route,
      dialect: this.client.name,
      status: this.status,
      key: this.key,
      provider: provider?.name,
      model,
      answered_by: this.answeredBy,
      attempts: attempts.count > 0 ? attempts.toString() : undefined,
      stream: this.stream,
      finish: this.finish,
      input_tokens: usage?.input,
      cached_tokens: usage?.cached,
      output_tokens: usage?.output,
      reasoning_tokens: usage?.reasoning,
      duration_ms: round(performance.now() - this.startedAt),
      upstream_headers_ms: this.#since(trace?.headersAt),
      first_content_ms: this.#since(this.firstContentAt),
      upstream_request_id: trace?.upstreamId,
      loss: losses && !losses.empty ? losses.toString() : undefined,
      error: error?.code,
      error_message: error?.message,
      cause: error?.cause,
    };
  }

  #since(at: number | undefined): number | undefined {
    return at === undefined ? undefined : round(at - this.startedAt);
  }
}

/** Milliseconds to a tenth: more would be noise. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
