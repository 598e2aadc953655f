import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";

const caches = () => import("./cache_endpoints.ts");
const configs = () => import("./config_endpoints.ts");

/** What is asked of the gateway about itself, and done to it. */
export const CONFIG_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/config/status",
    needs: "operator",
    handle: lazily(configs, "getConfigStatus"),
  },
  {
    method: "POST",
    path: "/v1/config/reload",
    needs: "operator",
    handle: lazily(configs, "reloadConfig"),
  },
  {
    method: "POST",
    path: "/v1/config/invalidate-cache",
    needs: "operator",
    handle: lazily(caches, "invalidateCache"),
  },
];
