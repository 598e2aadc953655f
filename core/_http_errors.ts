import { type ErrorKind, UpstreamError } from "./errors.ts";

/** What can go wrong between the gateway and a provider, and what is said of it. */
const MESSAGES = {
  upstream_dns_failed: "The provider's host name could not be resolved",
  upstream_connect_failed: "The provider could not be reached",
  upstream_tls_failed: "No secure connection to the provider could be set up",
  upstream_proxy_failed: "The proxy on the way to the provider did not connect",
  upstream_address_refused:
    "The provider's host name leads to an address that this gateway does not connect to",
  upstream_pool_exhausted:
    "All connections that this gateway may open to the provider are in use",
  upstream_reset: "The provider closed the connection before it answered",
  upstream_header_too_large: "The head of the provider's answer is too large",
  upstream_invalid_response: "The provider's answer is malformed",
  upstream_body_cut: "The provider's answer broke off before its end",
  upstream_response_too_large: "The provider's answer is too large",
  upstream_transport_closed: "The connections to the provider were closed",
} as const;

/** The code of an {@linkcode UpstreamError} that the transport makes. */
export type UpstreamFault = keyof typeof MESSAGES;

/** When a client may ask again who found all connections in use: those are held by answers, which end all the time. */
const POOL_HEADERS = { "retry-after": "1" };

/**
 * The error for a fault. Raw errors of the platform hold addresses and bytes
 * of the answer, so only their code goes into the cause (P-18, X11).
 */
export function upstreamFault(
  fault: UpstreamFault,
  raw?: unknown,
): UpstreamError {
  const exhausted = fault === "upstream_pool_exhausted";
  const kind: ErrorKind = exhausted ? "overloaded" : "upstream";
  return new UpstreamError(kind, MESSAGES[fault], {
    code: fault,
    ...(raw !== undefined && { cause: new Error(describe(raw)) }),
    ...(exhausted && { headers: POOL_HEADERS }),
  });
}

/** What it means that a TCP connection did not come about. */
export function connectFault(raw: unknown): UpstreamFault {
  if (property(raw, "syscall") === "getaddrinfo") return "upstream_dns_failed";
  return property(raw, "code") === "ERR_IP_BLOCKED"
    ? "upstream_address_refused"
    : "upstream_connect_failed";
}

/** The error for a proxy that answered with this status where it should have connected. */
export function proxyFault(status: number): UpstreamError {
  return new UpstreamError(
    "upstream",
    `The proxy on the way to the provider refused with status ${status}`,
    { code: "upstream_proxy_failed" },
  );
}

/** The error for a request that failed on a connection that stood. */
export function exchangeFault(raw: unknown, headSeen: boolean): UpstreamError {
  const code = property(raw, "code") ?? "";
  if (code === "HPE_HEADER_OVERFLOW") {
    return upstreamFault("upstream_header_too_large", raw);
  }
  if (code.startsWith("HPE_")) {
    return upstreamFault("upstream_invalid_response", raw);
  }
  return upstreamFault(headSeen ? "upstream_body_cut" : "upstream_reset", raw);
}

/** The error for a body whose content coding could not be undone. */
export function decodeFault(raw: unknown): UpstreamError {
  // What zlib reports when its input ends too early.
  const cut = property(raw, "code") === "Z_BUF_ERROR";
  return upstreamFault(
    cut ? "upstream_body_cut" : "upstream_invalid_response",
    raw,
  );
}

/** A string property of a raw error, where it is a plain word and thus no secret. */
function property(
  raw: unknown,
  key: "code" | "syscall" | "name",
): string | undefined {
  if (typeof raw !== "object" || raw === null) return undefined;
  const value: unknown = Reflect.get(raw, key);
  return typeof value === "string" && /^\w{1,64}$/.test(value)
    ? value
    : undefined;
}

function describe(raw: unknown): string {
  const code = property(raw, "code") ?? property(raw, "name") ?? "unknown";
  const syscall = property(raw, "syscall");
  return syscall === undefined ? code : `${syscall} ${code}`;
}
