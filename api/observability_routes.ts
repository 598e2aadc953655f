import type { Route } from "./dispatch.ts";
import { getMetrics, getMetricsJson } from "./metrics_endpoints.ts";
import { getRequests } from "./request_log_endpoint.ts";

/** Where the gateway shows what happens. */
export const OBSERVABILITY_ROUTES: readonly Route[] = [
  { method: "GET", path: "/metrics", handle: getMetrics, quiet: true },
  { method: "GET", path: "/metrics/json", handle: getMetricsJson, quiet: true },
  { method: "GET", path: "/v1/requests", handle: getRequests, quiet: true },
];
