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
 * What an answer with an error status means (D25–D27, K1–K5, K15, O7).
 *
 * Google's canonical code decides where there is one, which a bad key makes
 * necessary: it comes with status 400. Codes are those of the other dialects
 * here, most of them OpenAI's. The time to wait, which stands in the body,
 * becomes headers.
 *
 * The provider's words are kept, but for failures of our own credentials or
 * account, which say nothing of use to a client and may show a key.
 */
export function decodeErrorAnswer(
  { status, headers, body }: ErrorAnswer,
): UpstreamError {
  const { value, excerpt } = readErrorBody(body);
  const error = findError(value, 0);
  return toError(status < 400 ? statusOf(error) ?? status : status, error, {
    headers: carriedHeaders(headers, value),
    excerpt: clean(excerpt),
  });
}

/** What an error inside a stream or a body of status 200 means (D27, U11). */
export function decodeErrorObject(value: unknown): UpstreamError {
  const error = findError(value, 0);
  return toError(statusOf(error), error, {
    headers: carriedHeaders({}, value),
    excerpt: "",
  });
}

function toError(
  status: number | undefined,
  error: JsonObject,
  told: Pick<ReadError, "headers" | "excerpt">,
): UpstreamError {
  const said = cutMessage(clean(asText(error.message)));
  const type = asText(error.status);
  const is = classifyError(error, { status, said });
  return makeError(is, { ...told, status, type, said });
}

/** The error in a body: under `error`, and both of it in an array now and then (D27, K18). */
function findError(value: unknown, depth: number): JsonObject {
  if (Array.isArray(value) && depth < 2) return findError(value[0], depth + 1);
  if (!isObject(value)) return {};
  const { error } = value;
  if (isObject(error)) return error;
  return { message: typeof error === "string" ? error : value.message };
}

/** The status that an error tells of itself. */
function statusOf({ code }: JsonObject): number | undefined {
  return typeof code === "number" && code >= 400 && code < 600
    ? code
    : undefined;
}

/** One line without control characters and without anything that looks like a key. */
function clean(text: string): string {
  return oneLine(text)
    .replace(/\bAIza[\w-]{8,}/g, "AIza…")
    .replace(/\bya29\.[\w.-]+/g, "ya29.…")
    .replace(/([?&]key=)[^&\s"']+/g, "$1…");
}
