/** The class of a failure: decides status, retry and whose fault it is. */
export type ErrorKind =
  | "invalid_request"
  | "authentication"
  | "permission"
  | "not_found"
  | "method_not_allowed"
  | "unsupported_media_type"
  | "too_large"
  | "rate_limit"
  | "overloaded"
  | "timeout"
  | "upstream"
  | "client_closed"
  | "internal";

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid_request: 400,
  authentication: 401,
  permission: 403,
  not_found: 404,
  method_not_allowed: 405,
  unsupported_media_type: 415,
  too_large: 413,
  rate_limit: 429,
  overloaded: 503,
  timeout: 504,
  upstream: 502,
  client_closed: 499,
  internal: 500,
};

/** What a {@linkcode GatewayError} may carry besides its message. */
export interface GatewayErrorOptions {
  /** A stable word for programs, for example `model_not_found`. */
  readonly code: string;
  /** HTTP status. @default {the status of the kind} */
  readonly status?: number;
  /** The request field at fault, for example `messages[0].content`. */
  readonly param?: string;
  /** What the operator should know and the client must not. */
  readonly cause?: unknown;
  /** Headers that belong on the answer, for example `retry-after`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Further members of the provider's error object that the client is shown (J3, J11). */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * A failure with a class, a stable code and a message fit for the client.
 *
 * The message is shown to the client as it stands; details for the operator
 * belong in `cause`, which is logged and never sent.
 *
 * @example A refusal
 * ```ts
 * import { GatewayError } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new GatewayError("not_found", "Model 'x' does not exist", {
 *   code: "model_not_found",
 *   param: "model",
 * });
 * assertEquals(error.status, 404);
 * ```
 */
export class GatewayError extends Error {
  /** Tells the classes apart. */
  override readonly name: string = "GatewayError";
  /** The class of the failure. */
  readonly kind: ErrorKind;
  /** A stable word for programs. */
  readonly code: string;
  /** The HTTP status that fits. */
  readonly status: number;
  /** The request field at fault, if one is. */
  readonly param: string | undefined;
  /** Headers that belong on the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Further members of the provider's error object that the client is shown. */
  readonly details: Readonly<Record<string, unknown>>;

  /** Makes a failure of one kind; see {@linkcode GatewayErrorOptions}. */
  constructor(kind: ErrorKind, message: string, options: GatewayErrorOptions) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.kind = kind;
    this.code = options.code;
    this.status = options.status ?? STATUS[kind];
    this.param = options.param;
    this.headers = options.headers ?? {};
    this.details = options.details ?? {};
  }
}

/**
 * A failure of, or told by, an upstream.
 *
 * @example A provider that is overloaded
 * ```ts
 * import { UpstreamError } from "@llm-proxy/core";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new UpstreamError("overloaded", "Overloaded", { code: "overloaded_error" });
 * assertEquals(error.status, 503);
 * ```
 */
export class UpstreamError extends GatewayError {
  /** Tells the classes apart. */
  override readonly name = "UpstreamError";
}
