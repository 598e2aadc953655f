import type { GatewayError } from "@llm-proxy/core";
import { constantFields } from "@llm-proxy/logging";
import { canonicalLine } from "./canonical_line.ts";
import type { Route } from "./dispatch.ts";
import type { RequestContext } from "./endpoints.ts";
import type { RecordedExchange } from "./recorded_exchange.ts";

/** A request that has ended. */
export interface EndedRequest
  extends Pick<RequestContext, "gateway" | "record"> {
  readonly route: Route;
  /** Its texts, where somebody asked for them. */
  readonly recorded: RecordedExchange | undefined;
}

/** Tells of a request that has ended: metrics, spans, the log, the last requests. */
export function tellOfRequest(
  { gateway, record, route, recorded }: EndedRequest,
): void {
  gateway.metrics.ended(record);
  const { logger } = gateway;
  const level = levelOf(route, record.error);
  const isLogged = logger.isEnabled?.(level) ?? true;
  if (route.quiet && !isLogged) return;
  const line = constantFields(canonicalLine(record));
  if (isLogged) logger[level]("request", line);
  // What machines ask all the time would drive out what people look for.
  if (route.quiet) return;
  gateway.requests.add(
    recorded === undefined
      ? line
      : { ...line, prompt: recorded.prompt, answer: recorded.answer },
  );
}

/** How loud the request's log line is. */
function levelOf(
  route: Route,
  error: GatewayError | undefined,
): "debug" | "info" | "warn" | "error" {
  if (error === undefined) return route.quiet ? "debug" : "info";
  if (error.kind === "internal") return "error";
  return error.status >= 500 ? "warn" : "info";
}
