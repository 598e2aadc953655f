import process from "node:process";
import type { MetricsCollector } from "./metrics_collector.ts";

/**
 * Declares what a process says of itself, by the names that Prometheus' own
 * libraries give: memory, processor time, start. A scrape reads it in some
 * ten microseconds.
 *
 * @example Usage
 * ```ts
 * import {
 *   declareProcessMetrics,
 *   MetricsCollector,
 *   PrometheusExporter,
 * } from "@llm-proxy/logging";
 * import { assertMatch } from "@std/assert";
 *
 * const metrics = new MetricsCollector();
 * declareProcessMetrics(metrics);
 * const text = new PrometheusExporter(metrics).text();
 * assertMatch(text, /^process_resident_memory_bytes \d{7,}$/m);
 * ```
 */
export function declareProcessMetrics(metrics: MetricsCollector): void {
  metrics.observedGauge("process_resident_memory_bytes", {
    help: "Memory that the process has in use, as the system counts it.",
    observe: (report) => report(process.memoryUsage().rss),
  });
  metrics.observedGauge("process_heap_used_bytes", {
    help: "Memory of live and not yet collected objects.",
    observe: (report) => report(process.memoryUsage().heapUsed),
  });
  metrics.observedGauge("process_heap_size_bytes", {
    help: "Memory set aside for objects.",
    observe: (report) => report(process.memoryUsage().heapTotal),
  });
  metrics.observedCounter("process_cpu_seconds_total", {
    help: "Processor time of all threads, in user and system mode.",
    observe: (report) => {
      const { user, system } = process.cpuUsage();
      report((user + system) / 1e6);
    },
  });
  metrics.observedGauge("process_start_time_seconds", {
    help: "When the process started, in seconds since 1970.",
    observe: (report) => report(performance.timeOrigin / 1_000),
  });
}
