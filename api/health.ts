import type {
  MemoryManager,
  MemoryPressure,
  StateStatus,
} from "@llm-proxy/context";
import type { HealthStatus } from "@llm-proxy/core";
import {
  joinStatus,
  type ProviderStanding,
  standingOf,
} from "./_provider_standing.ts";
import { replyHeaders } from "./_reply_headers.ts";
import { sendJson } from "./_send_json.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";
import { VERSION } from "./version.ts";

/** `GET /`: what answers here, for whoever looks. */
export function getRoot(context: RequestContext): void {
  const { name } = context.gateway.config.app;
  sendJson(context, {
    name,
    version: VERSION,
    health: "/health",
    models: "/v1/models",
    docs: "/docs",
  });
}

/**
 * `GET /health`: whether the gateway works, for whoever asks, without a key; so
 * it names no provider. Its status is 200 whatever providers do: a load balancer
 * that takes a gateway away mends no provider.
 */
export function getHealth(context: RequestContext): void {
  const { gateway } = context;
  const standings = standingsOf(gateway);
  const state = stateCheck(gateway.state.status);
  const status = statusOf(standings);
  const unwell = standings.filter((it) => it.status !== "healthy").length;
  const memory = memoryCheck(gateway.memory);
  sendJson(context, {
    ...head(gateway, worse(worse(status, state.status), memory.status)),
    checks: {
      providers: {
        status,
        count: standings.length,
        ...(unwell > 0 && { unwell }),
        ...(standings.length === 0 && { reason: "no provider is enabled" }),
      },
      state,
      memory,
    },
  });
}

/**
 * `GET /health/live`: whether the process works. It depends on nothing else, so
 * that no provider and no store gets a working process killed.
 */
export function getLive(context: RequestContext): void {
  sendJson(context, { status: "alive" });
}

/** `GET /health/ready`: whether requests should come here; 503 when it is about to stop. */
export function getReady(context: RequestContext): void {
  const { gateway, exchange, record } = context;
  if (!gateway.draining) return sendJson(context, { status: "ready" });
  record.status = 503;
  const headers = replyHeaders(record);
  headers["content-type"] = "application/json";
  exchange.send(503, headers, JSON.stringify({ status: "draining" }));
}

/** `GET /v1/health` and `GET /v1/status`: how each provider does, and the state. */
export function getStatus(context: RequestContext): void {
  const { gateway } = context;
  const standings = standingsOf(gateway);
  const { message } = gateway.state.status;
  const state = stateCheck(gateway.state.status);
  const memory = memoryCheck(gateway.memory);
  sendJson(context, {
    ...head(
      gateway,
      worse(worse(statusOf(standings), state.status), memory.status),
    ),
    state: { ...state, ...(message !== undefined && { message }) },
    memory: { ...memory, ...memoryView(gateway.memory) },
    checks: Object.fromEntries(
      standings.map((standing) => [standing.name, checkOf(standing)]),
    ),
  });
}

/** How a provider does, as JSON: times are seconds. */
export function checkOf(
  { status, sample, errorShare, lastSuccessAgo, lastFailure }: ProviderStanding,
): Record<string, unknown> {
  return {
    status,
    requests: sample,
    error_share: Math.round(errorShare * 1000) / 1000,
    ...(lastSuccessAgo !== undefined && {
      last_success_ago: seconds(lastSuccessAgo),
    }),
    ...(lastFailure !== undefined && {
      last_failure: {
        code: lastFailure.code.slice(0, 128),
        ago: seconds(lastFailure.ago),
      },
    }),
  };
}

/** Without its state a gateway that is well is not quite so. */
function worse(status: HealthStatus, state: HealthStatus): HealthStatus {
  return status === "healthy" ? state : status;
}

/** How the state does, for whoever asks: what is wrong in one word, and no path. */
function stateCheck(
  { mode, since, waiting, code }: StateStatus,
): { readonly status: HealthStatus; readonly mode: StateStatus["mode"] } {
  return {
    status: mode === "degraded" || mode === "closed" ? "degraded" : "healthy",
    mode,
    ...(mode === "degraded" && {
      since: new Date(since).toISOString(),
      waiting,
      code,
    }),
  };
}

/** How the memory does, for whoever asks. */
function memoryCheck(
  { pressure, isCritical }: MemoryManager,
): { readonly status: HealthStatus; readonly pressure: MemoryPressure } {
  return { status: isCritical ? "degraded" : "healthy", pressure };
}

/** How the memory does, with what holds it and may hold: bytes. */
function memoryView(
  { reading: { used, limit, heapUsed, heapLimit }, holdings }: MemoryManager,
): Record<string, unknown> {
  return {
    used_bytes: used,
    limit_bytes: limit,
    heap_used_bytes: heapUsed,
    heap_limit_bytes: heapLimit,
    holdings: Object.fromEntries(
      holdings.map(({ name, bytes, maxBytes }) => [
        name,
        { bytes, max_bytes: maxBytes },
      ]),
    ),
  };
}

function standingsOf({ table, health }: Gateway): ProviderStanding[] {
  return table.providers.map((entry) => standingOf(entry, health));
}

/** A gateway without a provider works, and serves nobody. */
function statusOf(standings: readonly ProviderStanding[]): HealthStatus {
  return standings.length === 0
    ? "degraded"
    : joinStatus(standings.map(({ status }) => status));
}

function head(
  { startedAt }: Gateway,
  status: HealthStatus,
): Record<string, unknown> {
  const now = Date.now();
  return {
    status,
    timestamp: new Date(now).toISOString(),
    version: VERSION,
    uptime: (now - startedAt) / 1000,
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
