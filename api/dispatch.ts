import { GatewayError } from "@llm-proxy/core";
import { type ClientName, loadClient } from "@llm-proxy/core/lazy";
import {
  type LogFields,
  parseTraceParent,
  withLogContext,
} from "@llm-proxy/logging";
import { checkVisitor } from "./_local_visitor.ts";
import { refuseWhenScarce } from "./_memory_watch.ts";
import { keepsContent } from "./keeps_content.ts";
import { RecordedExchange } from "./recorded_exchange.ts";
import { replyHeaders, visible } from "./_reply_headers.ts";
import { scrubError } from "./_scrub_error.ts";
import type { RequestContext } from "./endpoints.ts";
import type { Exchange } from "./exchange.ts";
import type { Role } from "./role.ts";
import { RequestRecord } from "./request_record.ts";
import { idempotencyKey } from "./_idempotency_key.ts";
import { tellOfRequest } from "./tell_of_request.ts";
import { UpgradeExchange } from "./upgrade_exchange.ts";

/** One route of the HTTP surface. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE" | "ALL";
  /** In the router's notation; also the route's name in logs. */
  readonly path: string;
  /** Answers without a key. */
  readonly open?: true;
  /** The caller's key may stand in the query. */
  readonly keyInQuery?: true;
  /** Served to admins: never without a key, and to no page of another site. */
  readonly isAdmin?: boolean;
  /** What the caller's key must be. @default {"client"} */
  readonly needs?: Role;
  /** Asked so often, by machines, that its line is one for debugging. */
  readonly quiet?: true;
  /** What it does at a model, in the words of telemetry. @default {"other"} */
  readonly operation?: string;
  /** The dialect in which its callers speak. @default {"openai_chat"} */
  readonly client?: ClientName;
  readonly handle: (context: RequestContext) => Promise<void> | void;
}

/** What an error tells the client of retrying, and of methods (K5, K8, L14). */
const CARRIED = [
  "retry-after",
  "retry-after-ms",
  "x-should-retry",
  "allow",
  "www-authenticate",
] as const;

/** What a body is taken for whose length is not told, in bytes: nobody gets by without one. */
const UNTOLD_LENGTH = 4096;

/**
 * Serves one request: who asks, whether they may, and what its route answers
 * (for conversations that is `endpoints.ts`). Whatever happened, errors are
 * answered in the caller's dialect, and it is counted and logged in one line.
 */
export async function dispatch(
  route: Route,
  { gateway, exchange }: Omit<RequestContext, "record">,
): Promise<void> {
  const loading = loadClient(route.client ?? "openai_chat");
  if (loading !== undefined) route = await loaded(route, loading);
  const record = new RequestRecord(exchange.method, route);
  let recorded: RecordedExchange | undefined;
  gateway.metrics.started();
  try {
    record.parent = parseTraceParent(exchange.header("traceparent"));
    if (!route.quiet) {
      record.tracing = gateway.metrics.telemetry.begin(record, exchange);
    }
    // Who asks.
    const { keys } = gateway;
    const where = { inQuery: route.keyInQuery, isNeeded: route.isAdmin };
    const loading = route.open ? undefined : keys.prepare(exchange, where);
    if (loading !== undefined) await loading;
    const { host, admin } = gateway.config.server;
    if (route.isAdmin) checkVisitor(exchange, admin?.host ?? host);
    else if (keys.empty) checkVisitor(exchange, host);
    if (!route.open) {
      const access = keys.check(exchange, where);
      record.access = access;
      record.key = access?.subject.key;
      // Whether they may.
      access?.checkRoute(route, exchange);
      if (isPaidFor(route)) record.account = gateway.accounts.begin(record);
      const asked = {
        caller: record.access,
        bytes: lengthOf(exchange),
        dialect: record.client.name === "anthropic" ? "anthropic" : "openai",
      } as const;
      const preparing = gateway.limits.prepare(route.path, asked);
      if (preparing !== undefined) await preparing;
      record.admitted = gateway.limits.admit(route.path, asked);
    }
    refuseWhenScarce(gateway.memory, route);
    // What is kept of it.
    const { content } = gateway.config.logging.requests;
    // A session has no body, and takes its connection as it is.
    const isKept = !(exchange instanceof UpgradeExchange) &&
      content !== undefined && keepsContent(content, record.key);
    if (isKept) {
      recorded = new RecordedExchange(exchange, content.max_kb);
    }
    // What it is answered.
    const context = { gateway, exchange: recorded ?? exchange, record };
    const key = idempotencyKey(route, exchange);
    await withLogContext(
      logContextOf(record),
      () =>
        key === undefined
          ? route.handle(context)
          : once(context, { key, handle: route.handle }),
    );
  } catch (error) {
    refuse(recorded ?? exchange, record, toGatewayError(error));
  } finally {
    exchange.release();
    record.settle();
  }
  tellOfRequest({ gateway, record, route, recorded });
}

/** A route in whose dialect can be answered: where that can't be loaded, it says so in OpenAI's. */
async function loaded(route: Route, loading: Promise<void>): Promise<Route> {
  try {
    await loading;
    return route;
  } catch (error) {
    const { client: _, ...rest } = route;
    return {
      ...rest,
      handle: () => {
        throw error;
      },
    };
  }
}

/** Serves a request that is to be served once; what does is loaded by the first. */
async function once(
  context: RequestContext,
  asked: { readonly key: string; readonly handle: Route["handle"] },
): Promise<void> {
  const { serveOnce } = await import("./serve_once.ts");
  await serveOnce(context, asked);
}

/** What tells whose request it is that is logged of. */
function logContextOf({ id, tracing, parent }: RequestRecord): LogFields {
  const place = tracing ?? parent;
  // All are there: a connection may still be in the context of its last request.
  return {
    request_id: id,
    trace_id: place?.traceId,
    span_id: place?.spanId,
  };
}

/** Whether what a route does has a price: counting tokens has none. */
function isPaidFor({ operation }: Route): boolean {
  return operation !== undefined && operation !== "count_tokens";
}

/** Answers with an error, unless an answer has begun. */
function refuse(
  exchange: Exchange,
  record: RequestRecord,
  error: GatewayError,
): void {
  record.error = scrubError(error, record);
  if (record.status !== 0) return;
  const { client } = record;
  record.status = client.errorStatus?.(error) ?? error.status;
  const headers = replyHeaders(record, error.headers);
  for (const name of CARRIED) {
    const value = error.headers[name];
    if (value !== undefined) headers[name] = visible(value);
  }
  headers["content-type"] = "application/json";
  const body = client.encodeError(record.error, record.id);
  exchange.send(record.status, headers, body);
}

/** The length of a body, as far as its head tells it. */
function lengthOf(exchange: Exchange): number {
  if (exchange.method !== "POST") return 0;
  // The bytes of a recording or a picture are no tokens.
  const type = exchange.header("content-type");
  if (type !== undefined && !isJson(type)) return UNTOLD_LENGTH;
  const length = exchange.header("content-length") ?? "";
  return /^\d{1,15}$/.test(length) ? Number(length) : UNTOLD_LENGTH;
}

function isJson(type: string): boolean {
  // As most say it.
  return type === "application/json" || /\bjson\b/i.test(type);
}

/** A fault that nobody foresaw is ours, and no detail of it is the client's. */
function toGatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  return new GatewayError("internal", "The gateway failed on this request", {
    code: "internal_error",
    cause: error,
  });
}
