import type { GatewayViews } from "./gateway_events.ts";
import { declareMemory } from "./_memory_metrics.ts";
import type { MetricLabel } from "./metric_label.ts";
import type { MetricsCollector } from "./metrics_collector.ts";

const HEALTH = { healthy: 0, degraded: 1, unhealthy: 2 } as const;
const BREAKER_STATE = { closed: 0, open: 1, half_open: 2 } as const;

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
  collector.observedCounter("proxy_api_spans_dropped_total", {
    help: "Spans that were lost, for no collector took them.",
    observe: (report) => report(views.droppedSpans?.() ?? 0),
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
  declareMemory(collector, views);
  collector.observedGauge("proxy_api_build_info", {
    help: "Always 1, with the gateway's version.",
    labels: [collector.label("version", { values: [version] })],
    maxSeries: 1,
    observe: (report) => report(1, version),
  });
}
