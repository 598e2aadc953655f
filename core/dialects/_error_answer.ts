import { parseJsonText } from "../parse_json_text.ts";
import { type ErrorKind, UpstreamError } from "../errors.ts";

const MAX_MESSAGE_LENGTH = 1_000;
const MAX_BODY_BYTES = 65_536;
const MAX_EXCERPT_LENGTH = 500;

const decoder = new TextDecoder();

/** An answer with an error status. */
export interface ErrorAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whatever came; the first 64 KiB are looked at. */
  readonly body: Uint8Array;
}

/** What a failure is in our terms; a `message` takes the place of the provider's. */
export interface ErrorClass {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message?: string;
  readonly param?: string;
  /** Whether a status of the 4xx class is passed on as it is. */
  readonly keepsStatus?: true;
}

/** What was read of a failure. */
export interface ReadError {
  /** Absent where none is told. */
  readonly status: number | undefined;
  /** The provider's word for it; "" where something in front of it answered. */
  readonly type: string;
  /** The provider's message, cleaned. */
  readonly said: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What the operator gets to see where nothing was said. */
  readonly excerpt: string;
}

/** The failures that providers of several dialects know. */
export const AUTHENTICATION: ErrorClass = {
  kind: "authentication",
  code: "upstream_authentication_failed",
  message: "The provider rejected the gateway's credentials",
};
export const PERMISSION: ErrorClass = {
  kind: "permission",
  code: "upstream_permission_denied",
  message: "The provider does not let the gateway's credentials do this",
};
export const QUOTA: ErrorClass = {
  kind: "permission",
  code: "insufficient_quota",
  message:
    "The gateway's account at the provider is out of credit or at its spend limit",
};
export const INVALID: ErrorClass = {
  kind: "invalid_request",
  keepsStatus: true,
  code: "invalid_request_error",
};
export const CONTEXT_LENGTH: ErrorClass = {
  kind: "invalid_request",
  code: "context_length_exceeded",
  param: "messages",
};
export const TOO_LARGE: ErrorClass = {
  kind: "too_large",
  code: "request_too_large",
};
export const NOT_FOUND: ErrorClass = {
  kind: "not_found",
  code: "not_found_error",
};
export const UNKNOWN_MODEL: ErrorClass = {
  kind: "not_found",
  code: "model_not_found",
  param: "model",
};
export const RATE_LIMIT: ErrorClass = {
  kind: "rate_limit",
  code: "rate_limit_exceeded",
};
export const SERVER: ErrorClass = { kind: "upstream", code: "upstream_error" };
export const TIMEOUT: ErrorClass = {
  kind: "timeout",
  code: "upstream_timeout",
};
export const OVERLOADED: ErrorClass = {
  kind: "overloaded",
  code: "overloaded_error",
};
export const INVALID_RESPONSE: ErrorClass = {
  kind: "upstream",
  code: "upstream_invalid_response",
};

/** What a status means at every provider: a dialect adds its own, or says another thing. */
export const STATUS_CLASSES: readonly (readonly [number, ErrorClass])[] = [
  [401, AUTHENTICATION],
  [402, QUOTA],
  [403, PERMISSION],
  [404, NOT_FOUND],
  [408, TIMEOUT],
  [413, TOO_LARGE],
  [429, RATE_LIMIT],
  [503, OVERLOADED],
  [504, TIMEOUT],
  [529, OVERLOADED],
];

/** What a status means that has no class of its own; absent inside a stream. */
export function otherStatusClass(status: number | undefined): ErrorClass {
  if (status === undefined || status >= 500) return SERVER;
  // A status that is no error and yet came here: a redirect, an empty success (K19).
  return status < 400 ? INVALID_RESPONSE : INVALID;
}

/** Reads the body of an error: its value where it is JSON, and what an operator may see of it. */
export function readErrorBody(
  body: Uint8Array,
): { readonly value: unknown; readonly excerpt: string } {
  const text = decoder.decode(body.subarray(0, MAX_BODY_BYTES));
  return {
    value: parse(text),
    // Of a page from something in front the operator gets the start; JSON may
    // repeat the request, which belongs in no log.
    excerpt: /^\s*[[{]/.test(text) ? "" : text.slice(0, MAX_EXCERPT_LENGTH),
  };
}

/** One line without control characters. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim();
}

/** Cuts a message to what a client should read. */
export function cutMessage(text: string): string {
  return text.slice(0, MAX_MESSAGE_LENGTH);
}

/** Makes the error of a failure that was read and classified. */
export function makeError(is: ErrorClass, read: ReadError): UpstreamError {
  const { status, type, said, headers, excerpt } = read;
  // A text from something in front of the provider is no message for a client.
  const isForeign = (status ?? 0) >= 500 && type === "";
  const fallback = status === undefined
    ? "The provider reported a failure"
    : `The provider answered with status ${status}`;
  const keepsStatus = is.keepsStatus && status !== undefined &&
    status >= 400 && status < 500;
  return new UpstreamError(
    is.kind,
    is.message ?? ((!isForeign && said) || fallback),
    {
      code: is.code,
      headers,
      ...(keepsStatus && { status }),
      ...(is.param !== undefined && { param: is.param }),
      cause: { status, type, said: said || excerpt },
    },
  );
}

function parse(text: string): unknown {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}
