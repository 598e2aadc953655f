import type { ErrorKind } from "../../errors.ts";
import { asText, isObject, type JsonObject } from "./_json.ts";

/** What a failure is in our terms; a `message` takes the place of the provider's. */
export interface ErrorClass {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message?: string;
  readonly param?: string;
  /** Whether a status of the 4xx class is passed on as it is. */
  readonly keepsStatus?: true;
}

const AUTHENTICATION: ErrorClass = {
  kind: "authentication",
  code: "upstream_authentication_failed",
  message: "The provider rejected the gateway's credentials",
};
const PERMISSION: ErrorClass = {
  kind: "permission",
  code: "upstream_permission_denied",
  message: "The provider does not let the gateway's credentials do this",
};
const QUOTA: ErrorClass = {
  kind: "permission",
  keepsStatus: true,
  code: "insufficient_quota",
  message:
    "The gateway's account at the provider is out of credit or at its spend limit",
};
const QUOTA_FOR_NOW: ErrorClass = { ...QUOTA, kind: "rate_limit" };
const INVALID: ErrorClass = {
  kind: "invalid_request",
  keepsStatus: true,
  code: "invalid_request_error",
};
const CONTEXT_LENGTH: ErrorClass = {
  kind: "invalid_request",
  code: "context_length_exceeded",
  param: "messages",
};
const UNKNOWN_MODEL: ErrorClass = {
  kind: "not_found",
  code: "model_not_found",
  param: "model",
};
const NOT_FOUND: ErrorClass = { kind: "not_found", code: "not_found_error" };
const TOO_LARGE: ErrorClass = { kind: "too_large", code: "request_too_large" };
const RATE_LIMIT: ErrorClass = {
  kind: "rate_limit",
  code: "rate_limit_exceeded",
};
const SERVER: ErrorClass = { kind: "upstream", code: "upstream_error" };
const TIMEOUT: ErrorClass = { kind: "timeout", code: "upstream_timeout" };
const OVERLOADED: ErrorClass = { kind: "overloaded", code: "overloaded_error" };
const INVALID_RESPONSE: ErrorClass = {
  kind: "upstream",
  code: "upstream_invalid_response",
};

/** Types that say more than the status; `api_error` and `invalid_request_error` come with many. */
const BY_TYPE: ReadonlyMap<string, ErrorClass> = new Map([
  ["authentication_error", AUTHENTICATION],
  ["permission_error", PERMISSION],
  ["billing_error", QUOTA],
  ["not_found_error", NOT_FOUND],
  ["request_too_large", TOO_LARGE],
  ["rate_limit_error", RATE_LIMIT],
  ["timeout_error", TIMEOUT],
  ["overloaded_error", OVERLOADED],
]);

const BY_STATUS: ReadonlyMap<number, ErrorClass> = new Map([
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
]);

const CONTEXT_OVERFLOW =
  /prompt is too long|exceeds? (?:the )?(?:model's )?(?:maximum )?context|context (?:window|limit|length)/i;
const NO_CREDIT = /credit balance is too low|api usage limits/i;
const SPEND_LIMIT = /spend_limit|billing/;
const THREAD = /^thread_[a-z_]{1,60}$/;

/** What an error is by its status, its type and its words. `said` is the provider's message. */
export function classifyError(
  error: JsonObject,
  { status, said }: {
    /** Absent inside a stream. */
    readonly status: number | undefined;
    readonly said: string;
  },
): ErrorClass {
  const { details } = error;
  const detail = isObject(details) ? asText(details.error_code) : "";
  if (SPEND_LIMIT.test(detail)) return status === 429 ? QUOTA_FOR_NOW : QUOTA;
  const is = classify(error, { status, said });
  // The SDK's threads recover by these codes: the client must see them as they are.
  return THREAD.test(detail) ? { ...is, code: detail } : is;
}

function classify(
  error: JsonObject,
  { status, said }: {
    readonly status: number | undefined;
    readonly said: string;
  },
): ErrorClass {
  const type = asText(error.type);
  const is = BY_TYPE.get(type) ?? BY_STATUS.get(status ?? 0);
  if (is === NOT_FOUND && said.startsWith("model:")) return UNKNOWN_MODEL;
  if (is !== undefined) return is;
  const isClients = status === undefined
    ? type === "invalid_request_error"
    : status >= 400 && status < 500;
  if (isClients) {
    if (NO_CREDIT.test(said)) return QUOTA;
    return CONTEXT_OVERFLOW.test(said) ? CONTEXT_LENGTH : INVALID;
  }
  // A status that is no error and yet came here: a redirect, an empty success (K19).
  return status !== undefined && status < 400 ? INVALID_RESPONSE : SERVER;
}
