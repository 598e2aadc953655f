import { cacheKey } from "@llm-proxy/context";
import { armOf, type RouteMatch } from "@llm-proxy/core/routing";
import type { KeptAnswer } from "./answer_flight.ts";
import type { Config } from "./config_types.ts";
import type { RequestContext } from "./endpoints.ts";
import { toldRequest } from "./_told_request.ts";

/**
 * The arm of a route's experiment that a caller is in, "" for none; nothing
 * where each request is drawn anew.
 */
export function armFor(
  { route }: RouteMatch,
  context: RequestContext,
): string | undefined {
  if (route.arms.length === 0) return "";
  if (context.record.key === undefined) return undefined;
  return armOf(route, toldRequest({ model: route.name }, context))?.name ?? "";
}

/** Whether it is what was kept: somebody else's cache may give back anything. */
export function isKept(value: Partial<KeptAnswer> | null): boolean {
  return Array.isArray(value?.answer?.parts);
}

/** Whether an answer came to its own end and says something. */
export function isWhole({ answer: { finish, parts } }: KeptAnswer): boolean {
  if (finish !== "stop" && finish !== "tool") return false;
  if (parts.some(({ type }) => type === "refusal")) return false;
  return parts.some((part) =>
    part.type === "tool_call" || part.type === "text" && part.text !== ""
  );
}

/** A digest of all of a config that may change an answer; in doubt, it may. */
export function realmOf(config: Config): string {
  const {
    app: _app,
    server: _server,
    auth: _auth,
    logging: _logging,
    state: _state,
    cache: _cache,
    caching: _caching,
    telemetry: _telemetry,
    rate_limit: _limits,
    memory: _memory,
    health_check: _checks,
    ...rest
  } = config;
  return cacheKey([JSON.stringify(rest)]);
}
