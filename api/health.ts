import { replyHeaders } from "./_reply_headers.ts";
import type { RequestContext } from "./endpoints.ts";
import { VERSION } from "./version.ts";

/** `GET /health`: whether the gateway works, and what it rests on. */
export function getHealth({ gateway, exchange, record }: RequestContext): void {
  const providers = gateway.router.providers.length;
  const status = providers > 0 ? "healthy" : "degraded";
  const body = {
    status,
    timestamp: new Date().toISOString(),
    version: VERSION,
    uptime: (Date.now() - gateway.startedAt) / 1000,
    checks: {
      providers: {
        status,
        count: providers,
        ...(providers === 0 && { reason: "no provider is enabled" }),
      },
    },
  };
  const headers = replyHeaders(record);
  headers["content-type"] = "application/json";
  headers["cache-control"] = "no-store";
  exchange.send(200, headers, JSON.stringify(body));
  record.status = 200;
}
