import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";

const metrics = () => import("./metrics_endpoints.ts");
const requestLog = () => import("./request_log_endpoint.ts");

/** Where the gateway shows what happens. */
export const OBSERVABILITY_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/metrics",
    handle: lazily(metrics, "getMetrics"),
    quiet: true,
  },
  {
    method: "GET",
    path: "/metrics/json",
    handle: lazily(metrics, "getMetricsJson"),
    quiet: true,
  },
  {
    method: "GET",
    path: "/v1/requests",
    handle: lazily(requestLog, "getRequests"),
    quiet: true,
  },
];
