import { UpstreamError } from "../../errors.ts";
import { carriedHeaders } from "../_carried_headers.ts";
import { classifyError } from "./_error_classes.ts";
import { asText, isObject, type JsonObject } from "./_json.ts";

const MAX_MESSAGE_LENGTH = 1_000;
const MAX_BODY_BYTES = 65_536;

const decoder = new TextDecoder();

/** An answer with an error status. */
export interface ErrorAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whatever came; the first 64 KiB are looked at. */
  readonly body: Uint8Array;
}

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
  const text = decoder.decode(body.subarray(0, MAX_BODY_BYTES));
  const value = parse(text);
  return makeError(status, findError(value), {
    headers: carriedHeaders(headers, value),
    // Of a page from something in front the operator gets the start; JSON may
    // repeat the request, which belongs in no log.
    excerpt: /^\s*[[{]/.test(text) ? "" : clean(text.slice(0, 500)),
  });
}

/** What an `error` object inside a stream or a body of status 200 means (C29, U11). */
export function decodeErrorObject(value: unknown): UpstreamError {
  return makeError(undefined, findError(value), { headers: {}, excerpt: "" });
}

function makeError(
  status: number | undefined,
  error: JsonObject,
  { headers, excerpt }: {
    readonly headers: Readonly<Record<string, string>>;
    readonly excerpt: string;
  },
): UpstreamError {
  // A text from something in front of the provider is no message for a client.
  const isForeign = (status ?? 0) >= 500 && asText(error.type) === "";
  const said = clean(asText(error.message)).slice(0, MAX_MESSAGE_LENGTH);
  const is = classifyError(error, { status, said });
  const fallback = status === undefined
    ? "The provider reported a failure"
    : `The provider answered with status ${status}`;
  const keepsStatus = is.keepsStatus && status !== undefined &&
    status >= 400 && status < 500;
  return new UpstreamError(
    is.kind,
    is.message ?? ((!isForeign && said) || fallback),
    {
      code: is.code,
      headers,
      ...(keepsStatus && { status }),
      ...(is.param !== undefined && { param: is.param }),
      cause: { status, type: asText(error.type), said: said || excerpt },
    },
  );
}

/** The error in a body of the provider or of something in front of it (K18). */
function findError(value: unknown): JsonObject {
  if (!isObject(value)) return {};
  const { error } = value;
  if (isObject(error)) return error;
  if (typeof error === "string") return { message: error };
  return { message: value.message };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One line without control characters and without anything that looks like a key. */
function clean(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ").trim()
    .replace(/\bsk-[\w-]{8,}/g, "sk-…");
}
