import { OTLP_PROTOCOLS } from "@llm-proxy/logging";
import * as z from "@zod/zod";
import {
  address,
  headers,
  limits,
  line,
  route,
  seconds,
  share,
  size,
} from "./_config_values.ts";

const enabled = (what: string) => z.boolean().default(false).describe(what);

/** `telemetry` */
export const telemetry = z.strictObject({
  enabled: enabled("Whether traces and metrics are sent."),
  service_name: line(100).optional()
    .describe("The service.name; OTEL_SERVICE_NAME, else llm-proxy."),
  endpoint: address().optional().describe(
    "The collector's address, for example http://127.0.0.1:4318; OTEL_EXPORTER_OTLP_ENDPOINT, else the protocol's own.",
  ),
  protocol: z.enum(OTLP_PROTOCOLS).optional().describe(
    "How the collector is spoken to; OTEL_EXPORTER_OTLP_PROTOCOL, else http/protobuf.",
  ),
  // A trace costs a request some 30 µs; metrics are always whole.
  sample_ratio: share().optional().describe(
    "Share of requests that are traced whatever becomes of them, 0 to 1; OTEL_TRACES_SAMPLER, else 0.1.",
  ),
  slow: seconds(3600).default(30).describe(
    "Requests that waited so many seconds for the first content are always traced, as those that failed.",
  ),
  propagate: z.boolean().default(true)
    .describe("Whether providers are told the trace, in traceparent."),
  metrics: z.boolean().default(true).describe("Whether metrics are sent."),
  metric_interval: seconds(3600).optional().describe(
    "Seconds between two; OTEL_METRIC_EXPORT_INTERVAL, else 60.",
  ),
  headers: headers().default({}).describe("Headers for the collector."),
}).prefault({}).describe(
  "Traces and metrics sent to an OpenTelemetry collector.",
);

const limitRule = z.strictObject({
  name: line(64).describe("What refusals and metrics call it."),
  per: z.enum(["all", "organisation", "team", "user", "key", "model"])
    .describe("Whose requests it counts together."),
  of: line(256).default("*").describe(
    "For whom it is: a name, in which * stands for any characters; a model's is that which callers ask for.",
  ),
  limits: limits().describe("A limit, or a list of several."),
});

/** `rate_limit` */
export const rateLimit = z.strictObject({
  // Whoever writes down limits wants them in force.
  enabled: z.boolean().default(true).describe("Whether callers are limited."),
  default: limits().default("100/minute").describe(
    "For every route without a limit of its own: a limit, or a list of several.",
  ),
  routes: z.record(route(), limits()).default({})
    .describe("Route to limit, for example /v1/chat/completions: 100/minute."),
  rules: z.array(limitRule).max(100).default([])
    .describe("Limits of each team, user or model, over all routes."),
}).prefault({ enabled: false }).describe(
  "Limits on callers; in force once the section is there.",
);

/** `cache` */
export const cache = z.strictObject({
  module: line(1024).optional()
    .describe("A module that replaces the built-in cache; needs class."),
  class: line(128).optional().describe("The export of module to use."),
}).prefault({}).describe("What replaces the built-in cache.");

const YEAR = 31_536_000;

const tier = (sizeMb: number, ttl: number) => ({
  enabled: enabled("Whether this cache is used."),
  max_size_mb: size(65_536).default(sizeMb)
    .describe("Upper bound of its content in MiB."),
  ttl: seconds(YEAR).default(ttl).describe("Seconds an entry lives."),
  compression: enabled("Whether entries are compressed."),
});

/** Seconds for which something old may be used; none is a fair wish. */
export function staleness(): z.ZodNumber {
  return z.number().min(0).max(YEAR);
}

/** What decides for how long, and for whom, answers are kept. */
const responseCache = z.strictObject({
  ...tier(64, 300),
  stale: staleness().default(0).describe(
    "Seconds after ttl in which an answer is still given, and renewed.",
  ),
  shared: enabled("Whether callers have their answers in common."),
  // Answers on a disk are nothing that anybody expects.
  persist: enabled("Whether answers outlive the process, in the state."),
}).prefault({});

/** `caching` */
export const caching = z.strictObject({
  response_cache: responseCache.describe("Whole answers."),
  // Summaries are small, dear to make, and stay true.
  summary_cache: z.strictObject({
    ...tier(16, 3600),
    enabled: z.boolean().default(true).describe("Whether this cache is used."),
  }).prefault({}).describe(
    "Summaries of shortened conversations; of ttl and condensation.cache_ttl the shorter counts.",
  ),
}).prefault({}).describe("The sizes of the built-in caches.");

/** `memory` */
export const memory = z.strictObject({
  // Above this the kernel may end the process before the collector catches up.
  max_usage_percent: z.number().min(1).max(100).default(95)
    .describe("Share of the memory limit from which on requests are refused."),
  gc_threshold_percent: z.number().min(1).max(100).default(85)
    .describe("Share of the memory limit from which on caches are emptied."),
  limit_mb: size(16_777_216).optional().describe(
    "The memory limit in MiB, where the system's can't be read.",
  ),
  monitoring_interval: seconds(3600).default(5)
    .describe("Seconds between two looks."),
}).prefault({}).describe("How the process reacts to memory pressure.");

/** `health_check` */
export const healthCheck = z.strictObject({
  enabled: enabled("Whether providers are probed between requests."),
  interval: seconds(86_400).default(60).describe("Seconds between two probes."),
  timeout: seconds(600).default(10).describe("Seconds a probe may take."),
}).prefault({}).describe("Probes of the providers between requests.");
