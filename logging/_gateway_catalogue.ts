import {
  FIRST_TOKEN_SECONDS,
  OPERATION_SECONDS,
  OUTPUT_TOKEN_SECONDS,
  REQUEST_SECONDS,
  SHORT_SECONDS,
  TOKENS,
} from "./_gateway_buckets.ts";
import type { MetricLabel } from "./metric_label.ts";
import type { MetricsCollector } from "./metrics_collector.ts";

/** What is counted as it happens, by the names that the code gives it. */
export type GatewayInstruments = ReturnType<typeof declareCounted>;

/** Declares what is counted as it happens. */
// deno-lint-ignore explicit-module-boundary-types -- its type would be the list over again
export function declareCounted(
  collector: MetricsCollector,
  { model, requestModel }: {
    readonly model: MetricLabel<"model">;
    readonly requestModel: MetricLabel<"gen_ai_request_model">;
  },
) {
  const method = collector.label("method", {
    values: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
  });
  const endpoint = collector.label("endpoint");
  const provider = collector.label("provider");
  const cache = collector.label("cache_type", { max: 8 });
  const genAi = [
    collector.label("gen_ai_operation_name", {
      max: 8,
      conventional: "gen_ai.operation.name",
    }),
    collector.label("gen_ai_provider_name", {
      conventional: "gen_ai.provider.name",
    }),
    requestModel,
  ] as const;

  return {
    requests: collector.counter("proxy_api_requests_total", {
      help: "Requests answered.",
      labels: [method, endpoint, collector.label("status_code")],
    }),
    duration: collector.histogram("proxy_api_request_duration_seconds", {
      help: "From the head of a request to the end of its answer.",
      labels: [method, endpoint],
      bounds: REQUEST_SECONDS,
    }),
    inFlight: collector.gauge("proxy_api_requests_in_flight", {
      help: "Requests that are being answered.",
    }).at(),
    queued: collector.histogram("proxy_api_queue_wait_seconds", {
      help: "How long requests that went to a provider waited for a place.",
      bounds: REQUEST_SECONDS,
    }).at(),
    overhead: collector.histogram("proxy_api_overhead_seconds", {
      help: "The gateway's own part of the duration of such requests.",
      bounds: SHORT_SECONDS,
    }).at(),
    loopDelay: collector.histogram("proxy_api_event_loop_delay_seconds", {
      help: "How late the event loop got round to a timer.",
      bounds: SHORT_SECONDS,
    }).at(),
    refusedKeys: collector.counter("proxy_api_failed_auth_attempts_total", {
      help: "Requests without a key that is allowed them.",
      labels: [collector.label("reason", { max: 16 })],
    }),
    refusals: collector.counter("proxy_api_limit_refusals_total", {
      help: "Requests that a limit refused.",
      labels: [
        collector.label("limit"),
        collector.label("unit", { max: 8 }),
      ],
    }),
    cacheHits: collector.counter("proxy_api_cache_hits_total", {
      help: "Look-ups that a cache answered.",
      labels: [cache],
    }),
    cacheMisses: collector.counter("proxy_api_cache_misses_total", {
      help: "Look-ups that a cache could not answer.",
      labels: [cache],
    }),
    condensations: collector.counter("proxy_api_condensations_total", {
      help: "Requests whose conversation was made shorter.",
      labels: [collector.label("reason", { max: 8 })],
    }),
    condensedTokens: collector.counter("proxy_api_condensed_tokens_total", {
      help: "Tokens by which conversations were made shorter, an estimate.",
      labels: [collector.label("reason", { max: 8 })],
    }),
    guardrails: collector.counter("proxy_api_guardrails_total", {
      help: "Requests that a guardrail has looked at, by what it came to.",
      labels: [
        collector.label("guardrail", { max: 100 }),
        collector.label("outcome", { max: 8 }),
      ],
    }),
    attempts: collector.counter("proxy_api_provider_requests_total", {
      help: "Attempts at providers, by how they ended.",
      labels: [provider, model, collector.label("status", { max: 32 })],
    }),
    latency: collector.histogram("proxy_api_provider_latency_seconds", {
      help: "How long attempts at providers took.",
      labels: [provider, model],
      bounds: REQUEST_SECONDS,
    }),
    cost: collector.counter("proxy_api_cost_usd_total", {
      help: "What answers cost, in US dollars.",
      labels: [provider, model],
    }),
    operation: collector.histogram("gen_ai_client_operation_duration_seconds", {
      conventional: { name: "gen_ai.client.operation.duration", unit: "s" },
      help: "GenAI operation duration: one attempt at a provider.",
      labels: [
        ...genAi,
        collector.label("error_type", {
          max: 32,
          conventional: "error.type",
        }),
      ],
      bounds: OPERATION_SECONDS,
    }),
    firstChunk: collector.histogram(
      "gen_ai_client_operation_time_to_first_chunk_seconds",
      {
        conventional: {
          name: "gen_ai.client.operation.time_to_first_chunk",
          unit: "s",
        },
        help: "From sending an attempt to its first chunk. Streams only.",
        labels: genAi,
        bounds: OPERATION_SECONDS,
      },
    ),
    tokens: collector.histogram("gen_ai_client_token_usage", {
      conventional: { name: "gen_ai.client.token.usage", unit: "{token}" },
      help: "Number of input and output tokens used.",
      labels: [
        ...genAi,
        collector.label("gen_ai_token_type", {
          values: ["input", "output"],
          conventional: "gen_ai.token.type",
        }),
      ],
      bounds: TOKENS,
    }),
    firstToken: collector.histogram(
      "gen_ai_server_time_to_first_token_seconds",
      {
        conventional: { name: "gen_ai.server.time_to_first_token", unit: "s" },
        help: "From the head of a request to the first content. Streams only.",
        labels: genAi,
        bounds: FIRST_TOKEN_SECONDS,
      },
    ),
    outputToken: collector.histogram(
      "gen_ai_server_time_per_output_token_seconds",
      {
        conventional: {
          name: "gen_ai.server.time_per_output_token",
          unit: "s",
        },
        help: "Time per output token after the first one. Streams only.",
        labels: genAi,
        bounds: OUTPUT_TOKEN_SECONDS,
      },
    ),
  };
}
