import { invalidateCache } from "./cache_endpoints.ts";
import { getConfigStatus, reloadConfig } from "./config_endpoints.ts";
import type { Route } from "./dispatch.ts";

/** What is asked of the gateway about itself, and done to it. */
export const CONFIG_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v1/config/status", handle: getConfigStatus },
  { method: "POST", path: "/v1/config/reload", handle: reloadConfig },
  {
    method: "POST",
    path: "/v1/config/invalidate-cache",
    handle: invalidateCache,
  },
];
