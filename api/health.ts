import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";
import { VERSION } from "./version.ts";

/** `GET /`: what answers here, for whoever looks. */
export function getRoot(context: RequestContext): void {
  const { name } = context.gateway.config.app;
  sendJson(context, {
    name,
    version: VERSION,
    health: "/health",
    models: "/v1/models",
  });
}

/** `GET /health`: whether the gateway works, and what it rests on. */
export function getHealth(context: RequestContext): void {
  const { providers, startedAt } = context.gateway;
  const on = providers.map(({ name }) => name);
  const status = on.length > 0 ? "healthy" : "degraded";
  sendJson(context, {
    status,
    timestamp: new Date().toISOString(),
    version: VERSION,
    uptime: (Date.now() - startedAt) / 1000,
    checks: {
      providers: {
        status,
        count: on.length,
        ...(on.length === 0 && { reason: "no provider is enabled" }),
      },
    },
  });
}
