import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";

const search = () => import("./model_search_endpoints.ts");
const selection = () => import("./model_selection_endpoints.ts");
const usage = () => import("./usage_endpoints.ts");

const PROVIDER = "/v1/providers/:name";

/** What callers and operators ask of the ledger, and of models. */
export const ACCOUNT_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/usage",
    handle: lazily(usage, "getUsage"),
  },
  {
    method: "GET",
    path: "/v1/usage/export",
    handle: lazily(usage, "exportUsage"),
  },
  {
    method: "GET",
    path: "/v1/models/search",
    handle: lazily(search, "searchModels"),
  },
  {
    method: "POST",
    path: "/v1/models/refresh",
    needs: "operator",
    handle: lazily(search, "refreshModels"),
  },
  {
    method: "GET",
    path: `${PROVIDER}/model_selection`,
    handle: lazily(selection, "getModelSelection"),
  },
  {
    method: "PUT",
    path: `${PROVIDER}/model_selection`,
    needs: "operator",
    handle: lazily(selection, "putModelSelection"),
  },
  {
    method: "POST",
    path: `${PROVIDER}/models/refresh`,
    needs: "operator",
    handle: lazily(search, "refreshProviderModels"),
  },
  {
    method: "GET",
    path: `${PROVIDER}/models`,
    handle: lazily(search, "getProviderModels"),
  },
  {
    method: "GET",
    path: `${PROVIDER}/models/*`,
    handle: lazily(search, "getProviderModel"),
  },
];
