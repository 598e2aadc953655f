import type { Route } from "./dispatch.ts";
import {
  getProviderModel,
  getProviderModels,
  refreshModels,
  refreshProviderModels,
  searchModels,
} from "./model_search_endpoints.ts";
import {
  getModelSelection,
  putModelSelection,
} from "./model_selection_endpoints.ts";
import { exportUsage, getUsage } from "./usage_endpoints.ts";

const PROVIDER = "/v1/providers/:name";

/** What callers and operators ask of the ledger, and of models. */
export const ACCOUNT_ROUTES: readonly Route[] = [
  { method: "GET", path: "/v1/usage", handle: getUsage },
  { method: "GET", path: "/v1/usage/export", handle: exportUsage },
  { method: "GET", path: "/v1/models/search", handle: searchModels },
  {
    method: "POST",
    path: "/v1/models/refresh",
    needs: "operator",
    handle: refreshModels,
  },
  {
    method: "GET",
    path: `${PROVIDER}/model_selection`,
    handle: getModelSelection,
  },
  {
    method: "PUT",
    path: `${PROVIDER}/model_selection`,
    needs: "operator",
    handle: putModelSelection,
  },
  {
    method: "POST",
    path: `${PROVIDER}/models/refresh`,
    needs: "operator",
    handle: refreshProviderModels,
  },
  { method: "GET", path: `${PROVIDER}/models`, handle: getProviderModels },
  { method: "GET", path: `${PROVIDER}/models/*`, handle: getProviderModel },
];
