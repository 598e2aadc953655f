import type { UpstreamError } from "../../errors.ts";
import { carriedHeaders } from "../_carried_headers.ts";
import {
  CONTEXT_LENGTH,
  cutMessage,
  type ErrorClass,
  makeError,
  oneLine,
  otherStatusClass,
  OVERLOADED,
  readErrorBody,
  STATUS_CLASSES,
  UNKNOWN_MODEL,
} from "../_error_answer.ts";
import { asText, isObject } from "../_json.ts";

const BY_STATUS: ReadonlyMap<number, ErrorClass> = new Map(STATUS_CLASSES);

/** What an answer with an error status means: the body is `{"error": "…"}` (I9, O7). */
// deno-lint-ignore house/max-required-params -- the shape that ProviderDialect gives it
export function decodeOllamaError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): UpstreamError {
  const { value, excerpt } = readErrorBody(body);
  const said = messageOf(value);
  return makeError(classOf(status, said), {
    status,
    // A body in Ollama's own form is no page of something in front of it.
    type: said === "" ? "" : "error",
    said,
    headers: carriedHeaders(headers, value),
    excerpt: oneLine(excerpt),
  });
}

/** What an error in a line of a stream, or in a body of status 200, means (I8, U11). */
export function ollamaFailure(value: unknown): UpstreamError {
  const said = messageOf(value);
  return makeError(classOf(undefined, said), {
    status: undefined,
    type: "error",
    said,
    headers: {},
    excerpt: "",
  });
}

function messageOf(value: unknown): string {
  const error = isObject(value) ? value.error : undefined;
  const text = isObject(error) ? asText(error.message) : asText(error);
  return cutMessage(oneLine(text));
}

function classOf(status: number | undefined, said: string): ErrorClass {
  if (/\bmodel\b.*\bnot found\b/i.test(said)) return UNKNOWN_MODEL;
  if (
    /context (?:length|window)|exceeds? the (?:available )?context/i.test(said)
  ) {
    return CONTEXT_LENGTH;
  }
  if (/server busy|maximum pending requests/i.test(said)) return OVERLOADED;
  const is = BY_STATUS.get(status ?? 0);
  if (is !== undefined) return is;
  return otherStatusClass(status);
}
