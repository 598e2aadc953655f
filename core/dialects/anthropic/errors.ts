import type { UpstreamError } from "../../errors.ts";
import { carriedHeaders } from "../_carried_headers.ts";
import {
  cutMessage,
  type ErrorAnswer,
  makeError,
  oneLine,
  type ReadError,
  readErrorBody,
} from "../_error_answer.ts";
import { classifyError } from "./_error_classes.ts";
import { asText, isObject, type JsonObject } from "../_json.ts";

/**
 * What an answer with an error status means (K1–K5, K15, O7, C39).
 *
 * Codes: `context_length_exceeded`, `model_not_found`, `insufficient_quota`
 * and `rate_limit_exceeded` are OpenAI's, so that OpenAI's clients know them;
 * `invalid_request_error`, `not_found_error`, `request_too_large` and
 * `overloaded_error` are the provider's own; `upstream_error` stands for its
 * `api_error`. Other statuses of the 4xx class keep their number.
 *
 * The provider's words are kept, but for failures of our own credentials or
 * account, which say nothing of use to a client and may show a key.
 */
export function decodeErrorAnswer(
  { status, headers, body }: ErrorAnswer,
): UpstreamError {
  const { value, excerpt } = readErrorBody(body);
  return toError(status, findError(value), {
    headers: carriedHeaders(headers, value),
    excerpt: clean(excerpt),
  });
}

/** What an `error` object inside a stream or a body of status 200 means (C29, U11). */
export function decodeErrorObject(value: unknown): UpstreamError {
  return toError(undefined, findError(value), { headers: {}, excerpt: "" });
}

function toError(
  status: number | undefined,
  error: JsonObject,
  told: Pick<ReadError, "headers" | "excerpt">,
): UpstreamError {
  const said = cutMessage(clean(asText(error.message)));
  const type = asText(error.type);
  const is = classifyError(error, { status, said });
  return makeError(is, { ...told, status, type, said });
}

/** The error in a body of the provider or of something in front of it (K18). */
function findError(value: unknown): JsonObject {
  if (!isObject(value)) return {};
  const { error } = value;
  if (isObject(error)) return error;
  if (typeof error === "string") return { message: error };
  return { message: value.message };
}

/** One line without control characters and without anything that looks like a key. */
function clean(text: string): string {
  return oneLine(text)
    .replace(/\bsk-[\w-]{8,}/g, "sk-…");
}
