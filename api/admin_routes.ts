import {
  deleteFlag,
  drainDeployment,
  enableDeployment,
  explainRequest,
  listAudit,
  listBudgets,
  listDeployments,
  listFlags,
  putFlag,
  resetDeployment,
} from "./admin_endpoints.ts";
import {
  changeKey,
  createKey,
  deleteKey,
  getKey,
  listKeys,
  rotateKey,
} from "./admin_key_endpoints.ts";
import { noted } from "./admin_audit.ts";
import { invalidateCache } from "./cache_endpoints.ts";
import { getConfigStatus, reloadConfig } from "./config_endpoints.ts";
import type { Route } from "./dispatch.ts";
import { getAdminOpenApi } from "./docs_endpoints.ts";
import { getRequests } from "./request_log_endpoint.ts";
import type { Role } from "./role.ts";
import { exportUsage, getUsage } from "./usage_endpoints.ts";

/** What admins, operators and viewers are served, on a listener of its own. */
export const ADMIN_ROUTES: readonly Route[] = [
  admin("GET /keys", "viewer", listKeys),
  admin("POST /keys", "admin", createKey),
  admin("GET /keys/:id", "viewer", getKey),
  admin("PUT /keys/:id", "admin", changeKey),
  admin("DELETE /keys/:id", "admin", deleteKey),
  admin("POST /keys/:id/rotate", "admin", rotateKey),
  admin("GET /usage", "viewer", getUsage),
  admin("GET /usage/export", "viewer", exportUsage),
  admin("GET /logs", "viewer", getRequests),
  admin("GET /deployments", "viewer", listDeployments),
  admin("POST /deployments/drain", "operator", drainDeployment),
  admin("POST /deployments/enable", "operator", enableDeployment),
  admin("POST /deployments/reset", "operator", resetDeployment),
  admin("GET /flags", "viewer", listFlags),
  admin("PUT /flags/:name", "operator", putFlag),
  admin("DELETE /flags/:name", "operator", deleteFlag),
  admin("GET /config/status", "viewer", getConfigStatus),
  admin(
    "POST /config/reload",
    "operator",
    noted("config.reload", reloadConfig),
  ),
  admin("POST /explain", "operator", explainRequest),
  admin(
    "POST /cache/invalidate",
    "operator",
    noted("cache.invalidate", invalidateCache),
  ),
  admin("GET /budgets", "viewer", listBudgets),
  admin("GET /audit", "operator", listAudit),
  admin("GET /openapi.json", "viewer", getAdminOpenApi),
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
