import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import { GatewayError } from "./errors.ts";
import type { UpstreamRequest } from "./upstream.ts";

/** Where a request goes. */
export interface HttpTarget {
  /** Scheme, host and port; two targets with the same origin may share a connection. */
  readonly origin: string;
  readonly secure: boolean;
  /** A name, or an address without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** Host and port, whatever the port. */
  readonly authority: string;
  /** The name for TLS, without a trailing dot (RFC 6066, 3); empty for an address. */
  readonly servername: string;
  /** The value of the `host` header. */
  readonly host: string;
  readonly path: string;
}

/**
 * Headers of one connection, or of the framing, which are the transport's own
 * (RFC 9110, 7.6.1). Those of the `proxy-` family are matched by their prefix.
 */
const CONNECTION_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Methods whose requests have a length also where they have no body. */
const BODY_METHODS: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** A token (RFC 9110, 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~\w-]+$/;
/** Everything that may not stand in a header value: CR, LF and NUL above all (C12). */
const BAD_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

/**
 * Takes an absolute address apart.
 *
 * @throws {GatewayError} when it is none for HTTP, or holds a user name.
 */
export function parseTarget(url: string): HttpTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const secure = parsed?.protocol === "https:";
  if (
    parsed === undefined || (!secure && parsed.protocol !== "http:") ||
    parsed.username !== "" || parsed.password !== ""
  ) {
    throw new GatewayError(
      "internal",
      "Cannot send to the provider: its base URL is not a plain http or https address",
      { code: "invalid_upstream_url" },
    );
  }
  const hostname = parsed.hostname.replace(/^\[|\]$/g, "");
  const port = Number(parsed.port || (secure ? 443 : 80));
  return {
    origin: parsed.origin,
    secure,
    hostname,
    port,
    authority: `${parsed.hostname}:${port}`,
    servername: isIP(hostname) === 0 ? hostname.replace(/\.$/, "") : "",
    host: parsed.host,
    path: parsed.pathname + parsed.search,
  };
}

/**
 * The headers of a request as alternating names and values.
 *
 * A flat list, since `node:http` then writes it as it stands, which is cheaper
 * than a record, and makes no client span that would hold the whole URL (X11).
 *
 * @throws {GatewayError} when a name or a value cannot stand in a header.
 */
export function requestHead(
  target: HttpTarget,
  request: UpstreamRequest,
): string[] {
  const { host } = target;
  const fields = fieldsOf(request.headers);
  const { body, method } = request;
  if (typeof body === "object" && body.length === undefined) {
    return ["host", host, "transfer-encoding", "chunked"].concat(fields);
  }
  if (body === undefined && !BODY_METHODS.has(method)) {
    return ["host", host].concat(fields);
  }
  const length = typeof body === "string"
    ? Buffer.byteLength(body)
    : body?.length ?? 0;
  return ["host", host, "content-length", String(length)].concat(fields);
}

/** Headers that never change, laid out: most requests to a provider have the same. */
const FIXED = new WeakMap<UpstreamRequest["headers"], readonly string[]>();

/** The headers that are the request's own. */
function fieldsOf(headers: UpstreamRequest["headers"]): readonly string[] {
  if (!Object.isFrozen(headers)) return layOut(headers);
  let fields = FIXED.get(headers);
  if (fields === undefined) FIXED.set(headers, fields = layOut(headers));
  return fields;
}

function layOut(headers: UpstreamRequest["headers"]): string[] {
  const head: string[] = [];
  let asksEncoding = false;
  for (const name of Object.keys(headers)) {
    const key = name.toLowerCase();
    if (CONNECTION_HEADERS.has(key) || key.startsWith("proxy-")) continue;
    const value = headers[name];
    if (!NAME.test(key)) throw badHeader("name", undefined);
    if (typeof value !== "string" || BAD_VALUE.test(value)) {
      throw badHeader("value", key);
    }
    if (key === "accept-encoding") asksEncoding = true;
    head.push(key, value);
  }
  // An answer is small or must come at once: compression would only cost.
  if (!asksEncoding) head.push("accept-encoding", "identity");
  return head;
}

/** What `connection` says nearly always, and names no header by. */
const PERSISTENCE: ReadonlySet<string> = new Set(["keep-alive", "close"]);

/**
 * A record without anything inherited, so that any name can be looked up in it.
 * Of each that `Object.create(null)` gives the engine makes a hash table, of
 * these none.
 */
class BareRecord {
  [name: string]: string;
}
Reflect.setPrototypeOf(BareRecord.prototype, null);
Reflect.deleteProperty(BareRecord.prototype, "constructor");

/**
 * The headers of an answer: lower-case names, repeated ones joined, without
 * those of the connection and without cookies (K20, X9). The record inherits
 * nothing.
 */
export function responseHead(raw: readonly string[]): Record<string, string> {
  const headers = new BareRecord();
  let named: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const key = raw[i]!.toLowerCase();
    const value = raw[i + 1]!;
    if (key === "connection" && !PERSISTENCE.has(value.toLowerCase())) {
      named = named === undefined ? value : `${named},${value}`;
    }
    if (key === "set-cookie" || key === "set-cookie2") continue;
    if (CONNECTION_HEADERS.has(key) && key !== "content-length") continue;
    if (key.startsWith("proxy-")) continue;
    const known = headers[key];
    headers[key] = known === undefined ? value : `${known}, ${value}`;
  }
  if (named !== undefined) leaveOut(headers, named);
  return headers;
}

/** Takes out whatever a connection names: it is its own, but what frames the answer. */
function leaveOut(headers: Record<string, string>, named: string): void {
  for (const name of named.toLowerCase().split(/[\s,]+/)) {
    if (name !== "content-length") delete headers[name];
  }
}

/** What an answer says of how long its connection is kept. */
export function keepAliveOf(raw: readonly string[]): string | undefined {
  let told: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    if (name.length !== 10 || name.toLowerCase() !== "keep-alive") continue;
    told = told === undefined ? raw[i + 1] : `${told}, ${raw[i + 1]}`;
  }
  return told;
}

function badHeader(
  what: "name" | "value",
  name: string | undefined,
): GatewayError {
  const which = name === undefined ? "a request header" : `header '${name}'`;
  return new GatewayError(
    "invalid_request",
    `Cannot send to the provider: the ${what} of ${which} holds characters that no header may hold`,
    { code: "invalid_header", ...(name === undefined ? {} : { param: name }) },
  );
}
