import {
  AUTHENTICATION,
  CONTEXT_LENGTH,
  type ErrorClass,
  INVALID,
  INVALID_RESPONSE,
  otherStatusClass,
  OVERLOADED,
  PERMISSION,
  RATE_LIMIT,
  SERVER,
  STATUS_CLASSES,
  TIMEOUT,
  UNKNOWN_MODEL,
} from "../_error_answer.ts";

/** By the provider's names, in lower case: those in a stream begin with a small letter (E21, E24). */
const BY_TYPE: ReadonlyMap<string, ErrorClass> = new Map([
  ["throttlingexception", RATE_LIMIT],
  ["toomanyrequestsexception", RATE_LIMIT],
  ["servicequotaexceededexception", RATE_LIMIT],
  ["modelnotreadyexception", RATE_LIMIT],
  ["accessdeniedexception", PERMISSION],
  ["unrecognizedclientexception", AUTHENTICATION],
  ["invalidsignatureexception", AUTHENTICATION],
  ["incompletesignatureexception", AUTHENTICATION],
  ["incompletesignature", AUTHENTICATION],
  ["signaturedoesnotmatch", AUTHENTICATION],
  ["invalidclienttokenid", AUTHENTICATION],
  ["missingauthenticationtokenexception", AUTHENTICATION],
  ["missingauthenticationtoken", AUTHENTICATION],
  ["expiredtokenexception", AUTHENTICATION],
  ["expiredtoken", AUTHENTICATION],
  ["requestexpired", AUTHENTICATION],
  ["resourcenotfoundexception", UNKNOWN_MODEL],
  ["modeltimeoutexception", TIMEOUT],
  ["modelerrorexception", SERVER],
  ["modelstreamerrorexception", SERVER],
  ["internalserverexception", SERVER],
  ["internalfailure", SERVER],
  ["serviceunavailableexception", OVERLOADED],
  ["serviceunavailable", OVERLOADED],
  ["unknownoperationexception", INVALID_RESPONSE],
]);

const BY_STATUS: ReadonlyMap<number, ErrorClass> = new Map([
  ...STATUS_CLASSES,
  [404, UNKNOWN_MODEL],
  [424, SERVER],
]);

const CONTEXT_OVERFLOW =
  /too many input tokens|input tokens exceeded|input is too long|prompt is too long|maximum context length|exceeds? the (?:model's )?maximum|context (?:window|limit|length)/i;
const NO_MODEL =
  /model identifier is invalid|model (?:id|identifier) .{0,80}not (?:found|supported)|does not exist|on-demand throughput isn.t supported/i;
const STALE =
  /security token .{0,40}(?:expired|invalid)|signature (?:expired|not yet current)/i;

/** What an error is by the provider's name for it, its status and its words. */
export function classifyError({ status, type, said }: {
  /** Absent inside a stream. */
  readonly status: number | undefined;
  readonly type: string;
  readonly said: string;
}): ErrorClass {
  const named = BY_TYPE.get(type.toLowerCase());
  // A bad key and a clock that is off come as a refusal, too.
  if (named === PERMISSION && STALE.test(said)) return AUTHENTICATION;
  const isValidation = type.toLowerCase() === "validationexception";
  const is = named ?? (isValidation ? undefined : BY_STATUS.get(status ?? 0));
  if (is !== undefined) return is;
  if (isValidation || (status !== undefined && status >= 400 && status < 500)) {
    if (CONTEXT_OVERFLOW.test(said)) return CONTEXT_LENGTH;
    return NO_MODEL.test(said) ? UNKNOWN_MODEL : INVALID;
  }
  return otherStatusClass(status);
}
