import type { Route } from "./dispatch.ts";
import { exportUsage, getUsage } from "./usage_endpoints.ts";

/** What callers and operators ask of the ledger. */
export const ACCOUNT_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v1/usage", handle: getUsage },
  { method: "GET", path: "/v1/usage/export", handle: exportUsage },
];
