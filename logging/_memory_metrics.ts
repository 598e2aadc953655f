import process from "node:process";
import type { GatewayViews } from "./gateway_events.ts";
import type { MetricsCollector } from "./metrics_collector.ts";

const PRESSURE = { normal: 0, high: 1, critical: 2 } as const;

/** Declares what is asked of the memory at each scrape. */
export function declareMemory(
  collector: MetricsCollector,
  views: GatewayViews,
): void {
  collector.observedGauge("proxy_api_memory_usage_bytes", {
    help: "Memory that the process has in use, as the system counts it.",
    observe: (report) => report(process.memoryUsage().rss),
  });
  collector.observedGauge("proxy_api_memory_pressure", {
    help: "How scarce memory is: 0 normal, 1 high, 2 critical.",
    observe: (report) => {
      const memory = views.memory?.();
      if (memory !== undefined) report(PRESSURE[memory.pressure]);
    },
  });
  collector.observedGauge("proxy_api_memory_limit_bytes", {
    help: "Memory that the process may use.",
    observe: (report) => {
      const limit = views.memory?.().limit;
      if (limit !== undefined) report(limit);
    },
  });
}
