import {
  GatewayError,
  type Provider,
  type RequestSource,
  UpstreamError,
} from "@llm-proxy/core";
import type { RoutedAttempt } from "@llm-proxy/core/routing";
import { secretsIn } from "./authenticate.ts";
import { passedBody } from "./_passed_body.ts";
import { isFreeRequest, modelInPath } from "./_passed_terms.ts";
import { replyHeaders } from "./_reply_headers.ts";
import { attempt, type RequestContext, route } from "./endpoints.ts";
import type { Prepared } from "./prepared.ts";
import type { Exchange } from "./exchange.ts";
import { headerValue, relayWith } from "./relay_bytes.ts";

/** What is shorter is no key, and may be any word. */
const MIN_SECRET = 16;

/** What stands for a model where there is none to be known. */
const MODEL = "pass-through";
const PREFIX = /^\/p\/([^/?]+)(\/[^?]*)(\?.*)?$/;

/**
 * Headers that are between the caller and the gateway. Those of a connection
 * the transport leaves out by itself (X9).
 */
const OWN = new Set([
  "accept-encoding",
  "api-key",
  "authorization",
  "cookie",
  "forwarded",
  "via",
  "x-api-key",
  "x-goog-api-key",
  "x-real-ip",
]);
const OWN_FAMILIES = /^(?:x-forwarded-|x-llm-proxy-|cf-|sec-)/;

/** Headers that would speak for the gateway's own origin, or of the provider's connection. */
const KEPT_BACK = new Set([
  "alt-svc",
  "clear-site-data",
  "connection",
  "content-length",
  "content-security-policy",
  "content-security-policy-report-only",
  "keep-alive",
  "link",
  "location",
  "nel",
  "refresh",
  "report-to",
  "reporting-endpoints",
  "server",
  "service-worker-allowed",
  "sourcemap",
  "strict-transport-security",
  "trailer",
  "upgrade",
  "via",
  "www-authenticate",
]);
const KEPT_BACK_FAMILIES = /^(?:access-control-|proxy-|x-llm-proxy-)/;

/**
 * `/p/{provider}/…`: whatever the gateway has no endpoint for. Method, path,
 * query, headers and body go to the provider as they are, and its answer comes
 * back as it is, errors too; only credentials are exchanged. It leads to no
 * other host, and nowhere above the provider's base URL. Where the answer tells
 * its tokens, and its model has a price, its cost is booked. Budgets set aside
 * what it may cost at most where it is a request in a known dialect for a model
 * with a price, else `ledger.pass_through_reserve`.
 *
 * @throws {GatewayError} 404 where there is no such provider.
 */
export async function passThrough(context: RequestContext): Promise<void> {
  const { gateway, exchange, record } = context;
  const [, name = "", path = "", query = ""] = PREFIX.exec(exchange.target) ??
    [];
  const provider = gateway.providers.find((it) => it.name === name);
  if (provider === undefined) {
    throw new GatewayError(
      "not_found",
      `There is no provider '${name.slice(0, 200)}'`,
      { code: "unknown_provider" },
    );
  }
  checkPath(provider, path);
  record.stream = false;
  const source = await passedBody(context, path);
  const secrets = [...secretsIn(exchange, { inQuery: true })]
    .filter((it) => it.length >= MIN_SECRET);
  const headers = requestHeaders(exchange, secrets);
  const prepare = (routed: RoutedAttempt): Prepared => ({
    request: {
      method: exchange.method,
      path: path + withoutKey(query, secrets),
      headers,
      ...(source && { body: onceOnly(source, routed) }),
    },
    accepts: (status) => status >= 200 && status < 600 && status !== 407,
    error: (status) =>
      new UpstreamError(
        "upstream",
        `The provider sent no valid answer (status ${status})`,
        { code: "upstream_invalid_response" },
      ),
  });
  await route(context, {
    request: { model: `${name}/${MODEL}`, provider: name },
    work: (routed) =>
      attempt(context, {
        routed,
        prepare: () => prepare(routed),
        answer(answering) {
          const { headers } = answering.response;
          return relayWith(answering, {
            headersOf: () => ({
              ...answerHeaders(headers, provider),
              ...(exchange.method === "HEAD" && lengthIn(headers)),
              ...replyHeaders(record, headers),
            }),
            modelOf: (named) => modelInPath(path) ?? named,
            isFree: isFreeRequest(exchange.method, path),
          });
        },
      }),
  });
}

