import { noted } from "./admin_audit.ts";
import { invalidateCache } from "./cache_endpoints.ts";
import { getConfigStatus, reloadConfig } from "./config_endpoints.ts";
import type { Route } from "./dispatch.ts";

/** What is asked of the gateway about itself, and done to it. */
export const CONFIG_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/config/status",
    needs: "operator",
    handle: getConfigStatus,
  },
  {
    method: "POST",
    path: "/v1/config/reload",
    needs: "operator",
    handle: noted("config.reload", reloadConfig),
  },
  {
    method: "POST",
    path: "/v1/config/invalidate-cache",
    needs: "operator",
    handle: noted("cache.invalidate", invalidateCache),
  },
];
