import { GatewayError } from "@llm-proxy/core";
import {
  genAiProviderName,
  type SpanAttributes,
  type SpanData,
  type SpanEvent,
} from "@llm-proxy/logging";
import { withoutPrompt } from "./prompt_echo.ts";
import type { RequestRecord } from "./request_record.ts";
import type { RequestTracing, TracedAttempt } from "./request_tracing.ts";

/** How much of a text that came from elsewhere is told. */
const MAX_TEXT = 512;
/** What a request's route is called where there is none. */
const UNKNOWN_ROUTE = "unknown";

/** Whether a request has failed by no fault of its caller. */
export function hasFailed({ error }: Pick<RequestRecord, "error">): boolean {
  return error !== undefined && error.status >= 500;
}

/** How long the caller waited for the first content, or for a whole answer, in ms. */
export function waitedMs(
  { firstContentAt, startedAt, durationMs }: RequestRecord,
): number {
  return firstContentAt === undefined ? durationMs : firstContentAt - startedAt;
}

/**
 * The spans of a request that has ended: one for itself, as its caller saw it,
 * and below it one for each attempt at a provider, in the words of
 * OpenTelemetry's conventions for HTTP and for generative AI. Streams are
 * measured to their end. No prompt and no answer is in them.
 */
export function requestSpans(
  record: RequestRecord,
  tracing: RequestTracing,
): SpanData[] {
  // From the clock that never goes back to the one on the wall.
  const offset = Date.now() - (record.startedAt + record.durationMs);
  return [
    requestSpan(record, tracing, offset),
    ...tracing.attempts.map((attempt) =>
      attemptSpan(record, { ...attempt, tracing, offset })
    ),
  ];
}

function requestSpan(
  record: RequestRecord,
  tracing: RequestTracing,
  offset: number,
): SpanData {
  const { error, trace, attempts, status, condensed } = record;
  const losses = trace?.losses;
  const { parent } = tracing;
  const route = record.route === UNKNOWN_ROUTE ? undefined : record.route;
  return {
    name: route === undefined ? record.method : `${record.method} ${route}`,
    kind: "server",
    traceId: tracing.traceId,
    spanId: tracing.spanId,
    parent: parent && { spanId: parent.spanId, remote: true },
    traceState: tracing.state,
    startedAt: record.startedAt + offset,
    endedAt: record.startedAt + record.durationMs + offset,
    attributes: {
      "http.request.method": record.method,
      "http.route": route,
      "http.response.status_code": status === 0 ? undefined : status,
      "error.type": errorType(error),
      "llm_proxy.request_id": record.id,
      "llm_proxy.key": record.key,
      "llm_proxy.dialect": record.client.name,
      "llm_proxy.requested_model": text(record.requestedModel),
      "llm_proxy.deployment": trace?.candidate.deployment.id,
      "llm_proxy.attempts": attempts.count,
      "llm_proxy.queue_time": attempts.count > 0
        ? record.queuedMs / 1_000
        : undefined,
      "llm_proxy.overhead": attempts.count > 0
        ? record.overheadMs / 1_000
        : undefined,
      "llm_proxy.cost_usd": record.costUsd,
      "llm_proxy.cache": record.cache,
      "llm_proxy.condensed_from_tokens": condensed?.fromTokens,
      "llm_proxy.condensed_to_tokens": condensed?.toTokens,
      "llm_proxy.loss": losses && !losses.empty
        ? text(losses.toString())
        : undefined,
    },
    events: firstContent(record.firstContentAt, offset),
    failure: hasFailed(record) && error !== undefined
      ? text(withoutPrompt(record, error.message))
      : undefined,
  };
}

function attemptSpan(
  record: RequestRecord,
  { trace, spanId, tracing, offset }: TracedAttempt & {
    readonly tracing: RequestTracing;
    readonly offset: number;
  },
): SpanData {
  const { operation, stream } = record;
  const { candidate, error, startedAt, firstContentAt } = trace;
  const { provider, model } = candidate;
  const { hostname, port } = addressOf(provider.baseUrl);
  const endedAt = trace.endedAt ?? record.startedAt + record.durationMs;
  return {
    name: `${operation} ${model}`,
    kind: "client",
    traceId: tracing.traceId,
    spanId,
    parent: { spanId: tracing.spanId, remote: false },
    traceState: tracing.state,
    startedAt: startedAt + offset,
    endedAt: endedAt + offset,
    attributes: {
      "gen_ai.operation.name": operation,
      "gen_ai.provider.name": genAiProviderName(provider.type),
      "gen_ai.request.model": model,
      "gen_ai.request.stream": stream ? true : undefined,
      "gen_ai.response.time_to_first_chunk":
        stream && firstContentAt !== undefined
          ? (firstContentAt - startedAt) / 1_000
          : undefined,
      ...(record.trace === trace && answerOf(record)),
      "server.address": hostname,
      "server.port": port,
      "http.response.status_code": trace.status,
      "error.type": errorType(error),
      "llm_proxy.provider": provider.name,
      "llm_proxy.deployment": candidate.deployment.id,
      "llm_proxy.upstream_request_id": text(trace.upstreamId),
    },
    events: [
      ...firstContent(firstContentAt, offset),
      ...exceptionOf(record, { error, at: endedAt + offset }),
    ],
    failure: error === undefined ? undefined : messageOf(record, error),
  };
}

/** What is known only of the attempt that has the answer. */
function answerOf(
  { usage, finish, answeredBy, status }: RequestRecord,
): SpanAttributes {
  if (status !== 200) return {};
  return {
    "gen_ai.response.model": text(answeredBy),
    "gen_ai.response.finish_reasons": finish && [finish],
    "gen_ai.usage.input_tokens": usage?.input,
    "gen_ai.usage.output_tokens": usage?.output,
    "gen_ai.usage.cache_read.input_tokens": some(usage?.cached),
    "gen_ai.usage.cache_write.input_tokens": some(usage?.cacheWrite),
    "gen_ai.usage.reasoning.output_tokens": some(usage?.reasoning),
  };
}

function firstContent(at: number | undefined, offset: number): SpanEvent[] {
  return at === undefined
    ? []
    : [{ name: "llm_proxy.first_content", at: at + offset }];
}

function exceptionOf(
  record: RequestRecord,
  { error, at }: { readonly error: unknown; readonly at: number },
): SpanEvent[] {
  if (error === undefined) return [];
  return [{
    name: "exception",
    at,
    attributes: {
      "exception.type": errorType(error),
      "exception.message": messageOf(record, error),
    },
  }];
}

/** The word for an error, one of few. */
function errorType(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof GatewayError ? text(error.code) : "internal_error";
}

function messageOf(
  record: RequestRecord,
  error: unknown,
): string | undefined {
  return error instanceof GatewayError
    ? text(withoutPrompt(record, error.message))
    : "The gateway failed on this request";
}

function addressOf(
  url: string,
): { readonly hostname?: string; readonly port?: number } {
  const parsed = URL.parse(url);
  if (parsed === null) return {};
  const { hostname, port, protocol } = parsed;
  return { hostname, port: Number(port) || (protocol === "http:" ? 80 : 443) };
}

function text(value: string | undefined): string | undefined {
  return value?.slice(0, MAX_TEXT);
}

function some(count: number | undefined): number | undefined {
  return count ? count : undefined;
}
