import process from "node:process";
import {
  FIRST_TOKEN_SECONDS,
  OPERATION_SECONDS,
  OUTPUT_TOKEN_SECONDS,
  REQUEST_SECONDS,
  SHORT_SECONDS,
  TOKENS,
} from "./_gateway_buckets.ts";
import type { GatewayViews } from "./gateway_events.ts";
import type { MetricLabel } from "./metric_label.ts";
import type { MetricsCollector } from "./metrics_collector.ts";

/** What is counted as it happens, by the names that the code gives it. */
export type GatewayInstruments = ReturnType<typeof declareCounted>;

const HEALTH = { healthy: 0, degraded: 1, unhealthy: 2 } as const;
const BREAKER_STATE = { closed: 0, open: 1, half_open: 2 } as const;

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
    collector.label("gen_ai_operation_name", { max: 8 }),
    collector.label("gen_ai_provider_name"),
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
      help: "GenAI operation duration: one attempt at a provider.",
      labels: [...genAi, collector.label("error_type", { max: 32 })],
      bounds: OPERATION_SECONDS,
    }),
    firstChunk: collector.histogram(
      "gen_ai_client_operation_time_to_first_chunk_seconds",
      {
        help: "From sending an attempt to its first chunk. Streams only.",
        labels: genAi,
        bounds: OPERATION_SECONDS,
      },
    ),
    tokens: collector.histogram("gen_ai_client_token_usage", {
      help: "Number of input and output tokens used.",
      labels: [
        ...genAi,
        collector.label("gen_ai_token_type", { values: ["input", "output"] }),
      ],
      bounds: TOKENS,
    }),
    firstToken: collector.histogram(
      "gen_ai_server_time_to_first_token_seconds",
      {
        help: "From the head of a request to the first content. Streams only.",
        labels: genAi,
        bounds: FIRST_TOKEN_SECONDS,
      },
    ),
    outputToken: collector.histogram(
      "gen_ai_server_time_per_output_token_seconds",
      {
        help: "Time per output token after the first one. Streams only.",
        labels: genAi,
        bounds: OUTPUT_TOKEN_SECONDS,
      },
    ),
  };
}

/** Declares what is asked for at each scrape. */
export function declareObserved(
  collector: MetricsCollector,
  { version, views = {}, model, maxModels }: {
    readonly version: string;
    readonly views?: GatewayViews;
    readonly model: MetricLabel<"model">;
    readonly maxModels: number;
  },
): void {
  const deployment = {
    labels: [collector.label("provider"), model],
    maxSeries: maxModels,
  } as const;
  const cache = {
    labels: [collector.label("cache_type", { max: 8 })],
    maxSeries: 8,
  } as const;

  collector.observedGauge("proxy_api_upstream_up", {
    ...deployment,
    help: "Whether attempts go to a deployment: 1 or 0.",
    observe: (report) => {
      for (const { provider, model, available } of views.upstreams?.() ?? []) {
        report(available ? 1 : 0, provider, model);
      }
    },
  });
  collector.observedGauge("proxy_api_circuit_breaker_state", {
    ...deployment,
    help: "How a deployment's breaker stands: 0 closed, 1 open, 2 half open.",
    observe: (report) => {
      for (const { provider, model, breaker } of views.upstreams?.() ?? []) {
        report(BREAKER_STATE[breaker], provider, model);
      }
    },
  });
  collector.observedGauge("proxy_api_upstream_requests_in_flight", {
    ...deployment,
    help: "Attempts under way at a deployment.",
    observe: (report) => {
      for (const { provider, model, inFlight } of views.upstreams?.() ?? []) {
        report(inFlight, provider, model);
      }
    },
  });
  const provider = { labels: [collector.label("provider")] } as const;
  collector.observedGauge("proxy_api_provider_health", {
    ...provider,
    help: "How a provider does: 0 well, 1 with errors, 2 mostly not at all.",
    observe: (report) => {
      for (const { provider, health } of views.providers?.() ?? []) {
        report(HEALTH[health], provider);
      }
    },
  });
  collector.observedGauge("proxy_api_provider_connections", {
    ...provider,
    help: "Connections to a provider that are open.",
    observe: (report) => {
      for (const { provider, connections } of views.providers?.() ?? []) {
        report(connections, provider);
      }
    },
  });
  collector.observedGauge("proxy_api_budget_left_usd", {
    help: "What is left of a budget, in US dollars.",
    labels: [collector.label("budget")],
    observe: (report) => {
      for (const { name, leftUsd } of views.budgets?.() ?? []) {
        report(leftUsd, name);
      }
    },
  });
  collector.observedGauge("proxy_api_cache_entries", {
    ...cache,
    help: "Entries that a cache holds.",
    observe: (report) => {
      for (const { cache, entries } of views.caches?.() ?? []) {
        report(entries, cache);
      }
    },
  });
  collector.observedGauge("proxy_api_cache_size_bytes", {
    ...cache,
    help: "Bytes that a cache holds.",
    observe: (report) => {
      for (const { cache, bytes } of views.caches?.() ?? []) {
        report(bytes, cache);
      }
    },
  });
  collector.observedGauge("proxy_api_queue_length", {
    help: "Requests that wait for a place.",
    labels: [collector.label("queue", { max: 16 })],
    maxSeries: 16,
    observe: (report) => {
      for (const { queue, length } of views.queues?.() ?? []) {
        report(length, queue);
      }
    },
  });
  collector.observedGauge("proxy_api_state_degraded", {
    help: "Whether changes of state wait in memory: 1 or 0.",
    observe: (report) => {
      const state = views.state?.();
      if (state !== undefined) report(state.degraded ? 1 : 0);
    },
  });
  collector.observedGauge("proxy_api_state_waiting", {
    help: "Changes of state that wait for the store.",
    observe: (report) => {
      const state = views.state?.();
      if (state !== undefined) report(state.waiting);
    },
  });
  collector.observedCounter("proxy_api_log_records_dropped_total", {
    help: "Log records that were lost, for nothing took them in time.",
    observe: (report) => report(views.droppedLogRecords?.() ?? 0),
  });
  collector.observedCounter("proxy_api_metrics_folded_total", {
    help: "Updates that went to the label value 'other', or were left out.",
    observe: (report) => report(collector.folded),
  });
  collector.observedCounter("proxy_api_metrics_observe_failures_total", {
    help: "Metrics that could not be asked at a scrape.",
    observe: (report) => report(collector.observeFailures),
  });
  collector.observedGauge("proxy_api_metrics_series", {
    help: "Time series that are taken, those reserved included.",
    observe: (report) => report(collector.seriesCount),
  });
  collector.observedGauge("proxy_api_memory_usage_bytes", {
    help: "Memory that the process has in use, as the system counts it.",
    observe: (report) => report(process.memoryUsage().rss),
  });
  collector.observedGauge("proxy_api_build_info", {
    help: "Always 1, with the gateway's version.",
    labels: [collector.label("version", { values: [version] })],
    maxSeries: 1,
    observe: (report) => report(1, version),
  });
}
