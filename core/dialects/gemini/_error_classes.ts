import {
  AUTHENTICATION,
  CONTEXT_LENGTH,
  type ErrorClass,
  INVALID,
  NOT_FOUND,
  otherStatusClass,
  OVERLOADED,
  PERMISSION,
  QUOTA,
  RATE_LIMIT,
  SERVER,
  STATUS_CLASSES,
  TIMEOUT,
  TOO_LARGE,
  UNKNOWN_MODEL,
} from "../_error_answer.ts";
import { asList, asText, isObject, type JsonObject } from "../_json.ts";

const QUOTA_FOR_NOW: ErrorClass = { ...QUOTA, kind: "rate_limit" };
const CONFLICT: ErrorClass = {
  kind: "overloaded",
  keepsStatus: true,
  code: "upstream_conflict",
};

/** Google's canonical codes, which say more than the status of HTTP (D27). */
const BY_CODE: ReadonlyMap<string, ErrorClass> = new Map([
  ["INVALID_ARGUMENT", INVALID],
  ["FAILED_PRECONDITION", INVALID],
  ["OUT_OF_RANGE", INVALID],
  ["UNIMPLEMENTED", INVALID],
  ["UNAUTHENTICATED", AUTHENTICATION],
  ["PERMISSION_DENIED", PERMISSION],
  ["NOT_FOUND", NOT_FOUND],
  ["ABORTED", CONFLICT],
  ["RESOURCE_EXHAUSTED", RATE_LIMIT],
  ["INTERNAL", SERVER],
  ["UNKNOWN", SERVER],
  ["DATA_LOSS", SERVER],
  ["CANCELLED", SERVER],
  ["UNAVAILABLE", OVERLOADED],
  ["DEADLINE_EXCEEDED", TIMEOUT],
]);

const BY_STATUS: ReadonlyMap<number, ErrorClass> = new Map([
  ...STATUS_CLASSES,
  [409, CONFLICT],
]);

/** Reasons of a refusal, which come with many codes (D25, K4). */
const BY_REASON: ReadonlyMap<string, ErrorClass> = new Map([
  ["API_KEY_INVALID", AUTHENTICATION],
  ["ACCESS_TOKEN_EXPIRED", AUTHENTICATION],
  ["ACCESS_TOKEN_TYPE_UNSUPPORTED", AUTHENTICATION],
  ["CREDENTIALS_MISSING", AUTHENTICATION],
  ["BILLING_DISABLED", QUOTA],
]);

const KEY_REFUSED = /\bapi key (?:not valid|expired|not found)/i;
const NOT_HERE = /location is not supported/i;
const CONTEXT_OVERFLOW =
  /input token count .*exceeds|exceeds the maximum number of (?:input )?tokens/i;
const PAYLOAD = /payload size exceeds/i;
const NO_CREDIT = /credits are depleted|spend(?:ing)? (?:cap|limit)|billing/i;
const MODEL = /\bmodels?\b/i;
const MAX_DETAILS = 32;

/** What an error is by its status, its code, its details and its words. `said` is the provider's message. */
export function classifyError(
  error: JsonObject,
  { status, said }: {
    /** Absent where none is told. */
    readonly status: number | undefined;
    readonly said: string;
  },
): ErrorClass {
  for (const detail of asList(error.details).slice(0, MAX_DETAILS)) {
    const is = isObject(detail) && BY_REASON.get(asText(detail.reason));
    if (is) return is;
  }
  const is = BY_CODE.get(asText(error.status)) ?? BY_STATUS.get(status ?? 0);
  if (is === undefined) return unnamed(status, said);
  switch (is) {
    case INVALID:
      return invalidClass(said);
    case NOT_FOUND:
      return MODEL.test(said) ? UNKNOWN_MODEL : NOT_FOUND;
    case RATE_LIMIT:
      // What the provider says of every limit ends with a look at the billing.
      return /credits are depleted|spend(?:ing)? cap/i.test(said)
        ? QUOTA_FOR_NOW
        : RATE_LIMIT;
  }
  return is;
}

function invalidClass(said: string): ErrorClass {
  if (KEY_REFUSED.test(said)) return AUTHENTICATION;
  if (NOT_HERE.test(said)) return PERMISSION;
  if (CONTEXT_OVERFLOW.test(said)) return CONTEXT_LENGTH;
  if (PAYLOAD.test(said)) return TOO_LARGE;
  return NO_CREDIT.test(said) ? QUOTA : INVALID;
}

function unnamed(status: number | undefined, said: string): ErrorClass {
  const is = otherStatusClass(status);
  return is === INVALID ? invalidClass(said) : is;
}
