import { type ErrorKind, GatewayError } from "@llm-proxy/core";
import { openAiChatClient } from "@llm-proxy/core/dialects/openai-chat";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import { replyHeaders } from "./_reply_headers.ts";
import { RequestRecord } from "./request_record.ts";

/**
 * The event of an `IncomingMessage` whose body will never be whole, with the
 * {@linkcode GatewayError} that says why. Whoever reads it piece by piece answers.
 */
export const REQUEST_FAULT = Symbol("requestFault");

/** A host and perhaps a port, as they stand in most requests. */
const PLAIN_HOST = /^[a-z0-9._-]+(?::(?:[1-9]\d{0,3}|[1-5]\d{4}))?$/;
const HOST = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?$/i;

/**
 * What the parser of `node:http` lets through and a gateway must not: what two
 * servers in a row could read as two different requests (C13, X10).
 */
export function findRequestFault(
  incoming: IncomingMessage,
): GatewayError | undefined {
  const { method, url = "", headers } = incoming;
  if (method === "TRACE" || method === "CONNECT") return methodFault(method);
  if (url.charCodeAt(0) !== 0x2f || url.includes("\\")) {
    return fault(
      "invalid_target",
      "The request's target must be a path, without a host and backslashes",
    );
  }
  if (!hasOneHost(incoming)) {
    return fault(
      "invalid_host",
      "The request must have one Host header, with a host and no more than a port",
    );
  }
  const coding = headers["transfer-encoding"];
  if (coding === undefined) return undefined;
  // A proxy that knows HTTP/1.0 only takes the body for the next request.
  if (incoming.httpVersion === "1.0" || coding.toLowerCase() !== "chunked") {
    return fault(
      "invalid_transfer_encoding",
      "The only Transfer-Encoding is 'chunked', with HTTP/1.1",
    );
  }
  return undefined;
}

function hasOneHost({ rawHeaders }: IncomingMessage): boolean {
  let host: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? "";
    if (name.length !== 4 || name.toLowerCase() !== "host") continue;
    if (host !== undefined) return false;
    host = rawHeaders[i + 1];
  }
  if (host === undefined) return false;
  return PLAIN_HOST.test(host) ||
    (HOST.test(host) && URL.canParse(`http://${host}`));
}

/** What the parser's own refusals, and its timeouts, are to the client. */
export function parserFault(code: string | undefined): GatewayError {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return fault("header_too_large", "The request's head is too large");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return requestTimeout();
  }
  return fault("malformed_request", "The request is no valid HTTP/1.1");
}

/** The head or the body of a request did not come in time. */
function requestTimeout(): GatewayError {
  return fault("request_timeout", "The request did not come in time");
}

/** A method that no path has. */
export function methodFault(method = ""): GatewayError {
  return fault("method_not_allowed", `There is no ${method} here`);
}

/** A wish in an `Expect` header that is unknown. */
export function unknownExpectation(): GatewayError {
  return fault(
    "expectation_failed",
    "The only Expect that is known is '100-continue'",
  );
}

/** A request behind too many others on its connection. */
export function tooManyPipelined(): GatewayError {
  return fault(
    "too_many_pipelined_requests",
    "Too many requests wait for their answers on this connection",
  );
}

/** The listener ends before the request has. */
export function shuttingDown(): GatewayError {
  return new GatewayError("overloaded", "The gateway is shutting down", {
    code: "shutting_down",
    headers: { "retry-after": "1" },
  });
}

const FAULTS: ReadonlyMap<string, readonly [status: number, kind: ErrorKind]> =
  new Map([
    ["method_not_allowed", [405, "method_not_allowed"]],
    ["request_timeout", [408, "invalid_request"]],
    ["expectation_failed", [417, "invalid_request"]],
    ["too_many_pipelined_requests", [429, "rate_limit"]],
    ["header_too_large", [431, "too_large"]],
  ]);

function fault(code: string, message: string): GatewayError {
  const [status, kind] = FAULTS.get(code) ?? [400, "invalid_request"];
  return new GatewayError(kind, message, { code, status });
}

/** A refusal that the listener answers by itself. */
export interface Refusal {
  /** The request's id, as the client is told it. */
  readonly id: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** All of it as it goes over the wire. */
  readonly text: string;
}

/** Words a refusal as every other error of the gateway, with an id of its own. */
export function refusal(error: GatewayError): Refusal {
  const record = new RequestRecord("", { path: "" });
  const { status } = error;
  const body = openAiChatClient.encodeError(error, record.id);
  const headers: Record<string, string> = {
    ...replyHeaders(record),
    "content-type": "application/json",
    "content-length": String(new TextEncoder().encode(body).byteLength),
    "connection": "close",
    ...(status === 405 && { allow: "GET, POST" }),
  };
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n`;
  for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
  return { id: record.id, status, headers, body, text: `${text}\r\n${body}` };
}
