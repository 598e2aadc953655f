import type { UpstreamError } from "../../errors.ts";
import { carriedHeaders } from "../_carried_headers.ts";
import {
  AUTHENTICATION,
  CONTEXT_LENGTH,
  cutMessage,
  type ErrorClass,
  makeError,
  NOT_FOUND,
  oneLine,
  otherStatusClass,
  readErrorBody,
  STATUS_CLASSES,
  UNKNOWN_MODEL,
} from "../_error_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";

/** Cohere answers 498 to a key that is blocked, 499 when the request was cancelled. */
const BY_STATUS: ReadonlyMap<number, ErrorClass> = new Map([
  ...STATUS_CLASSES,
  [498, AUTHENTICATION],
]);

/** What an answer with an error status means: the body is `{id, message}`, now and then with an `error_type` (G9, O7). */
// deno-lint-ignore house/max-required-params -- the shape that ProviderDialect gives it
export function decodeCohereError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): UpstreamError {
  const { value, excerpt } = readErrorBody(body);
  const error = isObject(value) ? value : {};
  const said = messageOf(error);
  return makeError(classOf(status, error, said), {
    status,
    type: said === "" ? "" : asText(error.error_type) || "error",
    said,
    headers: carriedHeaders(headers, value),
    excerpt: oneLine(excerpt),
  });
}

/** What an error inside a stream or a body of status 200 means (U11). */
export function cohereFailure(value: unknown): UpstreamError {
  const error = isObject(value) ? value : { message: value };
  const said = messageOf(error);
  return makeError(classOf(undefined, error, said), {
    status: undefined,
    type: "error",
    said,
    headers: {},
    excerpt: "",
  });
}

function messageOf({ message, error }: JsonObject): string {
  return cutMessage(oneLine(asText(message) || asText(error)));
}

function classOf(
  status: number | undefined,
  { error_type: type }: JsonObject,
  said: string,
): ErrorClass {
  if (
    type === "TOO_MANY_TOKENS" ||
    /too many tokens|exceeds? the (?:maximum )?context/i.test(said)
  ) return CONTEXT_LENGTH;
  const is = BY_STATUS.get(status ?? 0);
  if (is === NOT_FOUND) return /\bmodel\b/i.test(said) ? UNKNOWN_MODEL : is;
  if (is !== undefined) return is;
  return otherStatusClass(status);
}
