import type { UpstreamError } from "../../errors.ts";
import { carriedHeaders } from "../_carried_headers.ts";
import {
  cutMessage,
  type ErrorAnswer,
  makeError,
  oneLine,
  readErrorBody,
} from "../_error_answer.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";
import { classifyError } from "./_error_classes.ts";

/**
 * What an answer with an error status means (E21, E22, E24, K1–K5, K15, O7). So
 * does one of status 200 that is an error in spite of it: that of a path which
 * Bedrock does not know (E3).
 *
 * The provider's words are kept, but for failures of our own credentials or
 * account, which say nothing of use to a client and may show a key.
 */
export function decodeErrorAnswer(
  { status, headers, body }: ErrorAnswer,
): UpstreamError {
  const { value, excerpt } = readErrorBody(body);
  const said = saidOf(value);
  const type = typeOf(headers["x-amzn-errortype"]) || typeIn(value);
  return makeError(classifyError({ status, type, said }), {
    status: status < 400 ? undefined : status,
    type,
    said,
    headers: carriedHeaders(headers, value),
    excerpt: clean(excerpt),
  });
}

/** What an exception inside a stream, or an error in a body of status 200, means (E5, U11). */
export function decodeException(name: string, value: unknown): UpstreamError {
  const said = saidOf(value);
  const type = typeOf(name) || typeIn(value);
  return makeError(classifyError({ status: undefined, type, said }), {
    status: undefined,
    type,
    said,
    headers: {},
    excerpt: "",
  });
}

/** Whether a body of status 200 is an error all the same (E3). */
export function isErrorBody(value: JsonObject): boolean {
  return typeIn(value) !== "" ||
    (value.output === undefined && saidOf(value) !== "");
}

/** The provider's name for an error in a body. */
function typeIn(value: unknown): string {
  if (!isObject(value)) return "";
  const { Output: output } = value;
  return typeOf(value.__type) ||
    typeOf(isObject(output) ? output.__type : undefined);
}

/** A name without what may stand around it: a namespace before `#`, an address behind `:`. */
function typeOf(name: unknown): string {
  const [local = ""] = asText(name).split(":", 1);
  return local.slice(local.lastIndexOf("#") + 1).slice(0, 100).trim();
}

function saidOf(value: unknown): string {
  if (!isObject(value)) return "";
  const { originalMessage } = value;
  const text = asText(value.message) || asText(value.Message) ||
    asText(originalMessage);
  return cutMessage(clean(text));
}

/** One line without control characters and without anything that looks like a key. */
function clean(text: string): string {
  return oneLine(text)
    .replace(
      /\b(?:AKIA|ASIA|ABSK)[\w+/=-]{8,}/g,
      (key) => `${key.slice(0, 4)}…`,
    );
}
