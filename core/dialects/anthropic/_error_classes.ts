import {
  AUTHENTICATION,
  CONTEXT_LENGTH,
  type ErrorClass,
  INVALID,
  NOT_FOUND,
  otherStatusClass,
  OVERLOADED,
  PERMISSION,
  QUOTA as NO_QUOTA,
  RATE_LIMIT,
  STATUS_CLASSES,
  TIMEOUT,
  TOO_LARGE,
  UNKNOWN_MODEL,
} from "../_error_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";

const QUOTA: ErrorClass = { ...NO_QUOTA, keepsStatus: true };
const QUOTA_FOR_NOW: ErrorClass = { ...QUOTA, kind: "rate_limit" };

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
  ...STATUS_CLASSES,
  [402, QUOTA],
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
  return otherStatusClass(status);
}
