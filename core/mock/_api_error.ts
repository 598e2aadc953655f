/** What an {@linkcode ApiError} says besides its message. */
export interface ApiErrorOptions {
  /** @default {400} */
  readonly status?: number;
  /** @default {the type that OpenAI uses with the status} */
  readonly type?: string;
  /** The field at fault, for example `messages[0].content`. */
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal that the mock answers with, in OpenAI's shape. Never leaves the transport. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #type: string;
  readonly #param: string | null;
  readonly #code: string | null;

  constructor(message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.status = options.status ?? 400;
    this.headers = options.headers ?? {};
    this.#type = options.type ??
      (this.status >= 500 ? "server_error" : "invalid_request_error");
    this.#param = options.param ?? null;
    this.#code = options.code ?? null;
  }

  /** The body of the answer: JSON. */
  body(): string {
    return JSON.stringify({
      error: {
        message: this.message,
        type: this.#type,
        param: this.#param,
        code: this.#code,
      },
    });
  }
}

/** A field that holds something of the wrong type. */
export function wrongType(param: string, expected: string): ApiError {
  return new ApiError(`Invalid type for '${param}': expected ${expected}`, {
    param,
    code: "invalid_type",
  });
}

/** A field whose value is not among the valid ones. */
export function wrongValue(param: string, expected: string): ApiError {
  return new ApiError(`Invalid value for '${param}': expected ${expected}`, {
    param,
    code: "invalid_value",
  });
}

/** A field that must be there and is not. */
export function missing(param: string): ApiError {
  return new ApiError(`Missing required parameter: '${param}'`, {
    param,
    code: "missing_required_parameter",
  });
}

const KNOWN: ReadonlyMap<number, readonly [string, ApiErrorOptions]> = new Map([
  [401, ["Incorrect API key provided", { code: "invalid_api_key" }]],
  [403, ["This key may not use the model", { code: "model_not_allowed" }]],
  [404, ["The model does not exist", { code: "model_not_found" }]],
  [408, ["The request took too long to arrive", { code: "request_timeout" }]],
  [413, ["The request is too large", { code: "request_too_large" }]],
  [429, ["Rate limit reached. Please try again in 1s", {
    type: "requests",
    code: "rate_limit_exceeded",
    headers: { "retry-after": "1" },
  }]],
  [500, ["The server had an error while processing the request", {}]],
  [502, ["Bad gateway", {}]],
  [503, ["The engine is currently overloaded, please try again later", {
    type: "service_unavailable_error",
    code: "overloaded",
  }]],
  [504, ["The server took too long to answer", { code: "timeout" }]],
]);

/** The failure that the model `error-NNN` answers with. */
export function errorOfStatus(status: number): ApiError {
  const [message, options] = KNOWN.get(status) ??
    [`The mock answers with status ${status}, as asked`, {}];
  return new ApiError(message, { ...options, status });
}
