import { ACCOUNT_ROUTES } from "./account_routes.ts";
import { CONFIG_ROUTES } from "./config_routes.ts";
import { CONVERSATION_ROUTES } from "./conversation_routes.ts";
import type { Route } from "./dispatch.ts";
import { lazily } from "./_lazily.ts";
import { FURTHER_ROUTES } from "./further_routes.ts";
import { GEMINI_LISTS, MODEL_LISTS } from "./gemini_routes.ts";
import { getHealth, getLive, getReady, getRoot, getStatus } from "./health.ts";
import { OBSERVABILITY_ROUTES } from "./observability_routes.ts";

const condensing = () => import("./condense_endpoint.ts");
const docs = () => import("./docs_endpoints.ts");
const embedding = () => import("./embeddings_endpoint.ts");
const providers = () => import("./provider_endpoints.ts");

/** The HTTP surface: every route that the gateway answers callers. Those of Google's verbs are found by `findVerb`. */
export const PUBLIC_ROUTES: readonly Route[] = [
  ...CONVERSATION_ROUTES,
  {
    method: "POST",
    path: "/v1/embeddings",
    operation: "embeddings",
    handle: lazily(embedding, "embeddings"),
  },
  {
    method: "POST",
    path: "/v1/condense",
    operation: "condense",
    handle: lazily(condensing, "condense"),
  },
  ...FURTHER_ROUTES,
  ...ACCOUNT_ROUTES,
  ...MODEL_LISTS,
  ...GEMINI_LISTS,
  {
    method: "GET",
    path: "/v1/providers",
    handle: lazily(providers, "getProviders"),
  },
  ...CONFIG_ROUTES,
  { method: "GET", path: "/v1/health", handle: getStatus, quiet: true },
  { method: "GET", path: "/v1/status", handle: getStatus, quiet: true },
  ...OBSERVABILITY_ROUTES,
  {
    method: "GET",
    path: "/openapi.json",
    handle: lazily(docs, "getOpenApi"),
    open: true,
  },
  {
    method: "GET",
    path: "/docs",
    handle: lazily(docs, "getDocs"),
    open: true,
  },
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