/** A body that is sent once: an attempt that begins to send it is the last. */
export function onceOnly(
  source: RequestSource,
  routed: RoutedAttempt,
): RequestSource {
  return {
    ...(source.length !== undefined && { length: source.length }),
    pump(take): Promise<void> {
      routed.commit();
      return source.pump(take);
    },
  };
}

/**
 * Refuses what could lead elsewhere, however a server reads it (X7).
 *
 * @throws {GatewayError} 400.
 */
function checkPath({ baseUrl }: Provider, path: string): void {
  const plain = undoEscapes(undoEscapes(path));
  const climbs = /(?:^|[/\\])\.{1,2}(?:[/\\;]|$)/;
  const isOdd = [path, plain].some((it) =>
    climbs.test(it) || /[\\\p{Cc}]/u.test(it) || it.startsWith("//")
  );
  const base = URL.parse(baseUrl);
  const url = URL.parse(baseUrl + path);
  const stays = base !== null && url !== null && url.host === base.host &&
    url.protocol === base.protocol &&
    url.pathname.startsWith(base.pathname.replace(/\/$/, ""));
  if (stays && !isOdd) return;
  throw new GatewayError(
    "invalid_request",
    "The path must lead down from the provider's base URL",
    { code: "invalid_path" },
  );
}

/** Undoes the escapes of what takes paths apart; a server behind a server does so twice. */
function undoEscapes(path: string): string {
  return path.replace(
    /%(2[ef]|5c|25|0\d|1\d)/gi,
    (escape) => String.fromCharCode(parseInt(escape.slice(1), 16)),
  );
}

/** Callers may bring their key in the query: it is none for the provider (D24), by whatever name. */
function withoutKey(query: string, secrets: readonly string[]): string {
  if (query === "") return query;
  const kept = query.slice(1).split("&").filter((it) =>
    !/^key=/i.test(it) && !holds(undoPlainEscapes(it), secrets)
  );
  return kept.length > 0 ? `?${kept.join("&")}` : "";
}

/** Whether a text has one of the caller's own secrets in it. */
function holds(text: string, secrets: readonly string[]): boolean {
  return secrets.some((secret) => text.includes(secret));
}

function undoPlainEscapes(text: string): string {
  return text.replace(
    /%([2-7][\da-f])/gi,
    (_, hex) => String.fromCharCode(parseInt(hex, 16)),
  );
}

function requestHeaders(
  exchange: Exchange,
  secrets: readonly string[],
): Record<string, string> {
  const headers: Record<string, string> = {};
  const named = new Set(
    exchange.header("connection")?.toLowerCase().split(/[\s,]+/),
  );
  for (const [name, value] of Object.entries(exchange.headers())) {
    if (OWN.has(name) || OWN_FAMILIES.test(name) || named.has(name)) continue;
    // X9: the caller's key is nobody else's, wherever it stands.
    if (holds(value, secrets)) continue;
    headers[name] = value;
  }
  return headers;
}

/** What a body would have had that nobody wanted. */
function lengthIn(
  { "content-length": length = "" }: Readonly<Record<string, string>>,
): Record<string, string> {
  return /^\d{1,15}$/.test(length) ? { "content-length": length } : {};
}

function answerHeaders(
  upstream: Readonly<Record<string, string>>,
  { name: provider, baseUrl }: Provider,
): Record<string, string> {
  const headers: Record<string, string> = {
    // Whatever a provider sends, it is no page of this origin.
    "content-security-policy": "sandbox",
  };
  for (const name in upstream) {
    if (KEPT_BACK.has(name) || KEPT_BACK_FAMILIES.test(name)) continue;
    headers[name] = headerValue(upstream[name] ?? "");
  }
  const { location = "" } = upstream;
  if (location.startsWith(`${baseUrl}/`)) {
    headers.location = headerValue(
      `/p/${provider}${location.slice(baseUrl.length)}`,
    );
  }
  return headers;
}
