import { ACCOUNT_ROUTES } from "./account_routes.ts";
import { condense } from "./condense_endpoint.ts";
import { CONFIG_ROUTES } from "./config_routes.ts";
import { CONVERSATION_ROUTES } from "./conversation_routes.ts";
import type { Route } from "./dispatch.ts";
import { getDocs, getOpenApi } from "./docs_endpoints.ts";
import { embeddings } from "./embeddings_endpoint.ts";
import { FURTHER_ROUTES } from "./further_routes.ts";
import { GEMINI_LISTS } from "./gemini_routes.ts";
import { getHealth, getLive, getReady, getRoot, getStatus } from "./health.ts";
import { getModel, getModels } from "./model_endpoints.ts";
import { OBSERVABILITY_ROUTES } from "./observability_routes.ts";
import { getProviders } from "./provider_endpoints.ts";

/** The HTTP surface: every route that the gateway answers callers. Those of Google's verbs are found by `findVerb`. */
export const PUBLIC_ROUTES: readonly Route[] = [
  ...CONVERSATION_ROUTES,
  {
    method: "POST",
    path: "/v1/embeddings",
    operation: "embeddings",
    handle: embeddings,
  },
  {
    method: "POST",
    path: "/v1/condense",
    operation: "condense",
    handle: condense,
  },
  ...FURTHER_ROUTES,
  ...ACCOUNT_ROUTES,
  { method: "GET", path: "/v1/models", handle: getModels },
  { method: "GET", path: "/v1/models/*", handle: getModel },
  ...GEMINI_LISTS,
  { method: "GET", path: "/v1/providers", handle: getProviders },
  ...CONFIG_ROUTES,
  { method: "GET", path: "/v1/health", handle: getStatus, quiet: true },
  { method: "GET", path: "/v1/status", handle: getStatus, quiet: true },
  ...OBSERVABILITY_ROUTES,
  { method: "GET", path: "/openapi.json", handle: getOpenApi, open: true },
  { method: "GET", path: "/docs", handle: getDocs, open: true },
  { method: "GET", path: "/", handle: getRoot, open: true, quiet: true },
  {
    method: "GET",
    path: "/health",
    handle: getHealth,
    open: true,
    quiet: true,
  },
  {
    method: "GET",
    path: "/health/live",
    handle: getLive,
    open: true,
    quiet: true,
  },
  {
    method: "GET",
    path: "/health/ready",
    handle: getReady,
    open: true,
    quiet: true,
  },
];
