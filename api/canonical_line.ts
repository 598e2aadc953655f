import type { LogFields } from "@llm-proxy/logging";
import { condensedHeader } from "./condensation.ts";
import { causeWithoutPrompt, withoutPrompt } from "./prompt_echo.ts";
import { RequestRecord } from "./request_record.ts";

/** How much of a name that a caller chose is shown. */
const MAX_NAME = 256;

/**
 * The fields of the one line that every request is logged by, whatever its
 * ending. Times are milliseconds from the head of the request; what is unknown
 * is left out.
 */
export function canonicalLine(record: RequestRecord): LogFields {
  const { usage, error, trace, attempts, condensed, recalled } = record;
  const { deployment, provider, model } = trace?.candidate ?? {};
  const losses = trace?.losses;
  const went = attempts.count > 0;
  return {
    request_id: record.id,
    trace_id: (record.tracing ?? record.parent)?.traceId,
    span_id: (record.tracing ?? record.parent)?.spanId,
    method: record.method,
    route: record.route,
    dialect: record.client.name,
    status: record.status,
    key: record.key,
    requested_model: record.requestedModel?.slice(0, MAX_NAME),
    deployment: deployment?.id,
    provider: provider?.name ?? recalled?.provider,
    provider_dialect: provider?.dialect,
    model: model ?? recalled?.model,
    answered_by: record.answeredBy,
    attempts: went ? attempts.toString() : undefined,
    stream: record.stream,
    finish: record.finish,
    input_tokens: usage?.input,
    cached_tokens: usage?.cached,
    output_tokens: usage?.output,
    reasoning_tokens: usage?.reasoning,
    cost_usd: record.costUsd,
    cache: record.cache,
    cache_age_ms: recalled?.ageMs,
    cache_similarity: recalled?.similarity,
    saved_input_tokens: recalled?.saved?.input,
    saved_output_tokens: recalled?.saved?.output,
    condensed_from_tokens: condensed?.fromTokens,
    condensed_to_tokens: condensed?.toTokens,
    condensed_by: condensed && condensedHeader(condensed),
    summary_input_tokens: record.summaryTokens?.input,
    summary_output_tokens: record.summaryTokens?.output,
    guardrails: guardrailsText(record),
    duration_ms: round(record.durationMs),
    queue_ms: went ? round(record.queuedMs) : undefined,
    upstream_headers_ms: since(record, trace?.headersAt),
    first_content_ms: since(record, record.firstContentAt),
    overhead_ms: went ? round(record.overheadMs) : undefined,
    upstream_request_id: trace?.upstreamId,
    loss: losses && !losses.empty ? losses.toString() : undefined,
    error: error?.code,
    error_message: error && withoutPrompt(record, error.message),
    cause: error && causeWithoutPrompt(record, error.cause),
  };
}

/** The names of those fields, in their order. */
export function canonicalFields(): string[] {
  return Object.keys(canonicalLine(new RequestRecord("", { path: "" })));
}

function guardrailsText({ guardrails }: RequestRecord): string | undefined {
  if (!guardrails?.size) return undefined;
  return [...guardrails].map(([name, outcome]) => `${name}=${outcome}`)
    .join(", ");
}

function since(
  { startedAt }: RequestRecord,
  at: number | undefined,
): number | undefined {
  return at === undefined ? undefined : round(at - startedAt);
}

/** Milliseconds to a hundredth: more would be noise. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
