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
  const text = decoder.decode(body.subarray(0, MAX_BODY_BYTES));
  const value = parse(text);
  const error = findError(value, 0);
  return makeError(status < 400 ? statusOf(error) ?? status : status, error, {
    headers: carriedHeaders(headers, value),
    // Of a page from something in front the operator gets the start; JSON may
    // repeat the request, which belongs in no log.
    excerpt: /^\s*[[{]/.test(text) ? "" : clean(text.slice(0, 500)),
  });
}

/** What an error inside a stream or a body of status 200 means (D27, U11). */
export function decodeErrorObject(value: unknown): UpstreamError {
  const error = findError(value, 0);
  return makeError(statusOf(error), error, {
    headers: carriedHeaders({}, value),
    excerpt: "",
  });
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
  const isForeign = (status ?? 0) >= 500 && asText(error.status) === "";
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
      cause: { status, type: asText(error.status), said: said || excerpt },
    },
  );
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
    .replace(/\bAIza[\w-]{8,}/g, "AIza…")
    .replace(/\bya29\.[\w.-]+/g, "ya29.…")
    .replace(/([?&]key=)[^&\s"']+/g, "$1…");
}
