import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";
import type { Role } from "./role.ts";

const admins = () => import("./admin_endpoints.ts");
const keys = () => import("./admin_key_endpoints.ts");
const caches = () => import("./cache_endpoints.ts");
const configs = () => import("./config_endpoints.ts");
const docs = () => import("./docs_endpoints.ts");
const requestLog = () => import("./request_log_endpoint.ts");
const usage = () => import("./usage_endpoints.ts");

/** What admins, operators and viewers are served, on a listener of its own. */
export const ADMIN_ROUTES: readonly Route[] = [
  admin("GET /keys", "viewer", lazily(keys, "listKeys")),
  admin("POST /keys", "admin", lazily(keys, "createKey")),
  admin("GET /keys/:id", "viewer", lazily(keys, "getKey")),
  admin("PUT /keys/:id", "admin", lazily(keys, "changeKey")),
  admin("DELETE /keys/:id", "admin", lazily(keys, "deleteKey")),
  admin("POST /keys/:id/rotate", "admin", lazily(keys, "rotateKey")),
  admin("GET /usage", "viewer", lazily(usage, "getUsage")),
  admin("GET /usage/export", "viewer", lazily(usage, "exportUsage")),
  admin("GET /logs", "viewer", lazily(requestLog, "getRequests")),
  admin("GET /deployments", "viewer", lazily(admins, "listDeployments")),
  admin(
    "POST /deployments/drain",
    "operator",
    lazily(admins, "drainDeployment"),
  ),
  admin(
    "POST /deployments/enable",
    "operator",
    lazily(admins, "enableDeployment"),
  ),
  admin(
    "POST /deployments/reset",
    "operator",
    lazily(admins, "resetDeployment"),
  ),
  admin("GET /flags", "viewer", lazily(admins, "listFlags")),
  admin("PUT /flags/:name", "operator", lazily(admins, "putFlag")),
  admin("DELETE /flags/:name", "operator", lazily(admins, "deleteFlag")),
  admin("GET /config/status", "viewer", lazily(configs, "getConfigStatus")),
  admin(
    "POST /config/reload",
    "operator",
    lazily(configs, "reloadConfig"),
  ),
  admin("POST /explain", "operator", lazily(admins, "explainRequest")),
  admin(
    "POST /cache/invalidate",
    "operator",
    lazily(caches, "invalidateCache"),
  ),
  admin("GET /budgets", "viewer", lazily(admins, "listBudgets")),
  admin("GET /audit", "operator", lazily(admins, "listAudit")),
  admin("GET /openapi.json", "viewer", lazily(docs, "getAdminOpenApi")),
];

function admin(
  at: `${"GET" | "POST" | "PUT" | "DELETE"} ${string}`,
  needs: Role,
  handle: Route["handle"],
): Route {
  const [method = "", path = ""] = at.split(" ", 2);
  return {
    method: method as Route["method"],
    path: `/admin${path}`,
    isAdmin: true,
    needs,
    handle,
  };
}
